"""Prepared statements: the same answer as plain text, kept through a rollback, made again on a new connection."""

import pytest
from django.db import connection, transaction

from core.prepared import Prepared

SUM = Prepared("SELECT %(left)s::int + %(right)s::int, %(left)s::int, %(names)s::text[]")
VALUES = {"left": 2, "right": None, "names": ["a'b", "c,d"]}


def _execute() -> object:
    with connection.cursor() as cursor:
        SUM.execute(cursor, VALUES)
        return cursor.fetchone()


def _known() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%$1::int + $2::int%%'")
        (found,) = cursor.fetchone()
        return int(found)


@pytest.mark.django_db(transaction=True)
def test_it_is_prepared_once_a_connection() -> None:
    connection.close()
    with transaction.atomic():
        assert _execute() == (None, 2, ["a'b", "c,d"])
        transaction.set_rollback(True)
    assert _execute() == (None, 2, ["a'b", "c,d"])
    assert _known() == 1
    connection.close()
    assert _execute() == (None, 2, ["a'b", "c,d"])
    assert _known() == 1
