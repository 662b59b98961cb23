"""`test`, `bench` and `exec`: run a command against servers in a home that is thrown away afterwards."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from p2pcrm.runner import browser
from p2pcrm.runner.children import die_with_parent
from p2pcrm.runner.console import Console
from p2pcrm.runner.errors import RunnerError
from p2pcrm.runner.home import Home
from p2pcrm.runner.messages import compile_messages
from p2pcrm.runner.packages import PYTHON, ROOT
from p2pcrm.runner.servers import describe_environment, describe_servers

WITHOUT_BROWSER = ["-m", "not browser"]


def run_tests(arguments: Sequence[str], console: Console) -> int:
    """Run pytest on all cores against volatile servers; return its exit code."""
    compile_messages()
    chromium = provide_chromium(console)
    # One process more than cores: some tests wait for servers that they kill or freeze. The order is the collection's own.
    options = ["-n", str((os.cpu_count() or 2) + 1), "--dist", "loadfile", "--no-loadscope-reorder"]
    variables: dict[str, str] = {browser.VARIABLE: chromium} if chromium else {}
    if chromium is None:
        options += WITHOUT_BROWSER
    with temporary_servers(console, is_for_tests=True) as environment:
        with compiling_tests(environment):
            variables |= make_template(environment)
        code = run_in_front([str(PYTHON), "-m", "pytest", *options, *arguments], environment | variables)
    if chromium is None:
        console.warn(f"The browser tests did not run. {browser.HOW_TO_GET}")
    return code


@contextmanager
def compiling_tests(environment: Mapping[str, str]) -> Iterator[None]:
    """Let one process compile the tests on a new checkout while something else goes on: or each process compiles all."""
    if next((ROOT / "tests").glob("__pycache__/*-pytest-*.pyc"), None):
        yield
        return
    collect = [str(PYTHON), "-m", "pytest", "--collect-only", "-q"]
    process = subprocess.Popen(
        collect, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent(signal.SIGTERM)
    )
    try:
        yield
    finally:
        process.wait()


def make_template(environment: Mapping[str, str]) -> dict[str, str]:
    """Make the tables once, in a database that the processes of the tests copy; nothing where the server is not ours."""
    if os.environ.get("DATABASE_URL"):
        return {}
    migrate = [str(PYTHON), "manage.py", "migrate", "--verbosity", "0"]
    if run_in_front(migrate, {**environment, "DJANGO_SETTINGS_MODULE": "p2pcrm.settings.test"}):
        return {}
    return {"P2PCRM_TEST_TEMPLATE": environment["DATABASE_URL"].rpartition("/")[2]}


def run_with_servers(command: Sequence[str], console: Console) -> int:
    """Run any command against durable servers, such as a benchmark; return its exit code."""
    with temporary_servers(console, is_for_tests=False) as environment:
        return run_in_front(command, environment)


def provide_chromium(console: Console) -> str | None:
    """Return a Chromium's path, or None where there is none. Under CI=true a missing one is an error."""
    found = browser.find_chromium()
    if found is None:
        with tempfile.NamedTemporaryFile(prefix="p2pcrm-apt-", suffix=".log") as log:
            console.say("No Chromium is here; trying Debian's package ...")
            found = browser.install_chromium(Path(log.name))
    if found is None and os.environ.get("CI", "").lower() == "true":
        raise RunnerError(browser.HOW_TO_GET)
    return found


@contextmanager
def temporary_servers(console: Console, *, is_for_tests: bool) -> Iterator[dict[str, str]]:
    """Start PostgreSQL and Valkey in a new home; yield the environment that names them; remove everything."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="p2pcrm-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        home = Home(directory / "home")
        servers = describe_servers(home, os.environ, is_volatile=is_for_tests, is_for_tests=is_for_tests)
        for server in servers.started_by_us():
            stack.callback(server.stop)
            server.start()
        console.say(f"PostgreSQL and Valkey answer ({console.elapsed_seconds():.0f} s).")
        yield os.environ | describe_environment(home, servers)


def run_in_front(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command on this terminal and pass a request to stop on to it."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment, preexec_fn=die_with_parent(signal.SIGTERM))
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
    finally:
        sys.stdout.flush()
