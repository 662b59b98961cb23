"""Notes about a customer, what he said about us, and the colleagues named in them."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.models import User
from customers.models import Customer, Note
from customers.operations import history
from customers.operations.diary.members import member_of
from customers.operations.notices import notify
from customers.queries.diary import may_see
from customers.rules import mentions
from staff.models import StaffMember

_LONGEST: Final = 2000


class NoteInvalid(InvalidInput):
    """The note is empty, or names somebody who may not see the customer."""

    code = "note_invalid"


@transaction.atomic
def add_note(
    *,
    customer_id: int,
    text: str,
    actor: User,
    now: datetime,
    kind: str = Note.Kind.NOTE,
    is_pinned: bool = False,
) -> Note:
    """Keep a note or feedback and tell the colleagues it names; all of them must have access to the customer.

    Raises NoteInvalid, Refused.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or kind not in Note.Kind.values:
        raise NoteInvalid(fields={"text": [_("Write at least one word and at most 2000 characters.")]})
    author = member_of(actor)
    customer = Customer.objects.get(pk=customer_id)
    named = _find_named(customer, text)
    note = Note.objects.create(
        customer=customer,
        kind=kind,
        text=text,
        mentions=[member.pk for member in named],
        is_pinned=is_pinned,
        author=author,
        at=now,
    )
    history.add_timeline(
        customer_id=customer_id,
        kind="change",
        text_code=f"customers.note.{kind}",
        params={"note": text[:300]},
        at=now,
        key=f"note:{note.pk}",
        actor=actor,
    )
    notify(
        member_ids=[member.pk for member in named if member.pk != author.pk],
        kind="customers.mention",
        text_code="customers.mentioned",
        params={"by": str(author), "note": text[:120]},
        key=f"note:{note.pk}",
        now=now,
        customer_id=customer_id,
        url=f"/customers/{customer.public_id}/?tab=diary",
    )
    audit.record(
        actor=actor,
        action="customers.note_added",
        target=customer,
        data={"note": note.pk, "kind": kind, "mentions": note.mentions},
        now=now,
    )
    return note


@transaction.atomic
def pin_note(*, note_id: int, is_pinned: bool, actor: User, now: datetime) -> Note:
    """Keep a note at the top of the customer page, or let it go."""
    note = Note.objects.select_for_update(no_key=True).get(pk=note_id)
    note.is_pinned = is_pinned
    note.save(update_fields=["is_pinned"])
    audit.record(actor=actor, action="customers.note_pinned", target=note, data={"pinned": is_pinned}, now=now)
    return note


def _find_named(customer: Customer, text: str) -> list[StaffMember]:
    wanted = {name for candidates in mentions.list_candidates(text) for name in candidates}
    if not wanted:
        return []
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
    faults += [
        _("%(name)s may not see this customer.") % {"name": members[pk]}
        for pk in ids
        if not may_see(members[pk].user, customer.pk)
    ]
    if faults:
        raise NoteInvalid(fields={"text": faults})
    return [members[pk] for pk in ids]
