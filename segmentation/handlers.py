"""Doors for events: whose deals have come or gone by a merge is seen anew."""

from core.outbox import EventContext, handles
from customers.events import CustomersMerged, MergeUndone
from segmentation.operations import relabel_customers


@handles(CustomersMerged, name="segmentation.relabel_merged")
def relabel_merged(event: CustomersMerged, context: EventContext) -> None:
    """Judge the kept record by the deals of both."""
    relabel_customers(customer_ids=[event.kept_id], business_date=context.business_date, now=context.now)


@handles(MergeUndone, name="segmentation.relabel_parted")
def relabel_parted(event: MergeUndone, context: EventContext) -> None:
    """Judge each record by its own deals again."""
    relabel_customers(
        customer_ids=[event.kept_id, event.merged_id], business_date=context.business_date, now=context.now
    )
