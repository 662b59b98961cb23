"""The nightly health of customers: facts in one statement, parts by rule, work where a part is low."""

from datetime import date, datetime, timedelta
from typing import Any, Final

import orjson
from django.db import connection, transaction

from core.registries import attributes, read_attribute_sql
from customers.models import WorkItem
from customers.operations import history
from customers.operations.history import WorkItemRow
from customers.operations.touching import touch_customers
from customers.rules.health import HealthFacts, HealthPart, score_health

STEP: Final = "customers.health"
STEP_ORDER: Final = 865
WORK: Final = "customers.health"
_LOOK_BACK: Final = timedelta(days=182)
_GRACE: Final = "1 day"
_URGENCY: Final = 60
_NONE: Final = "SELECT NULL::bigint AS customer_id, NULL::bigint AS value WHERE false"
# One row for each customer of whom anything is known that could tell against him; everybody else is healthy.
_FACTS: Final = """
WITH answers AS (
    SELECT customer_id, bool_or(coalesce(answered_at, %(now)s) > answer_due_at) AS late
    FROM customers_lead WHERE customer_id IS NOT NULL AND answer_due_at IS NOT NULL AND created_at >= %(since)s
    GROUP BY 1
), plans AS (
    SELECT p.customer_id, count(*) FILTER (WHERE p.state = 'DONE' AND k.at <= p.planned_at + %(grace)s::interval) AS kept,
           count(*) FILTER (WHERE (p.state = 'DONE' AND k.at > p.planned_at + %(grace)s::interval)
                            OR (p.state = 'PLANNED' AND p.planned_at + %(grace)s::interval < %(now)s)) AS missed
    FROM customers_contactplan p LEFT JOIN customers_contact k ON k.id = p.contact_id
    WHERE p.customer_id IS NOT NULL AND p.planned_at >= %(since)s GROUP BY 1
), promises AS (
    SELECT customer_id, count(*) FILTER (WHERE state = 'KEPT') AS kept, count(*) FILTER (WHERE state = 'BROKEN') AS broken
    FROM customers_promise WHERE due_at >= %(since)s GROUP BY 1
), cases AS ({cases}), late AS ({late}), known AS (
    SELECT customer_id FROM answers WHERE late UNION SELECT customer_id FROM plans WHERE missed > 0
    UNION SELECT customer_id FROM promises WHERE broken > 0 UNION SELECT customer_id FROM cases
    UNION SELECT customer_id FROM late
)
SELECT c.id, c.public_id, c.rm_id, a.late, coalesce(p.kept, 0), coalesce(p.missed, 0), coalesce(m.kept, 0),
       coalesce(m.broken, 0), coalesce(s.value, 0), coalesce(l.value, 0)
FROM known JOIN customers_customer c ON c.id = known.customer_id AND c.merged_into_id IS NULL
LEFT JOIN answers a ON a.customer_id = c.id LEFT JOIN plans p ON p.customer_id = c.id
LEFT JOIN promises m ON m.customer_id = c.id LEFT JOIN cases s ON s.customer_id = c.id
LEFT JOIN late l ON l.customer_id = c.id
ORDER BY c.id
"""
_WRITE: Final = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(customer_id bigint, score smallint, parts jsonb)
), gone AS (
    DELETE FROM customers_health h WHERE NOT EXISTS (SELECT 1 FROM given g WHERE g.customer_id = h.customer_id)
    RETURNING customer_id
), written AS (
    INSERT INTO customers_health AS h (customer_id, score, parts, on_date)
    SELECT customer_id, score, parts, %(on)s FROM given
    ON CONFLICT (customer_id) DO UPDATE SET score = excluded.score, parts = excluded.parts, on_date = excluded.on_date
    WHERE (h.score, h.parts) IS DISTINCT FROM (excluded.score, excluded.parts)
    RETURNING customer_id
)
SELECT customer_id FROM gone UNION ALL SELECT customer_id FROM written
"""


@transaction.atomic
def judge_health(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Score every customer anew; a low part is work of his RM until it has recovered. Returns how many are not healthy."""
    rows: list[dict[str, Any]] = []
    work: list[WorkItemRow] = []
    for pk, public_id, rm_id, late, *counts in _read_facts(now):
        parts = score_health(HealthFacts(late, *(int(count) for count in counts)))
        rows.append(
            {
                "customer_id": pk,
                "score": sum(part.points for part in parts),
                "parts": [{"code": part.code, "points": part.points, "most": part.most} for part in parts],
            }
        )
        if rm_id is not None:
            work += [_raise(pk, public_id, part, now) for part in parts if part.is_low]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"rows": orjson.dumps(rows).decode(), "on": business_date})
        touch_customers((pk for (pk,) in cursor.fetchall()), now=now)
    recovered = WorkItem.objects.filter(kind=WORK, state=WorkItem.State.OPEN).exclude(key__in=[row.key for row in work])
    recovered.update(state=WorkItem.State.DROPPED, ended_at=now)
    history.raise_work_bulk(work)
    return len(rows)


def _read_facts(now: datetime) -> list[tuple[Any, ...]]:
    sources = {
        name: read_attribute_sql(key) if key in attributes else _NONE
        for name, key in (("cases", "open_complaints"), ("late", "days_past_due"))
    }
    with connection.cursor() as cursor:
        # The statements come from the registry, never from a request.
        cursor.execute(_FACTS.format(**sources), {"now": now, "since": now - _LOOK_BACK, "grace": _GRACE})
        return cursor.fetchall()


def _raise(customer_id: int, public_id: str, part: HealthPart, now: datetime) -> WorkItemRow:
    return WorkItemRow(
        group=WorkItem.Group.REVISIT,
        kind=WORK,
        reason_code=f"customers.health.{part.code}",
        key=f"health:{customer_id}:{part.code}",
        raised_at=now,
        params={"points": part.points, "most": part.most},
        customer_id=customer_id,
        urgency=_URGENCY,
        url=f"/customers/{public_id}/",
    )
