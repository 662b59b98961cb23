"""An embedded Valkey: the broker, append-only so that queued messages survive a crash."""

import signal
import socket
import time
from pathlib import Path
from urllib.parse import quote

from p2pcrm.runner import processes
from p2pcrm.runner.binaries import find_valkey
from p2pcrm.runner.children import Child, read_tail
from p2pcrm.runner.errors import RunnerError

START_SECONDS = 60


class ValkeyServer:
    """One Valkey with its data in `directory`, reached by password on 127.0.0.1 only."""

    name = "valkey"

    def __init__(self, directory: Path, *, port: int, password: str, log: Path) -> None:
        self.directory, self.port, self.password, self.log = directory, port, password, log
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start the server without waiting for it."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.stop_leftover()
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "databases": 32,
            "daemonize": "no",
        }
        program = find_valkey()
        self.child = Child(
            # Settings come through standard input: the command line would show the password to everybody.
            [program, "-"],
            log=self.log,
            directory=self.directory,
            environment={"PATH": "/usr/bin:/bin", "LANG": "C"},
            stop_seconds=20,
            stdin_text="".join(f"{name} {value}\n" for name, value in settings.items()),
        )

    def wait_ready(self) -> None:
        """Wait until the server answers, having read its append-only file."""
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.child is None or not self.child.is_alive():
                raise RunnerError(f"Valkey did not start. {self.log} says:\n{read_tail(self.log)}")
            if time.monotonic() > deadline:
                raise RunnerError(f"Valkey did not answer within {START_SECONDS} s; see {self.log}.")
            time.sleep(0.05)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def stop_leftover(self) -> bool:
        """Stop a server that a killed runner left on this data directory; False when there was none."""
        program = Path(find_valkey()).resolve().name
        pids = processes.list_running_in(self.directory, program)
        for pid in pids:
            processes.stop_leftover(pid, self.directory, program, signal.SIGTERM)
        if not processes.wait_until_gone(self.directory, program, seconds=20):
            raise RunnerError(f"An earlier Valkey still works in {self.directory}.")
        return bool(pids)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\n") < 2 and (part := connection.recv(1024)):
                    answer += part
        except OSError:
            return False
        return b"+PONG" in answer
