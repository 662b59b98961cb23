"""A database and an outside world of its own for one replay, so that it never meets real or demo customers."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
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


class RunFailed(Exception):
    """A command that ran apart ended with an error."""

    def __init__(self, command: str, returncode: int) -> None:
        self.returncode = returncode
        super().__init__(f"{command} ended with {returncode}")


def run_apart(command_line: Sequence[str], database: str, *more: str, is_kept: bool, is_read: bool = False) -> str:
    """Prepare a database and a sandbox and run the same command in there with `--here`; return what it said if read.

    Raises RunFailed. Asked to stop, it still takes sandbox and database away.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    said = ""
    with own_sandbox() as (url, home), scratch_database(database, is_kept=is_kept):
        where = environment(database, url, home)
        again = [*command_line, *more, "--here"]
        for command in ([command_line[0], "migrate", "--verbosity", "0"], again):
            output = subprocess.PIPE if is_read and command is again else None
            done = subprocess.run(  # noqa: S603 - ourselves
                [sys.executable, *command], env=where, check=False, stdout=output, text=True
            )
            if done.returncode:
                raise RunFailed(command[1], done.returncode)
            said = done.stdout or said
    return said
