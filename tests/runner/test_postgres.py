"""The embedded PostgreSQL: started, restarted, killed, beside others, below closed directories, with false traces."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from p2pcrm.runner import processes
from p2pcrm.runner.errors import RunnerError
from p2pcrm.runner.postgres import PostgresServer
from tests.runner.conftest import PASSWORDS, MakePostgres, query


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with any server."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def test_restart_keeps_the_data(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    server.start()
    query(server, "create table kept as select generate_series(1, 1000) as n")
    server.stop()
    server.start()
    assert query(server, "select count(*) from kept") == [(1000,)]


def test_chinese_and_accents_work_whatever_the_locale(
    make_postgres: MakePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    server = make_postgres()
    server.start()
    query(server, "create extension pg_trgm")
    assert query(server, "select lower('É'), cardinality(show_trgm('张伟')) > 0") == [("é", True)]


def test_the_password_is_asked_for_and_only_the_own_machine_is_served(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    server.start()
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(host="127.0.0.1", port=server.port, user="postgres", password="guess", dbname="p2pcrm")
    assert query(server, "select current_setting('listen_addresses'), current_setting('fsync')") == [
        ("127.0.0.1", "on")
    ]
    assert query(server, "select rolsuper, rolcreatedb from pg_roles where rolname = current_user") == [(False, True)]


def test_data_survive_a_killed_postmaster(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    server.start()
    query(server, "create table kept as select generate_series(1, 100000) as n")
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    while server.child.is_alive():
        time.sleep(0.01)
    server.start()
    assert query(server, "select count(*), sum(n) from kept") == [(100000, 5000050000)]


def test_the_stale_pid_of_a_stranger_is_not_signalled(
    make_postgres: MakePostgres, stranger: subprocess.Popen[bytes]
) -> None:
    server = make_postgres()
    server.start()
    query(server, "create table kept as select 1 as n")
    assert server.child is not None
    pid_file = server.data / "postmaster.pid"
    recorded = pid_file.read_text()
    server.stop()
    pid_file.write_text(recorded.replace(str(server.child.pid), str(stranger.pid), 1))
    pid_file.chmod(0o600)

    assert not server.stop_leftover()
    server.start()
    assert query(server, "select n from kept") == [(1,)]
    server.stop()
    assert stranger.poll() is None


def test_a_server_left_behind_is_stopped_and_replaced(make_postgres: MakePostgres) -> None:
    first = make_postgres()
    first.start()
    query(first, "create table kept as select 1 as n")
    assert first.child is not None
    left_behind = first.child.pid
    # Another runner on the same directory, as after a kill -9 of the first one.
    second = make_postgres(first.directory, first.port)
    second.start()
    assert second.child is not None
    assert not processes.is_running_in(left_behind, first.data, "postgres")
    assert processes.is_running_in(second.child.pid, second.data, "postgres")
    assert query(second, "select n from kept") == [(1,)]


def test_two_copies_run_side_by_side_in_paths_with_spaces(make_postgres: MakePostgres, tmp_path: Path) -> None:
    servers = [make_postgres(tmp_path / f"copy {number} (旧)" / "postgres") for number in (1, 2)]
    for number, server in enumerate(servers):
        server.start()
        query(server, f"create table mine as select {number} as n")
    assert [query(server, "select n from mine") for server in servers] == [[(0,)], [(1,)]]


def test_an_interrupted_initdb_is_done_again(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    (server.directory / "data.new" / "base").mkdir(parents=True)
    server.start()
    assert query(server, "select 1") == [(1,)]


def test_data_of_another_version_are_refused_untouched(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("13\n")
    before = sorted(path.name for path in server.data.iterdir())
    with pytest.raises(RunnerError, match="made by PostgreSQL 13"):
        server.start()
    assert sorted(path.name for path in server.data.iterdir()) == before


def test_a_taken_port_is_reported_with_the_log(make_postgres: MakePostgres, tmp_path: Path) -> None:
    first = make_postgres()
    first.start()
    with pytest.raises(RunnerError, match="Address already in use"):
        make_postgres(tmp_path / "other", first.port).start()


def test_closed_parent_directories_stay_closed(make_postgres: MakePostgres, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = make_postgres(closed / "inner" / "postgres")
    modes = {path: (path.stat().st_mode, path.stat().st_uid) for path in [closed, *closed.parents]}
    server.start()
    query(server, "create table kept as select 1 as n")
    assert {path: (path.stat().st_mode, path.stat().st_uid) for path in modes} == modes
    assert _user_of(server) != 0
    server.stop()
    server.start()
    assert query(server, "select n from kept") == [(1,)]


def test_the_server_dies_with_its_runner(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    program = f"""
import time
from pathlib import Path
from p2pcrm.runner.home import choose_free_port
from p2pcrm.runner.postgres import PostgresPasswords, PostgresServer
server = PostgresServer(Path({str(tmp_path / "postgres")!r}), port=choose_free_port(),
    passwords=PostgresPasswords({PASSWORDS.superuser!r}, {PASSWORDS.owner!r}), log=Path({str(log)!r}))
server.start()
print("started", flush=True)
time.sleep(600)
"""
    runner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert runner.stdout is not None
    assert runner.stdout.readline() == "started\n"
    data = tmp_path / "postgres" / "data"
    assert processes.list_running_in(data, "postgres")
    runner.kill()
    runner.wait()
    assert processes.wait_until_gone(data, "postgres", seconds=20)
    assert "database system is shut down" in log.read_text()


def _user_of(server: PostgresServer) -> int:
    assert server.child is not None
    return Path(f"/proc/{server.child.pid}").stat().st_uid
