"""The command line: throw-away servers for any command, its exit code, nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from p2pcrm.runner.__main__ import STARTED_AT
from p2pcrm.runner.packages import ROOT
from p2pcrm.runner.processes import exists

USE_THE_SERVERS = """
import os, sys, psycopg2, redis
with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
    cursor.execute("select current_setting('fsync'), current_user")
    print(*cursor.fetchone())
print(redis.from_url(os.environ["REDIS_URL"]).ping(), os.environ["P2PCRM_HOME"], flush=True)
sys.exit(7)
"""
WAIT_FOREVER = "import os, time; print(os.environ['P2PCRM_HOME'], flush=True); time.sleep(600)"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A machine where the packages are installed and nobody names a server."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return kept | {STARTED_AT: str(time.time()), "TMPDIR": str(tmp_path), "P2PCRM_HOME": str(tmp_path / "home")}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "p2pcrm.runner", *arguments]


def test_exec_gives_durable_servers_and_passes_the_exit_code_on(environment: dict[str, str], tmp_path: Path) -> None:
    command = _command("exec", "--", sys.executable, "-c", USE_THE_SERVERS)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
    _started, settings, broker = done.stdout.splitlines()
    assert settings == "on p2pcrm"
    assert broker.startswith("True ")
    assert list(tmp_path.iterdir()) == []


def test_a_stop_signal_ends_the_command_the_servers_and_the_home(environment: dict[str, str], tmp_path: Path) -> None:
    command = _command("exec", "--", sys.executable, "-c", WAIT_FOREVER)
    runner = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert runner.stdout is not None
    runner.stdout.readline()
    home = Path(runner.stdout.readline().strip())
    server = int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    assert exists(server)
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(timeout=60) == 128 + signal.SIGTERM
    assert not exists(server)
    assert list(tmp_path.iterdir()) == []


def test_env_prints_what_a_shell_can_read(environment: dict[str, str], tmp_path: Path) -> None:
    environment["P2PCRM_HOME"] = str(tmp_path / "a home; with $signs")
    printed = subprocess.run(_command("env"), cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    shown = subprocess.run(
        ["/bin/sh", "-c", printed.stdout + 'printf %s "$P2PCRM_HOME|$DATABASE_URL"'], capture_output=True, text=True
    )
    home, _, url = shown.stdout.partition("|")
    assert home == environment["P2PCRM_HOME"]
    assert url.startswith("postgresql://p2pcrm:")


def test_servers_named_by_the_environment_are_used_and_not_started(environment: dict[str, str], tmp_path: Path) -> None:
    named = environment | {"DATABASE_URL": "postgresql://somewhere/else", "REDIS_URL": "redis://somewhere"}
    script = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    command = _command("exec", "--", sys.executable, "-c", script)
    done = subprocess.run(command, cwd=ROOT, env=named, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "postgresql://somewhere/else redis://somewhere"


def test_stop_says_when_nothing_runs(environment: dict[str, str]) -> None:
    done = subprocess.run(_command("stop"), cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "Nothing runs here.\n"
