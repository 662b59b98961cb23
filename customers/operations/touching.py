"""Telling that something about customers has changed where no event of its own says so."""

from collections.abc import Iterable
from datetime import datetime

from core.outbox import publish
from customers.events import CustomersTouched


def touch_customers(customer_ids: Iterable[int | None], *, now: datetime) -> None:
    """Have attributes, labels and segments of customers told anew within seconds; called in the writing transaction."""
    ids = tuple(sorted({pk for pk in customer_ids if pk is not None}))
    if ids:
        publish(CustomersTouched(ids), now=now)
