"""`doctor`: say what this machine and this copy have, and what is missing."""

import os
import platform
import shutil
import sys
from collections.abc import Callable

from p2pcrm.runner import browser
from p2pcrm.runner.binaries import find_postgres, find_valkey
from p2pcrm.runner.console import Console
from p2pcrm.runner.errors import RunnerError
from p2pcrm.runner.home import Home
from p2pcrm.runner.packages import ENVIRONMENT, FRONTEND


def print_findings(home: Home, console: Console) -> int:
    """Print one line a finding; return 1 when something needed is missing."""
    pid = home.running_pid()
    findings: list[tuple[str, Callable[[], str]]] = [
        ("System", lambda: f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, user {os.geteuid()}"),
        ("Python", lambda: sys.version.split()[0]),
        ("Environment", lambda: _existing(ENVIRONMENT / "bin" / "python")),
        ("PostgreSQL", _describe_postgres),
        ("Valkey", lambda: "REDIS_URL" if os.environ.get("REDIS_URL") else find_valkey()),
        ("Node", lambda: shutil.which("node") or "from the wheel, when the front end has to be built"),
        ("Front end", lambda: _existing(FRONTEND / "dist")),
        ("Chromium", lambda: browser.find_chromium() or f"missing (tests only). {browser.HOW_TO_GET}"),
        ("Home", lambda: str(home.directory)),
        ("Free space", lambda: f"{shutil.disk_usage(home.directory).free // 1_000_000_000} GB"),
        ("Running", lambda: f"yes, process {pid}" if pid else "no"),
    ]
    is_complete = True
    for name, find in findings:
        try:
            console.say(f"{name:12} {find()}")
        except RunnerError as error:
            is_complete = False
            console.say(f"{name:12} MISSING: {error}")
    return 0 if is_complete else 1


def _describe_postgres() -> str:
    if os.environ.get("DATABASE_URL"):
        return "DATABASE_URL"
    found = find_postgres()
    return f"{found.major} in {found.directory}"


def _existing(path: os.PathLike[str]) -> str:
    return str(path) if os.path.exists(path) else "not made yet; `make run` or `make test` makes it"
