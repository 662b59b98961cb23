"""Progress on the console: numbered steps with elapsed seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Console:
    """Print the steps of one command. `total` is the number of steps announced."""

    def __init__(self, total: int, started_at: float | None = None) -> None:
        self.total = total
        self.number = 0
        self.started_at = time.time() if started_at is None else started_at

    def say(self, text: str = "") -> None:
        print(text, flush=True)

    def warn(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def elapsed_seconds(self) -> float:
        return time.time() - self.started_at

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, then say how long it took."""
        self.number += 1
        label = f"[{self.number}/{self.total}] {title}"
        self.say(f"{label} ...")
        begun_at = time.time()
        yield
        took, elapsed = time.time() - begun_at, self.elapsed_seconds()
        self.say(f"{label}: done in {took:.1f} s ({elapsed:.0f} s in all)")
