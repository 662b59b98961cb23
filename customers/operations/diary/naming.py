"""Colleagues named in what is written about a customer."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.errors import Text
from customers.models import Customer
from customers.operations.notices import notify
from customers.queries.reach import list_readers
from customers.rules import mentions
from staff.models import StaffMember


def find_named(customer: Customer, text: str) -> tuple[list[StaffMember], list[Text]]:
    """Return the colleagues whom a text names, and what is wrong with naming them."""
    wanted = {name for candidates in mentions.list_candidates(text) for name in candidates}
    if not wanted:
        return [], []
    found = (
        StaffMember.objects.filter(Q(user__display_name__in=wanted) | Q(user__username__in=wanted), is_active=True)
        .select_related("user")
        .order_by("pk")
    )
    members = {member.pk: member for member in found}
    known: dict[str, list[int]] = {}
    for member in members.values():
        for name in {member.user.display_name, member.user.username} & wanted:
            known.setdefault(name, []).append(member.pk)
    ids, ambiguous = mentions.pick_mentions(text, known)
    faults: list[Text] = [
        _("Several colleagues are called %(name)s; write the log-in name instead.") % {"name": name}
        for name in ambiguous
    ]
    readers = set(list_readers(customer).filter(pk__in=ids).values_list("pk", flat=True))
    faults += [_("%(name)s may not see this customer.") % {"name": members[pk]} for pk in ids if pk not in readers]
    return [members[pk] for pk in ids], faults


def tell_named(
    customer: Customer, named: Sequence[StaffMember], text: str, *, key: str, author: StaffMember, now: datetime
) -> None:
    """Tell the colleagues who are named, the author himself excepted."""
    notify(
        member_ids=[member.pk for member in named if member.pk != author.pk],
        kind="customers.mention",
        text_code="customers.mentioned",
        params={"by": str(author), "note": text[:120]},
        key=key,
        now=now,
        customer_id=customer.pk,
        url=f"/customers/{customer.public_id}/?tab=diary",
    )
