"""Find out whose a process is before anybody signals it."""

import os
import signal
import time
from pathlib import Path

_PROC = Path("/proc")


def exists(pid: int) -> bool:
    """Tell whether any process has this pid."""
    return (_PROC / str(pid)).exists()


def is_running_in(pid: int, directory: Path, program: str) -> bool:
    """Tell whether `pid` is a living `program` that works in `directory`.

    A pid alone proves nothing: after a crash or in a new container it belongs to a stranger. A zombie does not count.
    """
    entry = _PROC / str(pid)
    try:
        state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        name = os.path.basename(os.readlink(entry / "exe")).removesuffix(" (deleted)")
        return state != "Z" and name == program and os.path.samestat(os.stat(entry / "cwd"), directory.stat())
    except (OSError, IndexError):
        return False


def list_running_in(directory: Path, program: str) -> list[int]:
    """Return the pids of every living `program` that works in `directory`."""
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return sorted(pid for pid in pids if is_running_in(pid, directory, program))


def stop_leftover(pid: int, directory: Path, program: str, number: signal.Signals) -> None:
    """Ask a server that an earlier runner left behind to stop. Strangers are never signalled."""
    if is_running_in(pid, directory, program):
        os.kill(pid, number)


def wait_until_gone(directory: Path, program: str, seconds: float) -> bool:
    """Wait until no `program` works in `directory` any more; False when the time ran out."""
    deadline = time.monotonic() + seconds
    while list_running_in(directory, program):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
