"""The nightly close's step that takes customers back into the pools, with a warning before."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from core.outbox import system_user
from core.registries import attributes, read_attribute_sql
from customers.models import OwnerChange, Pool, WorkItem
from customers.operations import history
from customers.operations.history import WorkItemRow
from customers.operations.ownership.change import Move, move_customers
from customers.operations.ownership.pools import forget_views
from customers.queries.pools import find_pool_for
from customers.rules.pools import Fate, RecycleTerms, find_recycle_date, judge_recycling
from staff.models import StaffMember

STEP = "customers.recycle"
STEP_ORDER = 740
_WARNING = "customers.recycle_warning"
_URGENCY = 50

_NO_DEAL = "SELECT NULL::bigint AS customer_id, NULL::date AS value WHERE false"
# Who is in nobody's way stays out: the protected, those with a promise still open, and with `keeps` those who deal.
_CANDIDATES = """
WITH dated AS (
    SELECT c.id, c.public_id, c.rm_id,
           (greatest(c.latest_contact_at, c.owned_since, c.registered_at) AT TIME ZONE 'Asia/Shanghai')::date AS contact,
           greatest(deal.value, (greatest(c.owned_since, c.registered_at) AT TIME ZONE 'Asia/Shanghai')::date) AS deal
    FROM customers_customer c
    LEFT JOIN ({deals}) deal ON deal.customer_id = c.id
    WHERE c.rm_id = ANY(%(members)s) AND NOT c.is_protected AND c.merged_into_id IS NULL AND c.status <> 'CLOSED'
      AND NOT EXISTS (SELECT 1 FROM customers_promise p WHERE p.customer_id = c.id AND p.state = 'OPEN')
      AND (c.next_promise_at IS NULL OR c.next_promise_at < %(now)s)
      {keeps}
)
SELECT id, public_id, contact, deal FROM dated
WHERE least(CASE WHEN %(no_contact)s > 0 THEN contact + %(no_contact)s END,
            CASE WHEN %(no_deal)s > 0 THEN deal + %(no_deal)s END) <= %(until)s::date + %(warning)s
ORDER BY id
"""


@transaction.atomic
def recycle(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Take back at the end of a business date who was neglected too long, warn of who will be; return how many went."""
    members: dict[int, list[int]] = defaultdict(list)
    pools: dict[int, Pool] = {}
    departments: dict[str, list[int]] = defaultdict(list)
    for pk, path in StaffMember.objects.filter(is_active=True).values_list("pk", "department__path"):
        departments[path].append(pk)
    for path, staff in departments.items():
        pool = find_pool_for(path)
        if pool is not None and (pool.no_contact_days or pool.no_deal_days):
            pools[pool.pk] = pool
            members[pool.pk] += staff
    taken = 0
    warned: set[int] = set()
    for pool_id, pool in sorted(pools.items()):
        taken += _recycle_into(pool, members[pool_id], business_date, now, warned)
    stale = WorkItem.objects.filter(kind=_WARNING, state=WorkItem.State.OPEN).exclude(customer_id__in=warned)
    stale.update(state=WorkItem.State.DROPPED, ended_at=now)
    forget_views(before=now)
    return taken


def _recycle_into(pool: Pool, member_ids: list[int], business_date: date, now: datetime, warned: set[int]) -> int:
    terms = RecycleTerms(pool.no_contact_days, pool.no_deal_days, pool.warning_days)
    back: list[int] = []
    rows: list[WorkItemRow] = []
    for pk, public_id, contact_date, deal_date in _list_candidates(pool, member_ids, business_date, now):
        fate = judge_recycling(terms, contact_date, deal_date, business_date)
        if fate is Fate.TAKEN_BACK:
            back.append(pk)
        elif fate is Fate.WARNED:
            warned.add(pk)
            due = find_recycle_date(terms, contact_date, deal_date)
            rows.append(_warn(pk, public_id, pool, due, now))
    history.raise_work_bulk(rows)
    if not back:
        return 0
    return move_customers(back, Move(None, pool.pk, OwnerChange.Reason.RECYCLED, now, system_user())).count


def _list_candidates(pool: Pool, member_ids: list[int], business_date: date, now: datetime) -> list[tuple[Any, ...]]:
    deals = read_attribute_sql("last_deal_date") if "last_deal_date" in attributes else _NO_DEAL
    running = [key for key in ("outstanding", "invested") if pool.keeps_dealing and key in attributes]
    keeps = " ".join(
        f"AND NOT EXISTS (SELECT 1 FROM ({read_attribute_sql(key)}) r WHERE r.customer_id = c.id AND r.value > 0)"  # noqa: S608
        for key in running
    )
    with connection.cursor() as cursor:
        # The SQL comes from the registry, never from a request.
        cursor.execute(
            _CANDIDATES.format(deals=deals, keeps=keeps),
            {
                "members": member_ids,
                "now": now,
                "no_contact": pool.no_contact_days,
                "no_deal": pool.no_deal_days,
                "until": business_date,
                "warning": pool.warning_days,
            },
        )
        return cursor.fetchall()


def _warn(customer_id: int, public_id: str, pool: Pool, due: date | None, now: datetime) -> WorkItemRow:
    return WorkItemRow(
        group=WorkItem.Group.REVISIT,
        kind=_WARNING,
        reason_code=_WARNING,
        key=f"{_WARNING}:{customer_id}",
        raised_at=now,
        params={"pool": pool.name, "on": due.isoformat() if due is not None else ""},
        customer_id=customer_id,
        urgency=_URGENCY,
        url=f"/customers/{public_id}/",
    )
