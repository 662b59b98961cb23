"""The attributes of customers as they are kept: one wide row a customer, a typed column a registered key."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core.arrays import array_literal
from core.registries import Among, attribute_families, attributes
from segmentation.models import StandingRun

TABLE: Final = "segmentation_standing"
# Columns of the table that are no attribute.
OWN_COLUMNS: Final = frozenset({"customer_id", "changed_at"})
# As PostgreSQL writes them.
COLUMN_TYPES: Final = {
    "count": "integer",
    "money": "numeric(18,2)",
    "ratio": "numeric(12,6)",
    "date": "date",
    "moment": "timestamp with time zone",
    "text": "text",
    "flag": "boolean",
    "list": "text[]",
}


@dataclass(frozen=True)
class StandingOf:
    """The known attributes of one customer, and the moment for which they hold."""

    values: dict[str, Any]
    as_of: datetime | None


def list_keys() -> list[str]:
    """Return the keys of all attributes, in the order of their columns in statements."""
    return [key for key, _attribute in attributes.items()]


def read_standing(customer_id: int, keys: Sequence[str] | None = None) -> StandingOf:
    """Return what is kept of a customer; unknown values are missing."""
    wanted = [key for key in (list_keys() if keys is None else keys) if key in attributes]
    columns = "".join(f", {key}" for key in wanted)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT changed_at{columns} FROM {TABLE} WHERE customer_id = %s", [customer_id])  # noqa: S608
        row = cursor.fetchone()
    if row is None:
        return StandingOf({}, None)
    changed_at, *values = row
    known = {key: value for key, value in zip(wanted, values, strict=True) if value is not None}
    looked_at = find_latest_look(customer_id)
    return StandingOf(known, max(changed_at, looked_at) if looked_at else changed_at)


def find_latest_look(customer_id: int) -> datetime | None:
    """Return the start of the latest look at the whole range of ids that one lies in."""
    runs = StandingRun.objects.filter(from_id__lte=customer_id, to_id__gt=customer_id)
    return runs.order_by("-started_at").values_list("started_at", flat=True).first()


def among_some(customer_ids: Sequence[int]) -> tuple[Among, dict[str, Any]]:
    """Return the restriction to some customers, and its parameters."""
    return _write_some, {"customers": array_literal(customer_ids)}


def among_range(from_id: int, to_id: int) -> tuple[Among, dict[str, Any]]:
    """Return the restriction to a range of ids, the upper end excluded, and its parameters."""
    return _write_range, {"from_id": from_id, "to_id": to_id}


def _write_some(column: str) -> str:
    return f" AND {column} = ANY(%(customers)s::bigint[])"


def _write_range(column: str) -> str:
    return f" AND {column} >= %(from_id)s AND {column} < %(to_id)s"


def build_seen(among: Among) -> str:
    """Return SQL that yields `customer_id` and every attribute as the apps' rows are now, a row a customer not merged."""
    return _join_families([key for key, _family in attribute_families.items()], among)


def _join_families(families: Collection[str], among: Among) -> str:
    columns, joins = [], []
    names: dict[str, str] = {}
    for key, attribute in attributes.items():
        if attribute.family not in families:
            continue
        name = names.get(attribute.family)
        if name is None:
            name = names[attribute.family] = f"f{len(names)}"
            family = attribute_families.get(attribute.family).build(among)
            joins.append(f"LEFT JOIN ({family}) {name} ON {name}.customer_id = c.id")
        columns.append(f"{name}.{key}::{COLUMN_TYPES[attribute.type]} AS {key}")
    return (
        f"SELECT c.id AS customer_id, {', '.join(columns)} FROM customers_customer c {' '.join(joins)}"  # noqa: S608
        f" WHERE c.merged_into_id IS NULL {among('c.id')}"
    )


def build_refresh_of(families: Collection[str], among: Among) -> str:
    """Return the statement that tells the attributes of some families anew where a row is kept; it yields whom it changed."""
    keys = [key for key, attribute in attributes.items() if attribute.family in families]
    kept, seen = (", ".join(f"{name}.{key}" for key in keys) for name in ("s", "n"))
    return f"""
    UPDATE {TABLE} s SET {", ".join(f"{key} = n.{key}" for key in keys)}, changed_at = %(now)s
    FROM ({_join_families(families, among)}) n
    WHERE s.customer_id = n.customer_id AND ({kept}) IS DISTINCT FROM ({seen})
    RETURNING s.customer_id
    """  # noqa: S608 - everything is our own


def build_refresh(among: Among) -> str:
    """Return the statement that makes the kept attributes those that are seen; it yields whom it changed."""
    keys = list_keys()
    columns = ", ".join(keys)
    kept, seen = (", ".join(f"{name}.{key}" for key in keys) for name in ("s", "n"))
    return f"""
    WITH n AS MATERIALIZED (
        SELECT n.*, s.customer_id IS NULL AS is_new FROM ({build_seen(among)}) n
        LEFT JOIN {TABLE} s ON s.customer_id = n.customer_id {among("s.customer_id")}
        WHERE s.customer_id IS NULL OR ({kept}) IS DISTINCT FROM ({seen})
    ), changed AS (
        UPDATE {TABLE} s SET {", ".join(f"{key} = n.{key}" for key in keys)}, changed_at = %(now)s
        FROM n WHERE s.customer_id = n.customer_id
        RETURNING s.customer_id
    ), added AS (
        INSERT INTO {TABLE} (customer_id, changed_at, {columns})
        SELECT n.customer_id, %(now)s, {seen} FROM n WHERE n.is_new
        RETURNING customer_id
    ), gone AS (
        DELETE FROM {TABLE} s
        WHERE NOT EXISTS (SELECT 1 FROM customers_customer c WHERE c.id = s.customer_id AND c.merged_into_id IS NULL)
        {among("s.customer_id")}
        RETURNING customer_id
    )
    SELECT customer_id FROM changed UNION ALL SELECT customer_id FROM added UNION ALL SELECT customer_id FROM gone
    """  # noqa: S608 - everything is our own
