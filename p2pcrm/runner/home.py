"""The data directory of one copy of the product: ports, secrets, lock."""

import base64
import fcntl
import json
import os
import random
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from p2pcrm.runner.errors import RunnerError

DEFAULT_NAME = ".p2pcrm"
# Below the range from which the kernel takes ports for outgoing connections.
PORT_RANGE = range(20_000, 30_000)


class Home:
    """Everything of one copy that outlives a run lies below `directory`, readable by its owner only."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = self.directory.stat().st_uid
        if owner != os.geteuid():
            raise RunnerError(
                f"{self.directory} belongs to user number {owner}. Run as that user, or set P2PCRM_HOME elsewhere."
            )
        for name in ("log", "media", "static", "sandbox"):
            self.path(name).mkdir(exist_ok=True, mode=0o700)

    def path(self, name: str) -> Path:
        return self.directory / name

    def log(self, name: str) -> Path:
        return self.path("log") / f"{name}.log"

    def port(self, name: str) -> int:
        """Return the port remembered for a server, or choose and remember a free one.

        A remembered port that somebody else took meanwhile is replaced. Wait a moment first: a server of the last run
        may be giving it up right now. While another process runs this copy, its server is who holds the port.
        """
        ports = self._read_ports()
        remembered = ports.get(name)
        if remembered is not None and (
            self.running_pid() not in (None, os.getpid()) or wait_until_free("127.0.0.1", remembered, seconds=3)
        ):
            return remembered
        ports[name] = choose_free_port(taken=set(ports.values()))
        _write_private(self.path("ports.json"), json.dumps(ports, indent=1) + "\n")
        return ports[name]

    def secrets(self) -> dict[str, str]:
        """Return this copy's generated secrets, making the missing ones."""
        path = self.path("secrets.env")
        lines = path.read_text().splitlines() if path.exists() else []
        values = dict(line.split("=", 1) for line in lines if "=" in line)
        generated = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "P2PCRM_FIELD_KEYS": f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "P2PCRM_BLIND_INDEX_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "POSTGRES_SUPERUSER_PASSWORD": secrets.token_hex(16),
            "POSTGRES_PASSWORD": secrets.token_hex(16),
            "VALKEY_PASSWORD": secrets.token_hex(16),
        }
        missing = {name: value for name, value in generated.items() if not values.get(name)}
        if missing:
            values |= missing
            _write_private(path, "".join(f"{name}={value}\n" for name, value in values.items()))
        return values

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold this copy for one runner; the kernel frees it however the runner ends."""
        with self.path("runner.lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise RunnerError(
                    f"This copy is already running (process {self.running_pid() or 'unknown'}). "
                    "Stop it with `make stop`, or set P2PCRM_HOME and PORT for a second copy."
                ) from None
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield
            handle.truncate(0)

    def running_pid(self) -> int | None:
        """Return the pid of the runner that holds this copy, or None when nobody does."""
        path = self.path("runner.lock")
        if not path.exists():
            return None
        with path.open("r+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                text = handle.read().strip()
                return int(text) if text.isdigit() else None
        return None

    def _read_ports(self) -> dict[str, int]:
        path = self.path("ports.json")
        return json.loads(path.read_text()) if path.exists() else {}


def is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do: connections of the last run that still drain do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def wait_until_free(host: str, port: int, seconds: float) -> bool:
    """Wait until a port is free; False when the time ran out."""
    deadline = time.monotonic() + seconds
    while not is_free(host, port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def choose_free_port(taken: set[int] = frozenset()) -> int:  # type: ignore[assignment]
    """Return a free port that is not among `taken`."""
    for port in random.SystemRandom().sample(PORT_RANGE, 200):
        if port not in taken and is_free("127.0.0.1", port):
            return port
    raise RunnerError("No free port between 20000 and 30000.")


def _write_private(path: Path, text: str) -> None:
    # Written aside and renamed, so that a crash leaves the old file or the new one.
    aside = path.with_name(path.name + ".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)
