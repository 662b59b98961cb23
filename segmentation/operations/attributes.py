"""Keeping the attributes of customers: by event for those it touches, every night for all."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, models, transaction

from core.registries import Among
from customers.models import Customer
from segmentation.models import StandingRun
from segmentation.queries.attributes import TABLE, among_range, among_some, build_refresh, build_refresh_of

STEP: Final = "segmentation.attributes"
# After the business date has moved on: sums over the last days and birthdays are those of the new day.
STEP_ORDER: Final = 804
# Small enough that an event waits no longer than a few seconds for the range of its customers.
_RANGE: Final = 100_000
_NO_END: Final = 2**62
# A refresh reads first and writes then: two of the same customer must not overlap, or the older reading could stay. Those
# by event lock their rows and hold the lock together; a range holds it alone.
_LOCK_TOGETHER: Final = "SELECT pg_advisory_xact_lock_shared(hashtext('segmentation.standing'))"
_LOCK_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext('segmentation.standing'))"
_ADD: Final = f"""
INSERT INTO {TABLE} (customer_id, changed_at)
SELECT id, %(now)s FROM customers_customer WHERE id = ANY(%(customers)s::bigint[]) AND merged_into_id IS NULL ORDER BY id
ON CONFLICT (customer_id) DO NOTHING
"""  # noqa: S608 - everything is our own
_LOCK_ROWS: Final = f"""
SELECT customer_id FROM {TABLE} WHERE customer_id = ANY(%(customers)s::bigint[]) ORDER BY customer_id FOR NO KEY UPDATE
"""  # noqa: S608 - everything is our own


@transaction.atomic
def refresh_attributes(*, customer_ids: Sequence[int] | None, business_date: date, now: datetime) -> list[int]:
    """Make the kept attributes of some customers, or of all, those that the apps tell now; return who changed.

    The day of sums and birthdays is that of `core_businessdate`; `business_date` is only noted.
    """
    if customer_ids is None:
        changed: list[int] = []
        for from_id, to_id in list_ranges(business_date):
            changed += _refresh_range(business_date, from_id, to_id, now)
        return changed
    if not customer_ids:
        return []
    among, parameters = among_some(sorted(set(customer_ids)))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_TOGETHER)
        cursor.execute(_ADD, {**parameters, "now": now})
        cursor.execute(_LOCK_ROWS, parameters)
    return _write(among, parameters, now)


def refresh_range(business_date: date, from_id: int, to_id: int, now: datetime) -> int:
    """Do the same for a range of ids, as a step of the close; return how many changed."""
    return len(_refresh_range(business_date, from_id, to_id, now))


def list_ranges(_business_date: date) -> Sequence[tuple[int, int]]:
    """Cut all ids into ranges, each small enough for one transaction; whoever comes meanwhile is in the last."""
    last = Customer.objects.aggregate(models.Max("pk"))["pk__max"] or 0
    starts = list(range(0, last + 1, _RANGE))
    return list(zip(starts, [*starts[1:], _NO_END], strict=True))


def refresh_families(families: Collection[str], among: Among, parameters: dict[str, Any], now: datetime) -> None:
    """Tell the attributes of some families anew, of customers whose rows the caller has locked."""
    with connection.cursor() as cursor:
        cursor.execute(build_refresh_of(families, among), {**parameters, "now": now})


def lock_ranges() -> None:
    """Wait for whoever refreshes customers by event, and keep them waiting until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_ALONE)
        cursor.execute("SET LOCAL work_mem = '64MB'")
        # A family that is thought to yield one row would be looked through once for every customer: for a range, every
        # family is joined by its hash.
        cursor.execute("SET LOCAL enable_nestloop = off")


@transaction.atomic
def _refresh_range(business_date: date, from_id: int, to_id: int, now: datetime) -> list[int]:
    among, parameters = among_range(from_id, to_id)
    lock_ranges()
    changed = _write(among, parameters, now)
    StandingRun.objects.create(
        business_date=business_date, from_id=from_id, to_id=to_id, started_at=now, written=len(changed)
    )
    return changed


def _write(among: Among, parameters: dict[str, Any], now: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(build_refresh(among), {**parameters, "now": now})
        return [pk for (pk,) in cursor.fetchall()]
