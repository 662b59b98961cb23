"""Ports, secrets and the lock of one copy."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from p2pcrm.runner.errors import RunnerError
from p2pcrm.runner.home import PORT_RANGE, Home


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = Home(tmp_path / "home").secrets()
    assert Home(tmp_path / "home").secrets() == first
    assert len(set(first.values())) == len(first)
    assert (tmp_path / "home" / "secrets.env").stat().st_mode & 0o077 == 0
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0
    assert Home(tmp_path / "other").secrets() != first


def test_a_secret_added_by_a_later_version_leaves_the_others(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = home.secrets()
    path = home.path("secrets.env")
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "SECRET_KEY" not in line))
    second = home.secrets()
    assert second["SECRET_KEY"] != first["SECRET_KEY"]
    assert second | {"SECRET_KEY": first["SECRET_KEY"]} == first


def test_ports_are_remembered_and_replaced_when_taken(tmp_path: Path) -> None:
    home = Home(tmp_path)
    port = home.port("postgres")
    assert port in PORT_RANGE
    assert Home(tmp_path).port("postgres") == port
    assert home.port("valkey") != port
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        assert home.port("postgres") != port


def test_who_asks_beside_a_running_copy_learns_its_ports(tmp_path: Path) -> None:
    program = f"""
import socket, time
from pathlib import Path
from p2pcrm.runner.home import Home
home = Home(Path({str(tmp_path)!r}))
with home.lock(), socket.socket() as server:
    port = home.port("sandbox")
    server.bind(("127.0.0.1", port))
    server.listen()
    print(port, flush=True)
    time.sleep(600)
"""
    running = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    port = int(running.stdout.readline())
    assert Home(tmp_path).port("sandbox") == port
    running.kill()
    running.wait()
    assert Home(tmp_path).port("sandbox") == port


def test_a_second_runner_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    program = f"""
import time
from pathlib import Path
from p2pcrm.runner.home import Home
with Home(Path({str(tmp_path)!r})).lock():
    print("locked", flush=True)
    time.sleep(600)
"""
    first = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "locked\n"
    home = Home(tmp_path)
    assert home.running_pid() == first.pid
    with pytest.raises(RunnerError, match=f"already running .process {first.pid}"), home.lock():
        pass
    first.kill()
    first.wait()
    assert home.running_pid() is None
    with home.lock():
        assert home.path("runner.lock").read_text() == str(os.getpid())


def test_somebody_elses_home_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(RunnerError, match="belongs to user number"):
        Home(tmp_path)
    assert not (tmp_path / "log").exists()
