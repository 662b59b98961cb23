"""docs/demo.md says the truth: its blocks run against a real web server, a real sandbox and a delivery process."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from core import clock, seeding
from tests.fixtures.sandbox import SandboxProcess

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def _blocks() -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```", (ROOT / "docs" / "demo.md").read_text(encoding="utf-8"), re.S | re.M)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _test_database_url() -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_until_it_answers(url: str, log: Path) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the web server does not answer:\n{log.read_text()[-3000:]}")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_demo_ends_with_a_settled_loan(sandbox_process: SandboxProcess, sandbox: Any, tmp_path: Path) -> None:
    now = clock.now()
    seeding.run_seeds(business_date=now.date(), now=now)
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "p2pcrm.settings.test",
        "DATABASE_URL": _test_database_url(),
        "SANDBOX_URL": sandbox_process.url,
        "P2PCRM_SANDBOX_HOME": str(sandbox_process.home),
        "PUBLIC_URL": address,
    }
    web = [
        str(BIN / "granian"),
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--workers",
        "1",
        "p2pcrm.wsgi:application",
    ]
    script = "set -euo pipefail\n" + "\n".join(_blocks())
    with ExitStack() as stack:
        stack.enter_context(_running(web, environment, tmp_path / "web.log"))
        drain = [sys.executable, "manage.py", "drain_events"]
        stack.enter_context(_running(drain, environment, tmp_path / "drain.log"))
        _wait_until_it_answers(f"{address}/api/v1/products/", tmp_path / "web.log")
        done = subprocess.run(
            ["bash", "-c", script],
            env=environment | {"API": f"{address}/api/v1"},
            capture_output=True,
            text=True,
            timeout=180,
        )
    logs = "".join((tmp_path / name).read_text()[-4000:] for name in ("web.log", "drain.log"))
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}\n{logs}"
    assert done.stdout.strip().splitlines()[-1] == "SETTLED", done.stdout[-2000:]
