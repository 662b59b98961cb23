"""Labels that policy above writes onto a customer: which value, by which rule, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction

from core.models import User
from customers.models import Customer
from customers.operations import history

# Labels that have a column of their own, because lists filter by them.
_COLUMNS: Final = {"risk_tier", "stage", "value_tier"}


@transaction.atomic
def set_label(
    *,
    customer_id: int,
    label: str,
    value: str,
    rule: str,
    version: str,
    reason: dict[str, Any],
    now: datetime,
    actor: User | None = None,
) -> bool:
    """Set one label and return whether its value changed; a change stands on the timeline.

    The timeline's sentence is registered by the writer under `customers.<label>.<value>`. The same value for the
    same reason writes nothing.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    before = customer.labels.get(label, {})
    entry = {
        "value": value,
        "rule": rule,
        "version": version,
        "reason": orjson.loads(orjson.dumps(reason, default=str)),
        "at": now.isoformat(),
    }
    present = getattr(customer, label) if label in _COLUMNS else before.get("value")
    if present == value and all(before.get(key) == entry[key] for key in ("value", "rule", "version", "reason")):
        return False
    customer.labels = {**customer.labels, label: entry}
    fields = ["labels"]
    if label in _COLUMNS:
        setattr(customer, label, value)
        fields.append(label)
    customer.save(update_fields=fields)
    if present == value:
        return False
    history.add_timeline(
        customer_id=customer_id,
        kind="change",
        text_code=f"customers.{label}.{value}",
        params={"from": present, "to": value},
        at=now,
        key=f"label:{customer_id}:{label}:{now.isoformat()}",
        actor=actor,
    )
    return True


@dataclass(frozen=True)
class LabelRow:
    """One label of one customer as a rule computed it; `before` is the value that the rule found."""

    customer_id: int
    label: str
    before: str
    value: str
    rule: str
    version: str
    reason: dict[str, Any]


_SET_MANY = """
UPDATE customers_customer c
SET labels = jsonb_set(c.labels, ARRAY[x.label], x.entry::jsonb), {column} = x.value
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS x(customer_id, label, value, entry)
WHERE c.id = x.customer_id
"""


@transaction.atomic
def set_labels(*, label: str, rows: Sequence[LabelRow], now: datetime) -> int:
    """Set one label with a column of its own for many customers in one statement; returns how many rows were written.

    A changed value stands on the timeline, as with `set_label`.
    """
    assert label in _COLUMNS, "only labels with a column are set in bulk"
    if not rows:
        return 0
    entries = [
        orjson.dumps(
            {
                "value": row.value,
                "rule": row.rule,
                "version": row.version,
                "reason": row.reason,
                "at": now.isoformat(),
            },
            default=str,
        ).decode()
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _SET_MANY.format(column=label),
            [[row.customer_id for row in rows], [label] * len(rows), [row.value for row in rows], entries],
        )
        written: int = cursor.rowcount
    history.add_timeline_bulk(
        [
            history.TimelineRow(
                row.customer_id,
                "change",
                f"customers.{label}.{row.value}",
                now,
                f"label:{row.customer_id}:{label}:{now.isoformat()}",
                {"from": row.before, "to": row.value},
            )
            for row in rows
            if row.before != row.value
        ]
    )
    return written
