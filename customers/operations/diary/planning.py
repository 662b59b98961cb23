"""A contact planned with many customers at once, each on his own RM's calendar."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.ids import public_id
from core.models import User
from customers.models import ContactPlan, Customer, ReversibleAct
from customers.operations.diary.contacts import ContactInvalid, find_plan_faults
from customers.operations.notices import notify
from customers.operations.undo import remember_act

CONTACTS_PLANNED: Final = "customers.contacts_planned_for_many"


class NobodyToPlanFor(BusinessError):
    """None of the customers has an RM who could be in contact."""

    code = "nobody_to_plan_for"
    message = _("None of these customers has a relationship manager.")
    next_step = _("Give them to somebody first.")


@transaction.atomic
def plan_contacts(
    *, customer_ids: Sequence[int], channel: str, purpose: str, planned_at: datetime, actor: User, now: datetime
) -> tuple[int, ReversibleAct]:
    """Plan one contact a customer for his RM; who has no active RM is left out. Raises ContactInvalid, NobodyToPlanFor.

    Returns how many were planned and the way back; each other RM gets one notice with his number.
    """
    fields = find_plan_faults(channel=channel, purpose=purpose, planned_at=planned_at, now=now)
    if fields:
        raise ContactInvalid(fields=fields)
    owned = Customer.objects.filter(pk__in=list(customer_ids), merged_into__isnull=True, rm__is_active=True)
    owners = list(owned.order_by("pk").values_list("pk", "rm_id"))
    if not owners:
        raise NobodyToPlanFor
    plans = ContactPlan.objects.bulk_create(
        [
            ContactPlan(
                customer_id=customer_id,
                member_id=member_id,
                channel=channel,
                purpose=purpose.strip(),
                planned_at=planned_at,
                created_at=now,
            )
            for customer_id, member_id in owners
        ],
        batch_size=2_000,
    )
    _tell(Counter(member_id for _customer, member_id in owners), purpose.strip(), actor, now)
    audit.record(
        actor=actor,
        action="customers.contacts_planned_for_many",
        data={"count": len(plans), "channel": channel},
        now=now,
    )
    act = remember_act(
        kind=CONTACTS_PLANNED, payload={"plans": [plan.pk for plan in plans]}, count=len(plans), actor=actor, now=now
    )
    return len(plans), act


def _tell(counts: Counter[int | None], purpose: str, actor: User, now: datetime) -> None:
    own = getattr(getattr(actor, "staff_member", None), "pk", None)
    batch = public_id()
    for member_id, count in counts.items():
        if member_id is not None and member_id != own:
            notify(
                member_ids=[member_id],
                kind="customers.contacts_planned",
                text_code="customers.contacts_planned",
                params={"count": count, "by": str(actor), "purpose": purpose},
                key=f"plans:{batch}",
                now=now,
                url="/calendar/",
            )


def drop_plans(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Give the planned contacts up again; those carried out or given up meanwhile stay as they are."""
    rows = ContactPlan.objects.filter(pk__in=payload["plans"], state=ContactPlan.State.PLANNED)
    dropped = rows.update(state=ContactPlan.State.DROPPED)
    audit.record(actor=actor, action="customers.plan_dropped", data={"count": dropped}, now=now)
