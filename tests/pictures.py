"""A picture of every row of the database, to show that a refusal left nothing behind."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

Picture = dict[str, tuple[int, str]]

_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY relname
"""
_ONE = """
SELECT '{0}', count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM "{0}" t
"""


def take_picture() -> Picture:
    """Return for each table how many rows it has and a hash of what they hold."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [row[0] for row in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(_ONE.format(table) for table in tables))
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


def list_changes(before: Picture) -> list[str]:
    """Return the tables whose rows are no longer what they were."""
    after = take_picture()
    return [table for table in after if before[table] != after[table]]


@contextmanager
def unchanged(*, but: Iterable[str] = ()) -> Iterator[None]:
    """Assert that no table changes in the block, those named apart."""
    before = take_picture()
    yield
    assert set(list_changes(before)) <= set(but)


@contextmanager
def refused(*refusals: type[Exception]) -> Iterator[None]:
    """Assert that the block is refused so and that not one row has changed."""
    with unchanged(), pytest.raises(refusals), transaction.atomic():
        yield
