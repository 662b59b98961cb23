"""How many rows each view of a list holds, asked together."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from core.web.listing import COUNT_LIMIT


def count_views(views: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """Return the rows of each view in one query, each exact up to COUNT_LIMIT; more is COUNT_LIMIT + 1, shown as 10,000+."""
    counts = dict.fromkeys(views, 0)
    parts: list[str] = []
    params: list[Any] = []
    asked: list[str] = []
    for key, rows in views.items():
        try:
            sql, values = rows.order_by().values("pk")[: COUNT_LIMIT + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        # Only what Django itself wrote is joined; the values go apart.
        parts.append(f"(SELECT count(*) FROM ({sql}) AS one)")  # noqa: S608
        params += values
        asked.append(key)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", params)
            counts |= dict(zip(asked, cursor.fetchone(), strict=True))
    return counts
