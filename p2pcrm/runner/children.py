"""One child process: started in a session of its own, dying with its parent, stopped with all its descendants."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from p2pcrm.runner.account import Account, popen_identity

KEPT_LOG_BYTES = 20_000_000
_PR_SET_PDEATHSIG = 1


class Child:
    """A program that runs until it is stopped.

    `stop_signal` asks politely; after `stop_seconds` the signals of `then_signals` follow with a second between.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        directory: Path,
        environment: Mapping[str, str],
        account: Account | None = None,
        stop_signal: int = signal.SIGTERM,
        stop_seconds: float = 10.0,
        then_signals: Sequence[int] = (signal.SIGKILL,),
        stdin_text: str = "",
    ) -> None:
        self.stop_signal, self.stop_seconds, self.then_signals = stop_signal, stop_seconds, then_signals
        rotate_log(log)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(command),
                cwd=directory,
                env=dict(environment),
                stdin=subprocess.PIPE if stdin_text else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(stop_signal),
                **popen_identity(account),
            )
        if stdin_text and self._process.stdin is not None:
            # A program that is already gone says why by its exit code and its log.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(stdin_text.encode())
                self._process.stdin.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    def is_alive(self) -> bool:
        """Tell whether the program runs; the first call after its death also ends its orphaned descendants."""
        if self._process.returncode is not None:
            return False
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return True
        # Before the pid is given back it cannot name a stranger's process group.
        self._signal_group(signal.SIGKILL)
        self._process.wait()
        return False

    def stop(self) -> None:
        """Stop the program and everything it started."""
        self.request_stop()
        self.wait_stopped()

    def request_stop(self) -> None:
        if self.is_alive():
            self._process.send_signal(self.stop_signal)

    def wait_stopped(self) -> None:
        if self._died_within(self.stop_seconds):
            return
        for number in self.then_signals:
            self._process.send_signal(number)
            if self._died_within(1.0 if number != signal.SIGKILL else 10.0):
                return

    def _died_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def rotate_log(log: Path) -> None:
    """Move a log of more than 20 MB aside, so that one old generation is kept."""
    if log.exists() and log.stat().st_size > KEPT_LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))


def read_tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log for an error message."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def die_with_parent(number: int) -> "DeathSignal | None":
    # The kernel ties the signal to the thread that forked, so only the main thread may ask for it.
    if not sys.platform.startswith("linux") or threading.current_thread() is not threading.main_thread():
        return None
    return DeathSignal(number)


class DeathSignal:
    """Runs in the child before its program: a runner that is killed outright leaves nothing behind."""

    def __init__(self, number: int) -> None:
        self.number, self.parent = number, os.getpid()
        self.prctl = ctypes.CDLL(None).prctl

    def __call__(self) -> None:
        self.prctl(_PR_SET_PDEATHSIG, self.number)
        if os.getppid() != self.parent:
            os._exit(1)
