"""What follows when something about customers has changed: attributes, then labels, then segments."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Final

from django.db import transaction

from segmentation.operations.attributes import refresh_attributes
from segmentation.operations.evaluation import evaluate_for

# Labels some customers anew from their kept attributes; returns whose record it changed.
Labeller = Callable[[Sequence[int], date, datetime], Collection[int]]
_LABELLERS: Final[dict[str, Labeller]] = {}


def register_labeller(name: str, labeller: Labeller) -> None:
    """Let a rule label customers whenever their attributes may have changed; in order of registration."""
    _LABELLERS[name] = labeller


@transaction.atomic
def follow_customers(*, customer_ids: Collection[int], business_date: date, now: datetime) -> None:
    """Bring attributes, labels and segments of some customers up to date; run again it changes nothing."""
    ids = sorted(set(customer_ids))
    if not ids:
        return
    refresh_attributes(customer_ids=ids, business_date=business_date, now=now)
    labelled: set[int] = set()
    for labeller in _LABELLERS.values():
        labelled.update(labeller(ids, business_date, now))
    if labelled:
        # Labels are attributes too.
        refresh_attributes(customer_ids=sorted(labelled), business_date=business_date, now=now)
    evaluate_for(customer_ids=ids, business_date=business_date, now=now)
