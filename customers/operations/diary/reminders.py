"""Reminders on one's own list."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.ids import public_id
from core.models import User
from customers.models import Customer, WorkItem
from customers.operations import history
from customers.operations.moments import find_moment_fault

_URGENCY: Final = 60


class ReminderInvalid(InvalidInput):
    """What was entered about a reminder cannot be kept."""

    code = "reminder_invalid"


@transaction.atomic
def set_reminder(
    *, customer_id: int, text: str, due_at: datetime, assignee_id: int, actor: User, now: datetime
) -> None:
    """Put a reminder about a customer on somebody's list. Raises ReminderInvalid."""
    fields: dict[str, list[Text]] = {}
    if not text.strip():
        fields["text"] = [_("Say what is to be done.")]
    if fault := find_moment_fault(due_at, now):
        fields["due_at"] = [fault]
    if fields:
        raise ReminderInvalid(fields=fields)
    customer = Customer.objects.get(pk=customer_id)
    history.raise_work(
        group=WorkItem.Group.REVISIT,
        kind="customers.reminder",
        reason_code="customers.reminder",
        params={"text": text.strip()[:200]},
        key=f"customers.reminder:{customer_id}:{public_id()}",
        now=now,
        customer_id=customer_id,
        assignee_id=assignee_id,
        urgency=_URGENCY,
        due_at=due_at,
        url=f"/customers/{customer.public_id}/",
    )
    audit.record(actor=actor, action="customers.reminder_set", target=customer, now=now)
