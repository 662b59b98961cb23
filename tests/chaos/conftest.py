"""Servers, a sandbox and processes of their own: these tests kill, freeze and restart all of them."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from p2pcrm.runner.binaries import find_postgres
from p2pcrm.runner.home import choose_free_port
from p2pcrm.runner.postgres import SUPERUSER, PostgresPasswords, PostgresServer
from tests.chaos.stage import TEMPLATE, Stage, build_stage, point_at

PASSWORDS = PostgresPasswords(superuser="super-secret", owner="owner-secret")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL that keeps what it acknowledged, with a migrated template database."""
    home = tmp_path_factory.mktemp("chaos")
    server = PostgresServer(home / "postgres", port=choose_free_port(), passwords=PASSWORDS, log=home / "postgres.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(postgres: PostgresServer, django_db_setup: None, django_db_blocker: Any) -> str:
    """A database to copy: the tables of the tests' own, which a dump carries over far quicker than every migration."""
    with django_db_blocker.unblock(), point_at(postgres, "p2pcrm"), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {TEMPLATE}")
        cursor.execute(f"ALTER DATABASE {TEMPLATE} SET synchronous_commit = off")
    ours, binaries = connection.settings_dict, find_postgres()
    source = {
        "PGHOST": ours["HOST"],
        "PGPORT": str(ours["PORT"]),
        "PGUSER": ours["USER"],
        "PGPASSWORD": ours["PASSWORD"],
    }
    target = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres.port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": PASSWORDS.superuser,
    }
    dump = subprocess.run(
        [binaries.path("pg_dump"), ours["NAME"]], env=os.environ | source, stdout=subprocess.PIPE, check=True
    )
    load = [binaries.path("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", TEMPLATE]
    subprocess.run(load, env=os.environ | target, input=dump.stdout, stdout=subprocess.DEVNULL, check=True)
    return TEMPLATE


@pytest.fixture
def make_stage(
    postgres: PostgresServer, template: str, tmp_path: Path, settings: Any, django_db_blocker: Any
) -> Iterator[Callable[..., Stage]]:
    """Return a maker of stages; what they started is gone at the end."""
    stages: list[Stage] = []
    with django_db_blocker.unblock():

        def make() -> Stage:
            stage = build_stage(postgres, template, tmp_path, settings)
            stages.append(stage)
            return stage

        try:
            yield make
        finally:
            for stage in stages:
                stage.close()


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """A world that begins today, in a database of its own."""
    return make_stage()
