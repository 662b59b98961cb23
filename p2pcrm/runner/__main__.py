"""The command line: `python3 -m p2pcrm.runner run|test|exec|stop|env|messages|install|doctor`."""

import argparse
import os
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from p2pcrm.runner import packages
from p2pcrm.runner.console import Console
from p2pcrm.runner.errors import RunnerError
from p2pcrm.runner.home import DEFAULT_NAME, Home
from p2pcrm.runner.signals import StopRequested, raise_on_stop

RUN_PACKAGES = ("requirements.txt",)
TEST_PACKAGES = ("requirements-dev.txt",)
# Set between the two halves of a command: the first runs on the bare machine, the second in the environment.
STARTED_AT = "P2PCRM_RUNNER_STARTED_AT"


def main() -> int:
    """Run one command; return the exit code."""
    arguments = _parse()
    os.chdir(packages.ROOT)
    raise_on_stop()
    try:
        return _dispatch(arguments)
    except RunnerError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except StopRequested as stop:
        # Ctrl-C is the ordinary way to end `run`; a command that was cut off says so by its code.
        return 0 if arguments.command == "run" else 128 + stop.number


def _dispatch(arguments: argparse.Namespace) -> int:
    if sys.platform != "linux" and arguments.command in ("run", "test", "exec"):
        raise RunnerError("The embedded servers are run on Linux only. Use docker-compose.yml, or a Linux machine.")
    started_at = float(os.environ.pop(STARTED_AT, 0))
    match arguments.command:
        case "run":
            return _run(started_at)
        case "test" | "exec":
            return _try(arguments, started_at)
        case "install":
            _prepare(TEST_PACKAGES, Console(2))
        case "stop":
            _stop()
        case "env":
            _print_environment()
        case "messages":
            return _handle_messages(is_check=arguments.check, is_collection=arguments.collect)
        case "doctor":
            from p2pcrm.runner.doctor import print_findings

            return print_findings(_open_home(), Console(0))
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m p2pcrm.runner", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything; variables PORT, HOST, P2PCRM_HOME, DATABASE_URL, REDIS_URL")
    test = commands.add_parser("test", help="run the test suite on throw-away servers")
    test.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to pytest")
    execute = commands.add_parser("exec", help="run a command on throw-away durable servers")
    execute.add_argument("arguments", nargs=argparse.REMAINDER)
    commands.add_parser("stop", help="stop the running copy of this P2PCRM_HOME")
    commands.add_parser("env", help='print the variables of this copy for a shell: eval "$(... env)"')
    commands.add_parser("install", help="bring the environment and the front end up to date")
    messages = commands.add_parser("messages", help="compile the translations")
    messages.add_argument("--check", action="store_true", help="fail on missing ones")
    messages.add_argument("--collect", action="store_true", help="bring the catalogues up to the sources first")
    commands.add_parser("doctor", help="say what is here and what is missing")
    return parser.parse_args()


def _run(started_at: float) -> int:
    home = _open_home()
    if not started_at:
        _prepare_and_continue(RUN_PACKAGES, _run_steps())
    from p2pcrm.runner.product import Product

    console = Console(_run_steps(), started_at)
    console.number = 2
    with home.lock():
        Product(home, console, os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT") or 8000)).run()
    return 0


def _run_steps() -> int:
    from p2pcrm.runner.product import STEPS

    return STEPS


def _try(arguments: argparse.Namespace, started_at: float) -> int:
    if not started_at:
        _prepare_and_continue(TEST_PACKAGES, steps=2)
    from p2pcrm.runner import trial

    passed_on = arguments.arguments[1:] if arguments.arguments[:1] == ["--"] else arguments.arguments
    console = Console(0, started_at)
    if arguments.command == "test":
        return trial.run_tests(passed_on, console)
    return trial.run_with_servers(passed_on, console)


def _prepare_and_continue(requirements: tuple[str, ...], steps: int) -> NoReturn:
    started_at = time.time()
    _prepare(requirements, Console(steps, started_at))
    environment = os.environ | {STARTED_AT: str(started_at)}
    os.execve(packages.PYTHON, [str(packages.PYTHON), "-m", "p2pcrm.runner", *sys.argv[1:]], environment)


def _prepare(requirements: tuple[str, ...], console: Console) -> None:
    log = packages.ROOT / DEFAULT_NAME / "install.log"
    log.parent.mkdir(exist_ok=True, mode=0o700)
    with console.step("Python packages"):
        packages.ensure_packages(requirements, log)
    with console.step("Front end"):
        packages.ensure_frontend(log)


def _stop() -> None:
    home = _open_home()
    pid = home.running_pid()
    if pid is None:
        print("Nothing runs here.")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 90
    while home.running_pid() is not None:
        if time.monotonic() > deadline:
            raise RunnerError(f"Process {pid} does not stop.")
        time.sleep(0.1)
    print("Stopped.")


def _print_environment() -> None:
    from p2pcrm.runner.servers import describe_environment, describe_servers

    home = _open_home()
    for name, value in describe_environment(home, describe_servers(home, os.environ)).items():
        print(f"export {name}={shlex.quote(value)}")


def _handle_messages(*, is_check: bool, is_collection: bool) -> int:
    from p2pcrm.runner import messages

    if is_collection:
        messages.collect_messages()
    if not is_check:
        messages.compile_messages()
        return 0
    problems = messages.list_problems()
    print("\n".join(problems) or "All messages are translated.")
    return 1 if problems else 0


def _open_home() -> Home:
    return Home(Path(os.environ.get("P2PCRM_HOME") or packages.ROOT / DEFAULT_NAME))


if __name__ == "__main__":
    sys.exit(main())
