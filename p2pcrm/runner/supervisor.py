"""Keeps the processes of one copy running: restarts what dies, with growing pauses, and stops all in order."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from p2pcrm.runner.children import Child
from p2pcrm.runner.console import Console
from p2pcrm.runner.errors import RunnerError

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# Who ran this long died of something new: the pauses start again from the shortest.
STEADY_SECONDS = 60.0


class Service(Protocol):
    """What the supervisor needs to know of a process."""

    name: str
    log: Path
    child: Child | None

    def launch(self) -> None: ...


@dataclass
class Program:
    """One of our own processes: a command with its environment."""

    name: str
    command: Sequence[str]
    log: Path
    directory: Path
    environment: Mapping[str, str]
    stop_seconds: float = 10.0
    then_signals: Sequence[int] = (9,)
    child: Child | None = None

    def launch(self) -> None:
        self.child = Child(
            self.command,
            log=self.log,
            directory=self.directory,
            environment=self.environment,
            stop_seconds=self.stop_seconds,
            then_signals=self.then_signals,
        )


@dataclass
class _Watched:
    service: Service
    started_at: float
    pause_seconds: float = FIRST_PAUSE_SECONDS
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Watch the services in the order they were added; stop them in the reverse order."""

    console: Console
    clock: Callable[[], float] = time.monotonic
    _watched: list[_Watched] = field(default_factory=list)

    def add(self, service: Service) -> None:
        """Launch a service and watch it from now on."""
        watched = _Watched(service, self.clock())
        self._watched.append(watched)
        service.launch()

    def look(self) -> None:
        """Look once at every service: note who died, start whose pause is over."""
        for watched in self._watched:
            if watched.restart_at is not None:
                if self.clock() >= watched.restart_at:
                    self._restart(watched)
            elif watched.service.child is None or not watched.service.child.is_alive():
                self._note_death(watched)

    def watch(self) -> None:
        """Keep everything running until an exception, such as the one of a stop signal, ends it."""
        while True:
            self.look()
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop all services: those added last first, each group of our own programs together."""
        programs = [item.service for item in self._watched if isinstance(item.service, Program)]
        servers = [item.service for item in self._watched if not isinstance(item.service, Program)]
        children = [service.child for service in reversed(programs) if service.child is not None]
        for child in children:
            child.request_stop()
        for child in children:
            child.wait_stopped()
        for server in reversed(servers):
            if server.child is not None:
                server.child.stop()

    def _note_death(self, watched: _Watched) -> None:
        if self.clock() - watched.started_at > STEADY_SECONDS:
            watched.pause_seconds = FIRST_PAUSE_SECONDS
        child = watched.service.child
        ending = "could not be started" if child is None else _describe_exit(child.exit_code)
        self.console.warn(
            f"{watched.service.name} {ending}; starting it again in {watched.pause_seconds:g} s. "
            f"Log: {watched.service.log}"
        )
        watched.restart_at = self.clock() + watched.pause_seconds
        watched.pause_seconds = min(watched.pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _restart(self, watched: _Watched) -> None:
        watched.restart_at, watched.started_at = None, self.clock()
        try:
            watched.service.launch()
        except (RunnerError, OSError) as error:
            self.console.warn(f"{watched.service.name}: {error}")
            watched.service.child = None


def _describe_exit(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was killed by signal {-code}"
    return f"ended with code {code}"
