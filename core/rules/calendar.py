"""Working-day arithmetic over a passed-in predicate."""

from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum

IsWorkday = Callable[[date], bool]
_ONE_DAY = timedelta(days=1)


class DateShift(StrEnum):
    """What happens to a due date that is no working day (a product setting)."""

    NONE = "NONE"
    FOLLOWING = "FOLLOWING"
    PRECEDING = "PRECEDING"


def shift_date(day: date, shift: DateShift | str, is_workday: IsWorkday) -> date:
    """Move a date off a rest day: `FOLLOWING` forwards, `PRECEDING` backwards, `NONE` leaves it."""
    mode = DateShift(shift)
    if mode is DateShift.NONE:
        return day
    step = _ONE_DAY if mode is DateShift.FOLLOWING else -_ONE_DAY
    while not is_workday(day):
        day += step
    return day


def add_workdays(day: date, count: int, is_workday: IsWorkday) -> date:
    """Return the count-th working day after a date; the start day is not counted (民法典 201).

    Twenty working days after 2026-09-21 is 2026-10-26.
    """
    while count > 0:
        day += _ONE_DAY
        if is_workday(day):
            count -= 1
    return day


def nth_workday(year: int, month: int, n: int, is_workday: IsWorkday) -> date:
    """Return the n-th working day of a month: the 5th of 2026-10 is the 13th."""
    return add_workdays(date(year, month, 1) - _ONE_DAY, n, is_workday)
