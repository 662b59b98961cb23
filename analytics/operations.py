"""The nightly snapshot of all registered figures."""

from datetime import date, datetime
from typing import Final

from django.db import connection, transaction

from core.close import register_step
from core.registries import metrics

STEP: Final = "analytics.snapshot"
_ORDER: Final = 750
_WRITE = """
INSERT INTO analytics_metricsnapshot (business_date, code, dimension, value)
SELECT %s, %s, x.dimension, x.value FROM unnest(%s::text[], %s::numeric[]) AS x(dimension, value)
ON CONFLICT (code, dimension, business_date) DO UPDATE SET value = excluded.value
"""


@transaction.atomic
def take_snapshot(business_date: date, _from_id: int = 0, _to_id: int = 0, now: datetime | None = None) -> int:
    """Keep every registered figure of a business date; a second run writes the same rows. Returns the rows written."""
    written = 0
    for code, metric in metrics.items():
        rows = metric.compute(business_date)
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [business_date, code, [row[0] for row in rows], [row[1] for row in rows]])
        written += len(rows)
    return written


def register() -> None:
    """Register the step with the close."""
    register_step(STEP, _ORDER, take_snapshot)
