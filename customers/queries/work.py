"""What a member of staff should do."""

from datetime import datetime

from django.db.models import F, Q, QuerySet

from core.errors import NotFound
from customers.models import WorkItem
from staff import rights
from staff.queries import Access, scope_condition


def list_work(access: Access, *, now: datetime) -> QuerySet[WorkItem]:
    """Return a member's open work and what nobody has taken of the kinds he has the right for, the most urgent first."""
    return (
        WorkItem.objects.filter(_is_his(access), state=WorkItem.State.OPEN)
        .exclude(snoozed_until__gt=now)
        .select_related("customer")
        .order_by("urgency", F("due_at").asc(nulls_last=True), "id")
    )


def _is_his(access: Access) -> Q:
    """His own work and what nobody has taken of the kinds he has the right for; about customers within his reach only."""
    his = Q(assignee_id=access.member_id) | Q(assignee__isnull=True, right__in=list(access.rights))
    # `pk` makes the condition of somebody who sees all true for every row: an empty one would vanish in the "or".
    seen = Q(pk__isnull=False) & scope_condition(access, rights.VIEW_CUSTOMERS, "customer__rm")
    return his & (Q(customer__isnull=True) | seen)


def access_work(access: Access, public_id: str) -> WorkItem:
    """Return an item that is the member's to end. Raises NotFound."""
    item = WorkItem.objects.filter(_is_his(access), public_id=public_id).first()
    if item is None:
        raise NotFound
    return item


def lock_work(work_item_id: int) -> WorkItem:
    """Lock an item."""
    return WorkItem.objects.select_for_update(no_key=True, of=("self",)).get(pk=work_item_id)
