"""Labelling everybody as the night does, and reading what was written."""

from datetime import date, timedelta
from typing import Any

from django.db import connection

from core import clock
from core.models import BusinessDate
from segmentation.models import Labels
from segmentation.operations.attributes import list_ranges, refresh_attributes
from segmentation.operations.labels import label_range
from segmentation.queries.labelling import COLUMNS
from tests.web.conftest import TODAY


def label_everybody(day: date) -> int:
    """Move the business date, tell all attributes, then all labels; return whose labels changed."""
    BusinessDate.objects.update(value=day)
    now = clock.at(day, 1)
    refresh_attributes(customer_ids=None, business_date=day, now=now)
    return sum(label_range(day, low, high, now) for low, high in list_ranges(day))


def label(days: int = 0) -> int:
    """Do that so many days after the day of the book."""
    return label_everybody(TODAY + timedelta(days=days))


def read_labels() -> list[tuple[Any, ...]]:
    """Every label and figure of everybody."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT customer_id, {', '.join(COLUMNS)} FROM segmentation_labels ORDER BY 1")
        return list(cursor.fetchall())


def labels_of(customer_id: int) -> Labels:
    """The labels of one customer."""
    return Labels.objects.get(pk=customer_id)
