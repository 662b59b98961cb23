"""The stored score of how much of a customer is known."""

from collections.abc import Iterable

from django.db import connection

from core.arrays import array_literal
from customers.queries.facts import measure_many

_WRITE = """
UPDATE customers_customer c SET completeness = m.score
FROM unnest(%s::bigint[], %s::smallint[]) AS m(id, score)
WHERE c.id = m.id AND c.completeness <> m.score
"""


def refresh_completeness(customer_ids: Iterable[int]) -> int:
    """Write the score of some customers where it differs; returns how many that were. Four statements."""
    scores = measure_many(customer_ids)
    if not scores:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [array_literal(scores.keys()), array_literal(scores.values())])
        return int(cursor.rowcount)
