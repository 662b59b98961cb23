"""Working days as the table has them; a year that nobody imported falls back to Monday to Friday and says so."""

from datetime import date
from functools import lru_cache

from core.rules import calendar as rules

DateShift = rules.DateShift


@lru_cache(maxsize=64)
def _year(year: int, version: int) -> tuple[dict[date, bool], bool]:
    from core.models import BusinessDay

    rows = list(BusinessDay.objects.filter(date__year=year).values_list("date", "is_workday", "final"))
    return {day: workday for day, workday, _final in rows}, bool(rows) and all(final for *_rest, final in rows)


def _version() -> int:
    from core.models import CalendarVersion

    return CalendarVersion.objects.values_list("version", flat=True).filter(pk=1).first() or 0


class WorkCalendar:
    """A consistent view of the table for one piece of work: the version is read once."""

    def __init__(self) -> None:
        self._current = _version()

    def is_workday(self, day: date) -> bool:
        """Tell whether banks work on that day."""
        days, _final = _year(day.year, self._current)
        known = days.get(day)
        return known if known is not None else day.weekday() < 5

    def is_final(self, year: int) -> bool:
        """Tell whether the State Council's notice for the year has been imported."""
        return _year(year, self._current)[1]

    def shift_date(self, day: date, shift: DateShift | str) -> date:
        """Move a date off a rest day as the product says."""
        return rules.shift_date(day, shift, self.is_workday)

    def add_workdays(self, day: date, count: int) -> date:
        """Return the count-th working day after a date."""
        return rules.add_workdays(day, count, self.is_workday)

    def nth_workday(self, year: int, month: int, n: int) -> date:
        """Return the n-th working day of a month."""
        return rules.nth_workday(year, month, n, self.is_workday)


def is_workday(day: date) -> bool:
    """Tell whether banks work on that day."""
    return WorkCalendar().is_workday(day)


def add_workdays(day: date, count: int) -> date:
    """Return the count-th working day after a date."""
    return WorkCalendar().add_workdays(day, count)


def shift_date(day: date, shift: DateShift | str) -> date:
    """Move a date off a rest day as the product says."""
    return WorkCalendar().shift_date(day, shift)


def nth_workday(year: int, month: int, n: int) -> date:
    """Return the n-th working day of a month."""
    return WorkCalendar().nth_workday(year, month, n)
