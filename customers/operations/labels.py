"""Labels that policy above writes onto a customer: which value, by which rule, when and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction

from core.models import User
from customers.models import Customer
from customers.operations import history
from customers.operations.touching import touch_customers

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
    touch_customers([customer_id], now=now)
    return True


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
    its value differs or another version wrote it; a changed value stands on the timeline, as with `set_label`.
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
