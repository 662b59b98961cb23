"""Facts about customers that higher apps have registered."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from core.registries import attributes


def read_attributes(customer_ids: Iterable[int], keys: Iterable[str]) -> dict[int, dict[str, Any]]:
    """Return the asked attributes of some customers, one query in all; unknown keys and absent values are missing."""
    wanted = list(customer_ids)
    known = [key for key in keys if key in attributes]
    found: dict[int, dict[str, Any]] = {pk: {} for pk in wanted}
    if not wanted or not known:
        return found
    # The SQL comes from the registry, never from a request. LATERAL, because the key then reaches into the grouping:
    # fifty customers are looked up, not a whole book added up for fifty of its rows.
    joins = " ".join(
        f"LEFT JOIN LATERAL (SELECT value FROM ({attributes.get(key).sql}) s WHERE s.customer_id = wanted.customer_id)"  # noqa: S608
        f" a{n} ON true"
        for n, key in enumerate(known)
    )
    columns = ", ".join(f"a{n}.value" for n in range(len(known)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT customer_id, {columns} FROM unnest(%s::bigint[]) AS wanted(customer_id) {joins}",  # noqa: S608
            [wanted],
        )
        for pk, *values in cursor.fetchall():
            found[pk] = {key: value for key, value in zip(known, values, strict=True) if value is not None}
    return found
