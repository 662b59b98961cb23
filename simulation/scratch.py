"""A database and an outside world of its own for one replay, so that it never meets real or demo customers."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from core.errors import BusinessError

_READY = "sandbox ready on "


class SandboxSilent(BusinessError):
    """The sandbox process ended before it was ready."""

    code = "sandbox_silent"


@contextmanager
def scratch_database(name: str, *, is_kept: bool) -> Iterator[str]:
    """Create an empty database on the server of the settings and yield its name; an older one of the name goes.

    What it holds can be made again, so its commits do not wait for the disk.
    """
    quoted = connection.ops.quote_name(name)
    _on_server(
        f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)",
        f"CREATE DATABASE {quoted}",
        f"ALTER DATABASE {quoted} SET synchronous_commit = off",
    )
    try:
        yield name
    finally:
        if not is_kept:
            _on_server(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")


def _on_server(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def own_sandbox() -> Iterator[tuple[str, str]]:
    """Start a sandbox process with new keys on a free port; yield its address and its home."""
    with tempfile.TemporaryDirectory(prefix="p2pcrm-replay-") as home:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "integrations.sandbox", "--home", home, "--port", "0"],
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith(_READY):
                raise SandboxSilent
            yield line.removeprefix(_READY).strip(), home
        finally:
            process.terminate()
            process.wait(timeout=15)


def environment(database: str, sandbox_url: str, sandbox_home: str) -> dict[str, str]:
    """Return the environment of a process that works in the scratch database against the own sandbox."""
    return {
        **os.environ,
        "DATABASE_URL": _database_url(database),
        "SANDBOX_URL": sandbox_url,
        "P2PCRM_SANDBOX_HOME": sandbox_home,
        "P2PCRM_HOME": str(Path(sandbox_home) / "home"),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }


def _database_url(database: str) -> str:
    """Return the configured address with another database name."""
    configured = os.environ.get("DATABASE_URL", "postgresql://p2pcrm@127.0.0.1:5432/p2pcrm")
    return urlunsplit(urlsplit(configured)._replace(path=f"/{database}"))
