"""Ending and putting off work items; both can be undone."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.models import User
from customers.models import WorkItem
from customers.operations.moments import find_moment_fault
from customers.queries.work import lock_work


class WorkEnded(BusinessError):
    """The item is no longer open."""

    code = "work_ended"
    message = _("This has been dealt with already.")


class WorkReopened(BusinessError):
    """The same thing is on somebody's list again."""

    code = "work_reopened"
    message = _("The same thing stands on the list again.")


class SnoozeInvalid(InvalidInput):
    """The moment of return cannot be meant."""

    code = "snooze_invalid"


@transaction.atomic
def complete_work(*, work_item_id: int, actor: User, now: datetime) -> WorkItem:
    """Mark an item done. Raises WorkEnded."""
    item = lock_work(work_item_id)
    if item.state != WorkItem.State.OPEN:
        raise WorkEnded
    item.state = WorkItem.State.DONE
    item.ended_at = now
    item.ended_by = actor
    item.save(update_fields=["state", "ended_at", "ended_by"])
    audit.record(actor=actor, action="customers.work_completed", target=item, data={"kind": item.kind}, now=now)
    return item


@transaction.atomic
def reopen_work(*, work_item_id: int, actor: User, now: datetime) -> WorkItem:
    """Take back what the same person marked done or put off. Raises WorkReopened."""
    item = lock_work(work_item_id)
    if item.state == WorkItem.State.DONE and item.ended_by_id == actor.pk:
        if WorkItem.objects.filter(key=item.key, state=WorkItem.State.OPEN).exists():
            raise WorkReopened
        item.state = WorkItem.State.OPEN
        item.ended_at = None
        item.ended_by = None
    item.snoozed_until = None
    item.save(update_fields=["state", "ended_at", "ended_by", "snoozed_until"])
    audit.record(actor=actor, action="customers.work_reopened", target=item, data={"kind": item.kind}, now=now)
    return item


@transaction.atomic
def snooze_work(*, work_item_id: int, until: datetime, actor: User, now: datetime) -> WorkItem:
    """Take an item off the list until a moment. Raises WorkEnded, SnoozeInvalid."""
    if fault := find_moment_fault(until, now):
        raise SnoozeInvalid(fields={"until": [fault]})
    item = lock_work(work_item_id)
    if item.state != WorkItem.State.OPEN:
        raise WorkEnded
    item.snoozed_until = until
    item.save(update_fields=["snoozed_until"])
    audit.record(actor=actor, action="customers.work_snoozed", target=item, data={"until": until.isoformat()}, now=now)
    return item
