"""What a member of staff should do."""

from datetime import datetime

from django.db.models import F, Q, QuerySet

from core.errors import NotFound
from customers.models import WorkItem
from staff import rights
from staff.queries import Access, scope_condition


def list_work(access: Access, *, now: datetime) -> QuerySet[WorkItem]:
    """Return a member's open work and what nobody has taken of the kinds he has the right for, the most urgent first."""
    unassigned = Q(assignee__isnull=True, right__in=list(access.rights))
    in_reach = Q(customer__isnull=True) | scope_condition(access, rights.VIEW_CUSTOMERS, "customer__rm")
    return (
        WorkItem.objects.filter(Q(assignee_id=access.member_id) | unassigned & in_reach, state=WorkItem.State.OPEN)
        .exclude(snoozed_until__gt=now)
        .select_related("customer")
        .order_by("urgency", F("due_at").asc(nulls_last=True), "id")
    )


def access_work(access: Access, public_id: str) -> WorkItem:
    """Return an item that is the member's to end. Raises NotFound."""
    item = (
        WorkItem.objects.filter(public_id=public_id)
        .filter(Q(assignee_id=access.member_id) | Q(assignee__isnull=True, right__in=list(access.rights)))
        .first()
    )
    if item is None:
        raise NotFound
    return item


def lock_work(work_item_id: int) -> WorkItem:
    """Lock an item."""
    return WorkItem.objects.select_for_update(no_key=True, of=("self",)).get(pk=work_item_id)
