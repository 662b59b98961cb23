"""Timeline and work items: every app writes them here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection, transaction

from core.models import User
from customers.models import Customer, WorkItem


@dataclass(frozen=True)
class TimelineRow:
    """An entry to be written; `key` makes a repeated delivery harmless."""

    customer_id: int
    kind: str
    text_code: str
    at: datetime
    key: str
    params: dict[str, Any] = field(default_factory=dict)
    amount: Decimal | None = None
    url: str = ""
    actor_id: int | None = None


@dataclass(frozen=True)
class WorkItemRow:
    """A work item to be raised; open once per `key`. Without an assignee it goes to the customer's RM."""

    group: str
    kind: str
    reason_code: str
    key: str
    raised_at: datetime
    params: dict[str, Any] = field(default_factory=dict)
    customer_id: int | None = None
    assignee_id: int | None = None
    right: str = ""
    urgency: int = 100
    due_at: datetime | None = None
    url: str = ""


def add_timeline(
    *,
    customer_id: int,
    kind: str,
    text_code: str,
    params: dict[str, Any],
    at: datetime,
    key: str,
    amount: Decimal | None = None,
    url: str = "",
    actor: User | None = None,
) -> None:
    """Write one timeline entry unless its key is there already."""
    actor_id = actor.pk if actor is not None else None
    add_timeline_bulk([TimelineRow(customer_id, kind, text_code, at, key, params, amount, url, actor_id)])


_INSERT_TIMELINE = """
INSERT INTO customers_timelineentry (customer_id, at, kind, text_code, params, amount, url, actor_id, key)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::jsonb[], %s::numeric[], %s::text[],
                     %s::bigint[], %s::text[])
ON CONFLICT (key) DO NOTHING
"""


def add_timeline_bulk(rows: Sequence[TimelineRow]) -> None:
    """Write many timeline entries in one statement."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_TIMELINE,
            [
                [row.customer_id for row in rows],
                [row.at for row in rows],
                [row.kind for row in rows],
                [row.text_code for row in rows],
                [orjson.dumps(row.params, default=str).decode() for row in rows],
                [row.amount for row in rows],
                [row.url for row in rows],
                [row.actor_id for row in rows],
                [row.key for row in rows],
            ],
        )


def raise_work(
    *,
    group: str,
    kind: str,
    reason_code: str,
    params: dict[str, Any],
    key: str,
    now: datetime,
    customer_id: int | None = None,
    assignee_id: int | None = None,
    right: str = "",
    urgency: int = 100,
    due_at: datetime | None = None,
    url: str = "",
) -> None:
    """Raise one work item unless one with this key is open."""
    raise_work_bulk(
        [WorkItemRow(group, kind, reason_code, key, now, params, customer_id, assignee_id, right, urgency, due_at, url)]
    )


def raise_work_bulk(rows: Sequence[WorkItemRow]) -> None:
    """Raise many work items; those open under the same key stay as they are."""
    wanting = {row.customer_id for row in rows if not (row.assignee_id or row.right or row.customer_id is None)}
    managers = dict(Customer.objects.filter(pk__in=wanting).values_list("pk", "rm_id")) if wanting else {}
    WorkItem.objects.bulk_create(
        [
            WorkItem(
                customer_id=row.customer_id,
                group=row.group,
                kind=row.kind,
                reason_code=row.reason_code,
                params=orjson.loads(orjson.dumps(row.params, default=str)),
                key=row.key,
                raised_at=row.raised_at,
                assignee_id=row.assignee_id or (None if row.right else managers.get(row.customer_id or 0)),
                right=row.right,
                urgency=row.urgency,
                due_at=row.due_at,
                url=row.url,
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )


def end_work(*, key: str, now: datetime, actor: User | None, state: str = WorkItem.State.DONE) -> int:
    """End the open work item of a key; return how many that were (0 or 1)."""
    return end_work_bulk(keys=[key], now=now, actor=actor, state=state)


def end_work_bulk(*, keys: Collection[str], now: datetime, actor: User | None, state: str = WorkItem.State.DONE) -> int:
    """End the open work items of many keys in one statement; return how many that were."""
    rows = WorkItem.objects.filter(key__in=keys, state=WorkItem.State.OPEN)
    return rows.update(state=state, ended_at=now, ended_by=actor)


@transaction.atomic
def end_work_with_prefix(*, prefix: str, now: datetime, actor: User | None, state: str = WorkItem.State.DROPPED) -> int:
    """End all open work items whose key begins with a prefix, such as everything about one loan."""
    return WorkItem.objects.filter(key__startswith=prefix, state=WorkItem.State.OPEN).update(
        state=state, ended_at=now, ended_by=actor
    )
