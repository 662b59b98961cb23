"""Who is due to be contacted by rule, when he could be reached before, what is planned already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection

from core import clock
from core.registries import contact_limits
from customers.rules.revisits import Slot

_QUIET: Final = (21, 8)


@dataclass(frozen=True)
class Candidate:
    """A customer whose next contact by rule falls due."""

    customer_id: int
    member_id: int
    rule_id: int
    interval_days: int
    channel: str
    purpose: str
    value_tier: str
    stage: str
    latest_contact_at: datetime | None
    base_date: date
    due_date: date
    quiet_from_hour: int
    quiet_to_hour: int


_CANDIDATES = """
SELECT customer_id, member_id, rule_id, interval_days, channel, purpose, value_tier, stage, latest_contact_at,
       base_date, due_date, quiet_from_hour, quiet_to_hour
FROM (
    SELECT c.id AS customer_id, c.rm_id AS member_id, r.id AS rule_id, n.interval_days, r.channel, r.purpose,
           c.value_tier, c.stage, c.latest_contact_at, b.base_date, b.base_date + n.interval_days AS due_date,
           coalesce(p.quiet_from_hour, %(quiet_from)s) AS quiet_from_hour,
           coalesce(p.quiet_to_hour, %(quiet_to)s) AS quiet_to_hour,
           row_number() OVER (PARTITION BY c.rm_id ORDER BY b.base_date + n.interval_days, c.id) AS place
    FROM customers_customer c
    JOIN staff_staffmember m ON m.id = c.rm_id AND m.is_active
    CROSS JOIN LATERAL (
        SELECT (coalesce(c.latest_contact_at, c.owned_since, c.registered_at) AT TIME ZONE 'Asia/Shanghai')::date
               AS base_date
    ) b
    JOIN LATERAL (
        SELECT * FROM customers_revisitrule r
        WHERE r.is_active AND r.value_tier IN ('', c.value_tier) AND r.stage IN ('', c.stage)
        ORDER BY r.place, r.id LIMIT 1
    ) r ON true
    CROSS JOIN LATERAL (SELECT least(r.interval_days, ({limits})) AS interval_days) n
    LEFT JOIN customers_channelpreference p ON p.customer_id = c.id
    WHERE c.rm_id >= %(low)s AND c.rm_id < %(high)s
      AND c.merged_into_id IS NULL AND c.status <> 'CLOSED'
      AND b.base_date + n.interval_days <= %(until)s
      AND NOT EXISTS (SELECT 1 FROM customers_contactplan k WHERE k.customer_id = c.id AND k.state = 'PLANNED')
      AND (c.next_promise_at IS NULL OR NOT EXISTS (
          SELECT 1 FROM customers_promise o WHERE o.customer_id = c.id AND o.state = 'OPEN' AND o.is_contact))
) due
WHERE place <= %(limit)s
ORDER BY member_id, place
"""
_HABITS = """
SELECT {key} extract(isodow FROM k.at AT TIME ZONE 'Asia/Shanghai')::int - 1 AS weekday,
       extract(hour FROM k.at AT TIME ZONE 'Asia/Shanghai')::int AS hour,
       count(*) FILTER (WHERE k.result <> 'NOT_REACHED') AS reached, count(*) AS tried
FROM customers_contact k
WHERE k.channel IN ('CALL', 'VISIT') AND {condition}
GROUP BY {group}
"""
_TAKEN = """
SELECT member_id, date_trunc('hour', planned_at AT TIME ZONE 'Asia/Shanghai') AS at, count(*)
FROM customers_contactplan
WHERE state = 'PLANNED' AND member_id >= %(low)s AND member_id < %(high)s
  AND planned_at >= %(start)s AND planned_at < %(end)s
GROUP BY 1, 2
"""
_RANGES = """
SELECT min(id), max(id) + 1 FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS part FROM staff_staffmember WHERE is_active
) m GROUP BY part ORDER BY part
"""


def list_member_ranges(*, size: int) -> Sequence[tuple[int, int]]:
    """Return ranges of keys with so many active colleagues each."""
    with connection.cursor() as cursor:
        cursor.execute(_RANGES, [size])
        return [(low, high) for low, high in cursor.fetchall()]


def list_candidates(from_id: int, to_id: int, *, due_until: date, limit: int) -> list[Candidate]:
    """Return the customers of some RMs who fall due by a date, at most so many an RM, the longest due first.

    A contact falls due by the rule of revisits, or sooner where another app has promised more (`contact_limits`).
    """
    limits = " UNION ALL ".join(
        f"SELECT x.days FROM ({sql}) x WHERE x.customer_id = c.id"  # noqa: S608 - of our own apps
        for _key, sql in contact_limits.items()
    )
    least = f"SELECT min(y.days) FROM ({limits}) y" if limits else "NULL::int"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES.format(limits=least),
            {
                "low": from_id,
                "high": to_id,
                "until": due_until,
                "limit": limit,
                "quiet_from": _QUIET[0],
                "quiet_to": _QUIET[1],
            },
        )
        return [Candidate(*row) for row in cursor.fetchall()]


def read_habits(customer_ids: Sequence[int]) -> dict[int, dict[Slot, tuple[int, int]]]:
    """Return by weekday and hour how often each customer was reached, and tried, by phone or in person."""
    sql = _HABITS.format(key="k.customer_id,", condition="k.customer_id = ANY(%s)", group="1, 2, 3")
    found: dict[int, dict[Slot, tuple[int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(customer_ids)])
        for customer_id, weekday, hour, reached, tried in cursor.fetchall():
            found.setdefault(customer_id, {})[(weekday, hour)] = (reached, tried)
    return found


def read_usual_habits(from_id: int, to_id: int, since: datetime) -> dict[Slot, tuple[int, int]]:
    """Return by weekday and hour how often some RMs reached customers, and tried, since an instant."""
    sql = _HABITS.format(key="", condition="k.member_id >= %s AND k.member_id < %s AND k.at >= %s", group="1, 2")
    with connection.cursor() as cursor:
        cursor.execute(sql, [from_id, to_id, since])
        return {(weekday, hour): (reached, tried) for weekday, hour, reached, tried in cursor.fetchall()}


def list_taken(from_id: int, to_id: int, days: Sequence[date]) -> dict[int, dict[datetime, int]]:
    """Return how many contacts each RM has planned by the full hour (without a zone, Shanghai time)."""
    found: dict[int, dict[datetime, int]] = {}
    bounds: dict[str, int | datetime] = {
        "low": from_id,
        "high": to_id,
        "start": clock.at(days[0], 0),
        "end": clock.at(days[-1] + timedelta(days=1), 0),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, bounds)
        for member_id, at, count in cursor.fetchall():
            found.setdefault(member_id, {})[at] = count
    return found
