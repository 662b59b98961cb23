"""Children die with all they started, are restarted with growing pauses, and stop in time."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from p2pcrm.runner.children import KEPT_LOG_BYTES, Child, read_tail, rotate_log
from p2pcrm.runner.console import Console
from p2pcrm.runner.processes import exists
from p2pcrm.runner.supervisor import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, STEADY_SECONDS, Program, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print(child.pid, flush=True); time.sleep(600)",
]


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def supervisor(clock: FakeClock) -> Iterator[Supervisor]:
    made = Supervisor(Console(0), clock)
    yield made
    made.stop()


def _program(tmp_path: Path, command: list[str], name: str = "program") -> Program:
    return Program(name, command, tmp_path / f"{name}.log", tmp_path, {"PATH": os.environ["PATH"]}, stop_seconds=1.0)


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _kill(program: Program) -> None:
    child = program.child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    _wait(lambda: not child.is_alive())


def test_what_dies_is_started_again_after_growing_pauses(
    supervisor: Supervisor, clock: FakeClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = _program(tmp_path, SLEEP)
    supervisor.add(program)
    pause = FIRST_PAUSE_SECONDS
    for _ in range(8):
        first = program.child
        _kill(program)
        supervisor.look()
        clock.seconds += pause * 0.9
        supervisor.look()
        assert program.child is first
        clock.seconds += pause * 0.2
        supervisor.look()
        assert program.child is not first
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
    assert "was killed by signal 9; starting it again in 0.5 s" in capsys.readouterr().err


def test_the_pauses_start_anew_after_a_steady_time(supervisor: Supervisor, clock: FakeClock, tmp_path: Path) -> None:
    program = _program(tmp_path, SLEEP)
    supervisor.add(program)
    for _ in range(5):
        _kill(program)
        supervisor.look()
        clock.seconds += LONGEST_PAUSE_SECONDS
        supervisor.look()
    clock.seconds += STEADY_SECONDS + 1
    _kill(program)
    supervisor.look()
    first = program.child
    clock.seconds += FIRST_PAUSE_SECONDS
    supervisor.look()
    assert program.child is not first


def test_a_program_that_cannot_be_started_again_does_not_end_the_others(
    supervisor: Supervisor, clock: FakeClock, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\nexec sleep 600\n")
    script.chmod(0o755)
    program, other = _program(tmp_path, [str(script)]), _program(tmp_path, SLEEP, "other")
    supervisor.add(program)
    supervisor.add(other)
    script.unlink()
    _kill(program)
    for _ in range(6):
        supervisor.look()
        clock.seconds += LONGEST_PAUSE_SECONDS
    script.write_text("#!/bin/sh\nexec sleep 600\n")
    script.chmod(0o755)
    for _ in range(2):
        supervisor.look()
        clock.seconds += LONGEST_PAUSE_SECONDS
    assert program.child is not None
    assert program.child.is_alive()
    assert other.child is not None
    assert other.child.is_alive()


def test_a_deaf_program_is_killed_in_time(tmp_path: Path) -> None:
    program = _program(tmp_path, STUBBORN)
    program.launch()
    child = program.child
    assert child is not None
    _wait(lambda: "deaf" in read_tail(program.log))
    begun_at = time.monotonic()
    child.stop()
    assert not child.is_alive()
    assert child.exit_code == -signal.SIGKILL
    assert time.monotonic() - begun_at < 4


def test_descendants_end_with_a_killed_program(tmp_path: Path) -> None:
    program = _program(tmp_path, PARENT)
    program.launch()
    _wait(lambda: read_tail(program.log).strip().isdigit())
    descendant = int(read_tail(program.log))
    assert exists(descendant)
    _kill(program)
    _wait(lambda: not _is_alive(descendant))


def test_all_programs_are_asked_at_once_and_servers_afterwards(supervisor: Supervisor, tmp_path: Path) -> None:
    programs = [_program(tmp_path, STUBBORN, f"deaf{number}") for number in range(3)]
    for program in programs:
        supervisor.add(program)
    for program in programs:
        _wait(lambda log=program.log: "deaf" in read_tail(log))  # type: ignore[misc]
    begun_at = time.monotonic()
    supervisor.stop()
    assert all(program.child is not None and not program.child.is_alive() for program in programs)
    assert time.monotonic() - begun_at < 6


def test_a_child_of_a_thread_outlives_the_thread(tmp_path: Path) -> None:
    import threading

    made: list[Child] = []

    def make() -> None:
        program = _program(tmp_path, SLEEP)
        program.launch()
        assert program.child is not None
        made.append(program.child)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    time.sleep(0.3)
    assert made[0].is_alive()
    made[0].stop()


def test_a_long_log_is_moved_aside(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (KEPT_LOG_BYTES + 1))
    rotate_log(log)
    assert not log.exists()
    assert (tmp_path / "web.log.1").stat().st_size == KEPT_LOG_BYTES + 1
    rotate_log(log)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
