"""The partners' clock: the wall clock, or one that a simulation has set and that goes on from there."""

import time
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


class SandboxClock:
    """Answers instants in Beijing time."""

    def __init__(self) -> None:
        self._offset_seconds = 0.0

    def now(self) -> datetime:
        """Return the partners' present instant."""
        return datetime.fromtimestamp(self.timestamp(), tz=BEIJING)

    def timestamp(self) -> float:
        """Return the same as seconds since the epoch."""
        return time.time() + self._offset_seconds

    def set(self, instant: datetime | None) -> None:
        """Let the clock go on from an instant; None returns to the wall clock."""
        self._offset_seconds = instant.timestamp() - time.time() if instant else 0.0
