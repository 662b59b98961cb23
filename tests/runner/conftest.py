"""Servers of their own, each in its own home: these tests kill and restart them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from p2pcrm.runner.home import choose_free_port
from p2pcrm.runner.postgres import PostgresPasswords, PostgresServer
from p2pcrm.runner.valkey import ValkeyServer

PASSWORDS = PostgresPasswords(superuser="super-secret", owner="owner secret/@:")

MakePostgres = Callable[..., PostgresServer]
MakeValkey = Callable[..., ValkeyServer]


@pytest.fixture
def make_postgres(tmp_path: Path) -> Iterator[MakePostgres]:
    """Return a maker of PostgreSQL servers; what it made is stopped at the end."""
    made: list[PostgresServer] = []

    def make(directory: Path | None = None, port: int | None = None) -> PostgresServer:
        directory = directory or tmp_path / "postgres"
        directory.parent.mkdir(parents=True, exist_ok=True)
        server = PostgresServer(
            directory,
            port=port or choose_free_port(),
            passwords=PASSWORDS,
            log=tmp_path / "postgres.log",
        )
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def make_valkey(tmp_path: Path) -> Iterator[MakeValkey]:
    """Return a maker of Valkey servers; what it made is stopped at the end."""
    made: list[ValkeyServer] = []

    def make(directory: Path | None = None) -> ValkeyServer:
        server = ValkeyServer(
            directory or tmp_path / "valkey",
            port=choose_free_port(),
            password="broker-secret",
            log=tmp_path / "valkey.log",
        )
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


def query(server: PostgresServer, sql: str) -> list[tuple[object, ...]]:
    """Run one statement as the product's role and commit it."""
    connection = psycopg2.connect(server.url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
