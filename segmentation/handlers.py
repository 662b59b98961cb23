"""Doors for events: whoever is touched has his attributes told anew."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from core.events import type_of
from core.outbox import EventContext, handles
from core.registries import touches
from customers.events import CustomersMerged, MergeUndone
from lending.events import ApplicationSubmitted, BidPlaced
from segmentation.events import ClusterAccepted, SegmentDefined
from segmentation.operations import clusters, merged_declines, recommend
from segmentation.operations.evaluation import evaluate_segments
from segmentation.operations.touched import follow_customers

_BATCH: Final = 200


@handles(SegmentDefined, name="segmentation.evaluate_defined")
def evaluate_defined(event: SegmentDefined, context: EventContext) -> None:
    """Tell the members of a new rule, and of what uses it."""
    evaluate_segments(segment_ids=[event.segment_id], business_date=context.business_date, now=context.now)


@handles(ClusterAccepted, name="segmentation.fill_cluster")
def fill_cluster(event: ClusterAccepted, context: EventContext) -> None:
    """Put into a cluster's segment who is nearest to its middle."""
    clusters.fill_segment(cluster_id=event.cluster_id, now=context.now)


@handles(BidPlaced, name="segmentation.note_bids", batch=_BATCH)
def note_bids(events: list[BidPlaced], context: EventContext) -> None:
    """Mark which recommended listings were taken."""
    recommend.note_bids(bid_ids=[event.bid_id for event in events], business_date=context.business_date)


@handles(ApplicationSubmitted, name="segmentation.note_applications", batch=_BATCH)
def note_applications(events: list[ApplicationSubmitted], context: EventContext) -> None:
    """Mark which recommended products were taken."""
    ids = [event.application_id for event in events]
    recommend.note_applications(application_ids=ids, business_date=context.business_date)


@handles(CustomersMerged, name="segmentation.settle_merge")
def settle_merge(event: CustomersMerged, context: EventContext) -> None:
    """Judge by the one record's labels what came along."""
    merged_declines.settle_merge(merge_id=event.merge_id, business_date=context.business_date, now=context.now)


@handles(MergeUndone, name="segmentation.restore_merge")
def restore_merge(event: MergeUndone, context: EventContext) -> None:
    """Open again what only the merge had ended."""
    merged_declines.restore_merge(merge_id=event.merge_id, business_date=context.business_date, now=context.now)


def register() -> None:
    """Follow every event that touches customers, many at a time."""
    for name, find in touches.items():
        handles(type_of(name), name=f"segmentation.follow:{name}", batch=_BATCH)(_make_follower(find))


def _make_follower(find: Callable[[Sequence[Any]], Collection[int]]) -> Callable[[list[Any], EventContext], None]:
    def follow(events: list[Any], context: EventContext) -> None:
        follow_customers(customer_ids=find(events), business_date=context.business_date, now=context.now)

    return follow
