"""Steps of the relationship process: when each may be done and is due, what is on time, what a change moved."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

# Below so many steps on either side of a change, chance may explain the difference.
SMALL: Final = 30


class Standing(StrEnum):
    """How a step stands on a date."""

    AHEAD = "AHEAD"
    OPEN = "OPEN"
    LATE = "LATE"
    ON_TIME = "ON_TIME"
    DONE_LATE = "DONE_LATE"
    SKIPPED = "SKIPPED"
    DROPPED = "DROPPED"


@dataclass(frozen=True, slots=True)
class Term:
    """From which day a step may be done, and until the end of which day it is on time."""

    opens_date: date
    due_date: date


def set_term(
    begun: date, today: date, *, due_workdays: int, open_workdays: int, add_workdays: Callable[[date, int], date]
) -> Term:
    """Return the term of a step that begins on a day and is entered on another one.

    Due after `due_workdays` working days, open `open_workdays` before. Who learns of a step later than it began has
    until the next working day at least. Begun on Friday, due after 3, open 2 before: open on Monday, due on Wednesday.
    """
    opens = add_workdays(begun, max(due_workdays - open_workdays, 0))
    due = add_workdays(begun, due_workdays)
    return Term(opens, due if today <= begun else max(due, add_workdays(today, 1)))


def judge(state: str, *, is_late: bool, opens_date: date, due_date: date, today: date) -> Standing:
    """Return how a step stands; one that is open is late from the day after it was due."""
    if state == "DONE":
        return Standing.DONE_LATE if is_late else Standing.ON_TIME
    if state in {"SKIPPED", "DROPPED"}:
        return Standing(state)
    if due_date < today:
        return Standing.LATE
    return Standing.OPEN if opens_date <= today else Standing.AHEAD


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of steps; only what is done or late is judged, what was left out is not."""

    on_time: int = 0
    done_late: int = 0
    late: int = 0
    waiting: int = 0
    skipped: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.on_time + other.on_time,
            self.done_late + other.done_late,
            self.late + other.late,
            self.waiting + other.waiting,
            self.skipped + other.skipped,
        )

    @property
    def judged(self) -> int:
        """Those that are done or late."""
        return self.on_time + self.done_late + self.late

    @property
    def share(self) -> float | None:
        """On time of those judged, None where nothing is judged: 8 on time, 1 done late, 1 late and 5 waiting give 0.8."""
        return self.on_time / self.judged if self.judged else None


def sum_up(tallies: Iterable[Tally]) -> Tally:
    """Return all counts together."""
    return sum(tallies, Tally())


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from the first up to the last, both counted; none where the last lies before the first."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days that is."""
        return max((self.last - self.first).days + 1, 0)


def surround(on: date, days: int, today: date) -> tuple[Stretch, Stretch]:
    """Return the days before a change and those from it on, as many, as far as they lie before today.

    A change of the 10th, 7 days, looked at on the 13th: the 3rd to the 9th, and the 10th to the 12th.
    """
    before = Stretch(on - timedelta(days=days), on - timedelta(days=1))
    return before, Stretch(on, min(on + timedelta(days=days), today) - timedelta(days=1))


def is_small(*counts: int) -> bool:
    """Tell whether any count is too small to tell a change from chance."""
    return min(counts) < SMALL


def difference(before: float | None, after: float | None) -> float | None:
    """Return after less before, None where either is unknown."""
    return None if before is None or after is None else after - before
