"""Labels that policy above writes onto a customer: which value, by which rule, when and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction

from customers.models import Customer
from customers.operations import history
from customers.operations.touching import touch_customers

# Labels that have a column of their own, because lists filter by them.
_COLUMNS: Final = {"risk_tier", "stage", "value_tier"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a rule says about one customer, and why."""

    customer_id: int
    value: str
    reason: dict[str, Any]


_SET_ONE: Final = """
UPDATE customers_customer c SET labels = c.labels || jsonb_build_object('{label}', x.entry), {label} = x.value
FROM unnest(%(ids)s::bigint[], %(values)s::text[], %(entries)s::jsonb[]) x (id, value, entry)
WHERE c.id = x.id
"""


def set_label_of_many(*, label: str, rule: str, version: str, labelled: Sequence[Labelled], now: datetime) -> None:
    """Set one label that has a column for many customers, in the caller's transaction; a change stands on the timeline.

    The timeline's sentence is registered by the writer under `customers.<label>.<value>`. The same value for the
    same reason writes nothing. Unlike `set_labels` it writes another reason for the same value, and has what
    changed told on.
    """
    assert label in _COLUMNS, "only labels with a column are set in bulk"
    customers = {
        customer.pk: customer
        for customer in Customer.objects.select_for_update(no_key=True)
        .filter(pk__in=[one.customer_id for one in labelled])
        .order_by("pk")
        .only("labels", label)
    }
    written: list[tuple[int, str, str]] = []
    moved: list[history.TimelineRow] = []
    for one in labelled:
        customer = customers[one.customer_id]
        before = customer.labels.get(label, {})
        entry = {
            "value": one.value,
            "rule": rule,
            "version": version,
            "reason": orjson.loads(orjson.dumps(one.reason, default=str)),
            "at": now.isoformat(),
        }
        present = getattr(customer, label)
        if present != one.value:
            moved.append(_tell(one, label, present, now))
        elif all(before.get(key) == entry[key] for key in ("value", "rule", "version", "reason")):
            continue
        written.append((one.customer_id, one.value, orjson.dumps(entry).decode()))
    if written:
        ids, values, entries = zip(*written, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                _SET_ONE.format(label=label), {"ids": list(ids), "values": list(values), "entries": list(entries)}
            )
    history.add_timeline_bulk(moved)
    touch_customers([row.customer_id for row in moved], now=now)


def _tell(one: Labelled, label: str, present: str, now: datetime) -> history.TimelineRow:
    return history.TimelineRow(
        customer_id=one.customer_id,
        kind="change",
        text_code=f"customers.{label}.{one.value}",
        at=now,
        key=f"label:{one.customer_id}:{label}:{now.isoformat()}",
        params={"from": present, "to": one.value},
    )


# One UPDATE a customer, whatever changes: it rewrites every index of a wide row.
_SET_MANY = """
WITH seen AS ({source}), changed AS (
    SELECT c.id, {befores}, {differences}, seen.*
    FROM seen JOIN customers_customer c ON c.id = seen.customer_id WHERE {differs}
), written AS (
    UPDATE customers_customer c SET labels = c.labels || {entries}, {columns}
    FROM changed x WHERE c.id = x.id
), told AS (
    INSERT INTO customers_timelineentry (customer_id, at, kind, text_code, params, url, key)
    SELECT x.id, %(now)s, 'change', 'customers.' || l.label || '.' || l.value,
           jsonb_build_object('from', l.before, 'to', l.value), '',
           'label:' || x.id || ':' || l.label || ':' || %(at)s
    FROM changed x CROSS JOIN LATERAL (VALUES {values}) AS l(label, before, value)
    WHERE l.before <> l.value
    ORDER BY x.id, l.label
    ON CONFLICT (key) DO NOTHING
)
SELECT {count} FROM changed
"""
_DIFFERS = "(c.{0} <> seen.{0} OR c.labels->'{0}'->>'version' IS DISTINCT FROM %(version)s)"
_ENTRY = """
CASE WHEN x.{0}_differs THEN jsonb_build_object('{0}', jsonb_build_object(
    'value', x.{0}, 'rule', %(rule_{0})s, 'version', %(version)s, 'reason', x.{0}_reason, 'at', %(at)s))
ELSE '{{}}' END
"""


@transaction.atomic
def set_labels(*, rules: Mapping[str, str], source: str, params: Mapping[str, Any], version: str, now: datetime) -> int:
    """Set labels that have columns of their own for many customers in one statement; return the labels written.

    `rules` names the rule behind each label. `source` is SQL that yields `customer_id` and, for each label, its value
    and its reason as jsonb under `<label>` and `<label>_reason`; `params` are its parameters. A label is written where
    its value differs or another version wrote it; a changed value stands on the timeline, as with `set_label_of_many`.
    """
    assert set(rules) <= _COLUMNS, "only labels with a column are set in bulk"

    def each(pattern: str, between: str = ", ") -> str:
        return between.join(pattern.format(label) for label in rules)

    statement = _SET_MANY.format(
        source=source,
        befores=each("c.{0} AS {0}_before"),
        differences=each(f"{_DIFFERS} AS {{0}}_differs"),
        differs=each(_DIFFERS, " OR "),
        entries=each(_ENTRY, " || "),
        columns=each("{0} = x.{0}"),
        values=each("('{0}', x.{0}_before::text, x.{0}::text)"),
        count=each("count(*) FILTER (WHERE {0}_differs)", " + "),
    )
    stamps: dict[str, Any] = {"version": version, "now": now, "at": now.isoformat()}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, **stamps, **{f"rule_{label}": rule for label, rule in rules.items()}})
        written: int = cursor.fetchone()[0]
    return written
