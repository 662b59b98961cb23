"""What all tests share: the append-only tables can be emptied between tests, reference data can be seeded."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

from core import calendar, clock
from tests.fixtures.kept import _seeds, kept, note_committing, standard_house

__all__ = ["_seeds", "kept", "standard_house"]


def _flush_append_only(self: Any, sql_list: list[str]) -> None:
    """Empty the tables between transactional tests; `replica` lets rows go past the append-only triggers.

    Few of the many tables hold rows, and few rows: deleting them is far quicker than a new file for every table and index.
    """
    tables = re.findall(r'"[^"]+"', " ".join(sql for sql in sql_list if sql.startswith("TRUNCATE")))
    if not tables:
        return
    with self.connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables))
        filled = [name for (name,) in cursor.fetchall()]
        cursor.execute("SET session_replication_role = replica")
        for name in filled:
            cursor.execute(f"DELETE FROM {name}")
        cursor.execute("SET session_replication_role = DEFAULT")


DatabaseOperations.execute_sql_flush = _flush_append_only  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that take long: one left for the end would keep the other processes waiting."""
    note_committing(items)
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """Drop what processes keep in memory about rows that a rolled-back test had changed."""
    calendar._year.cache_clear()
    yield


@pytest.fixture
def now() -> datetime:
    """A fixed instant: Monday 2026-03-02, 10:00 in Shanghai."""
    return clock.at(date(2026, 3, 2), 10)


@pytest.fixture
def frozen_clock(now: datetime) -> Iterator[datetime]:
    """Let the clock answer the fixed instant."""
    with clock.use_clock(now):
        yield now


@pytest.fixture
def set_business_date(db: None) -> Callable[[date], None]:
    """Set the business date of a test."""
    from core.models import BusinessDate

    def set_to(day: date) -> None:
        BusinessDate.objects.filter(pk=1).delete()
        BusinessDate.objects.create(pk=1, value=day)

    return set_to
