"""Whom the events of this app touch: attributes, labels and segments of those are told anew within seconds."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from core.events import name_of
from core.registries import touches
from customers.events import (
    ConsentGiven,
    CustomerFactsChanged,
    CustomerIdentified,
    CustomerRegistered,
    CustomersImported,
    CustomersMerged,
    CustomersTouched,
    CustomerTakenIn,
    MergeUndone,
    OwnersChanged,
)
from customers.models import ImportedCustomer, OwnerChange


def find_named(events: Sequence[Any]) -> Collection[int]:
    """Return the customers that events name themselves."""
    return {event.customer_id for event in events}


def _find_merged(events: Sequence[CustomersMerged | MergeUndone]) -> Collection[int]:
    return {pk for event in events for pk in (event.kept_id, event.merged_id)}


def _find_moved(events: Sequence[OwnersChanged]) -> Collection[int]:
    return set(OwnerChange.objects.filter(batch__in={e.batch for e in events}).values_list("customer_id", flat=True))


def _find_imported(events: Sequence[CustomersImported]) -> Collection[int]:
    jobs = {event.job_id for event in events}
    return set(ImportedCustomer.objects.filter(job_id__in=jobs).values_list("customer_id", flat=True))


def _find_touched(events: Sequence[CustomersTouched]) -> Collection[int]:
    return {pk for event in events for pk in event.customer_ids}


_TOUCHES: dict[type, Callable[[Sequence[Any]], Collection[int]]] = {
    CustomerRegistered: find_named,
    CustomerIdentified: find_named,
    CustomerFactsChanged: find_named,
    CustomerTakenIn: find_named,
    ConsentGiven: find_named,
    CustomersMerged: _find_merged,
    MergeUndone: _find_merged,
    OwnersChanged: _find_moved,
    CustomersImported: _find_imported,
    CustomersTouched: _find_touched,
}


def register_touches() -> None:
    """Register whom the events of this app touch."""
    for event, find in _TOUCHES.items():
        touches.register(name_of(event), find)
