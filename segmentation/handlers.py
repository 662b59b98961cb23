"""Doors for events: whoever is touched has his attributes told anew."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from core.events import type_of
from core.outbox import EventContext, handles
from core.registries import touches
from segmentation.events import SegmentDefined
from segmentation.operations.evaluation import evaluate_segments
from segmentation.operations.touched import follow_customers

_BATCH: Final = 200


@handles(SegmentDefined, name="segmentation.evaluate_defined")
def evaluate_defined(event: SegmentDefined, context: EventContext) -> None:
    """Tell the members of a new rule, and of what uses it."""
    evaluate_segments(segment_ids=[event.segment_id], business_date=context.business_date, now=context.now)


def register() -> None:
    """Follow every event that touches customers, many at a time."""
    for name, find in touches.items():
        handles(type_of(name), name=f"segmentation.follow:{name}", batch=_BATCH)(_make_follower(find))


def _make_follower(find: Callable[[Sequence[Any]], Collection[int]]) -> Callable[[list[Any], EventContext], None]:
    def follow(events: list[Any], context: EventContext) -> None:
        follow_customers(customer_ids=find(events), business_date=context.business_date, now=context.now)

    return follow
