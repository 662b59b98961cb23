"""What all tests share: the append-only tables can be emptied between tests, reference data can be seeded."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test.utils import setup_databases, teardown_databases

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


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_blocker: Any,
) -> Iterator[None]:
    """Make the tests' database whatever was selected.

    The plugin's own makes none when no selected test is marked, and fixtures that open a connection themselves, as those
    of the crashes do, would then work in the developer's database.
    """
    keep = django_db_keepdb and not django_db_createdb
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, keepdb=keep)
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


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
