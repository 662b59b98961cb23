"""The nightly snapshot of all registered figures."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction

from core.close import register_step
from core.registries import metrics

STEP: Final = "analytics.snapshot"
_ORDER: Final = 750
_WRITE = """
INSERT INTO analytics_metricsnapshot (business_date, code, dimension, value)
SELECT %s, x.* FROM unnest(%s::text[], %s::text[], %s::numeric[]) AS x(code, dimension, value)
ON CONFLICT (code, dimension, business_date) DO UPDATE SET value = excluded.value
"""


@transaction.atomic
def take_snapshot(business_date: date, _from_id: int = 0, _to_id: int = 0, now: datetime | None = None) -> int:
    """Keep every registered figure of a business date; a second run writes the same rows. Returns the rows written."""
    families: dict[Any, Mapping[str, Sequence[tuple[str, Any]]]] = {}
    rows: list[tuple[str, str, Any]] = []
    for code, metric in metrics.items():
        if metric.family is None:
            found = metric.compute(business_date)
        else:
            if metric.family not in families:
                families[metric.family] = metric.family(business_date)
            found = families[metric.family][code]
        rows += [(code, dimension, value) for dimension, value in found]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [business_date, *(list(column) for column in zip(*rows, strict=True))])
    return len(rows)


def register() -> None:
    """Register the step with the close."""
    register_step(STEP, _ORDER, take_snapshot)
