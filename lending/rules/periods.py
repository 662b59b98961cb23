"""Due dates and each period's share of the year, as whole units of a common denominator."""

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from lending.rules.terms import DayCount, LevelBasis, PeriodUnit, ScheduleTerms, refuse

MONTHS_BY_UNIT: dict[str, int] = {PeriodUnit.MONTH: 1, PeriodUnit.QUARTER: 3, PeriodUnit.YEAR: 12}
DAYS_BY_UNIT: dict[str, int] = {
    PeriodUnit.WEEK: 7,
    PeriodUnit.TWO_WEEKS: 14,
    PeriodUnit.FOUR_WEEKS: 28,
    PeriodUnit.FIFTEEN_DAYS: 15,
    PeriodUnit.THIRTY_DAYS: 30,
}
_YEAR_UNITS: dict[str, int] = {
    DayCount.THIRTY_360: 360,
    DayCount.ACTUAL_365: 365,
    DayCount.ACTUAL_360: 360,
    DayCount.ACTUAL_364: 364,
    DayCount.ACTUAL_ACTUAL: 365 * 366,
    DayCount.ACTUAL_ACTUAL_ISDA: 365 * 366,
}
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ONE_DAY = timedelta(days=1)


class Periods(NamedTuple):
    """The calendar of a schedule.

    `nominal_dates` are the due dates before any working-day shift, `anchor_day` the day of the month they fall on
    where it exists. `units[k] / year_units` is period k's share of a year by the contract's day count, `years[k]` its
    true length: months of 30/360 as twelfths of a year, everything else as days of 365.
    """

    due_dates: tuple[date, ...]
    nominal_dates: tuple[date, ...]
    anchor_day: int
    units: tuple[int, ...]
    year_units: int
    years: tuple[float, ...]


def is_leap_year(year: int) -> bool:
    """Say whether February has 29 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_date(year: int, month_index: int, day: int) -> date:
    """Return a day of the month `month_index` months after January of a year, clamped to the month's end.

    `month_date(2024, 1, 31)` is 2024-02-29 (民法典 202: no such day means the month's last day).
    """
    years, month = divmod(month_index, 12)
    year += years
    last = 29 if month == 1 and is_leap_year(year) else _MONTH_LENGTHS[month]
    return date(year, month + 1, min(day, last))


def add_months(start: date, months: int, anchor_day: int) -> date:
    """Return the anchor day that many months later, clamped to the month's end."""
    return month_date(start.year, start.month - 1 + months, anchor_day)


def days_30e(start: date, end: date) -> int:
    """Count days by 30E/360: every month has thirty days, the 31st counts as the 30th."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months * 30 + min(end.day, 30) - min(start.day, 30)


def _year_weighted_units(start: date, end: date) -> int:
    """Weigh the days of [start, end) so that each is 1/365 or 1/366 of its own year, in 1/(365*366)."""
    units = 0
    while start < end:
        next_year = date(start.year + 1, 1, 1)
        stop = min(end, next_year)
        units += (stop - start).days * (365 if is_leap_year(start.year) else 366)
        start = stop
    return units


def share_units(day_count: str, start: date, end: date) -> int:
    """Count the units of a broken stretch between two dates, in the denominator of `year_units_of`."""
    if day_count == DayCount.THIRTY_360:
        return days_30e(start, end)
    if day_count == DayCount.ACTUAL_ACTUAL:
        return _year_weighted_units(start + _ONE_DAY, end + _ONE_DAY)
    if day_count == DayCount.ACTUAL_ACTUAL_ISDA:
        return _year_weighted_units(start, end)
    return (end - start).days


def year_units_of(day_count: str) -> int:
    """Return the denominator in which a day count's shares are counted."""
    return _YEAR_UNITS[day_count]


def nominal_units(unit: str) -> int:
    """Return one regular period in days of a 360-day year for months, in real days otherwise."""
    months = MONTHS_BY_UNIT.get(unit)
    return 30 * months if months else DAYS_BY_UNIT[unit]


def _next_due(unit: str, start: date, anchor_day: int) -> date:
    months = MONTHS_BY_UNIT.get(unit)
    return add_months(start, months, anchor_day) if months else start + timedelta(days=DAYS_BY_UNIT[unit])


def _due_dates_from(unit: str, first: date, anchor_day: int, count: int) -> tuple[date, ...]:
    months = MONTHS_BY_UNIT.get(unit)
    if months:
        year, month = first.year, first.month - 1
        return tuple([month_date(year, month + months * k, anchor_day) for k in range(count)])
    step = DAYS_BY_UNIT[unit]
    return tuple([first + timedelta(days=step * k) for k in range(count)])


def _actual_units(day_count: str, start: date, due_dates: tuple[date, ...]) -> tuple[int, ...]:
    starts = (start, *due_dates[:-1])
    if day_count in (DayCount.ACTUAL_ACTUAL, DayCount.ACTUAL_ACTUAL_ISDA):
        return tuple([share_units(day_count, a, b) for a, b in zip(starts, due_dates, strict=True)])
    ordinals = [day.toordinal() for day in due_dates]
    return tuple([b - a for a, b in zip((start.toordinal(), *ordinals), ordinals, strict=False)])


@lru_cache(maxsize=1024)
def lay_out_periods(
    unit: str,
    day_count: str,
    count: int,
    disbursed_on: date,
    first_due_on: date | None,
    due_day: int | None,
    in_advance: bool,
    first_day_counts: bool,
    due_dates: tuple[date, ...] | None,
) -> Periods:
    """Return the calendar of a schedule; the same product and payout day give the same one, so it is cached."""
    regular_first = disbursed_on if in_advance else _next_due(unit, disbursed_on, due_day or disbursed_on.day)
    first = first_due_on or regular_first
    if due_day and due_day != first.day and first != add_months(first, 0, due_day):
        raise refuse("due_day", "not_the_first_due_day", "does not agree with the first due date")
    is_regular = first == regular_first and disbursed_on == add_months(disbursed_on, 0, due_day or disbursed_on.day)
    anchor_day = due_day or (disbursed_on.day if is_regular else first.day)
    nominal = _due_dates_from(unit, first, anchor_day, count)
    whole = nominal_units(unit)
    if is_regular:
        first_units = 0 if in_advance else whole
    elif unit in MONTHS_BY_UNIT:
        first_units = days_30e(disbursed_on, first)
    else:
        first_units = (first - disbursed_on).days
    if day_count == DayCount.THIRTY_360:
        units = (first_units, *([whole] * (count - 1)))
        true_year = 360 if unit in MONTHS_BY_UNIT else 365
        years = tuple([days / true_year for days in units])
    else:
        start = disbursed_on - _ONE_DAY if first_day_counts else disbursed_on
        units = _actual_units(day_count, start, due_dates or nominal)
        days = _actual_units(DayCount.ACTUAL_365, disbursed_on, due_dates or nominal)
        years = tuple([length / 365 for length in days])
    return Periods(due_dates or nominal, nominal, anchor_day, units, _YEAR_UNITS[day_count], years)


def periods_of(terms: ScheduleTerms, count: int) -> Periods:
    """Return the calendar of checked terms for a number of periods."""
    return lay_out_periods(
        terms.period_unit,
        terms.day_count,
        count,
        terms.disbursed_on,
        terms.first_due_on,
        terms.due_day,
        terms.in_advance,
        terms.first_day_counts,
        terms.due_dates,
    )


def level_shares(terms: ScheduleTerms, periods: Periods) -> tuple[tuple[int, ...], int]:
    """Return the shares of the year from which the level instalment is computed, and their denominator.

    `EQUAL_PERIODS` takes a month as 1/12 whatever its days, `THIRTY_DAY_MONTHS` as 30 days of the day count's year:
    5 000 at 12 % for six months from 2022-11-01 by actual/365 is 862.57, 862.74 or 862.34 a month.
    """
    if terms.level_basis == LevelBasis.ACTUAL_PERIODS:
        return periods.units, periods.year_units
    whole = nominal_units(terms.period_unit)
    first = 0 if terms.in_advance else whole
    units = (first, *([whole] * (len(periods.units) - 1)))
    if terms.level_basis == LevelBasis.EQUAL_PERIODS and terms.period_unit in MONTHS_BY_UNIT:
        return units, 360
    day_count = terms.day_count
    is_year_weighted = day_count in (DayCount.ACTUAL_ACTUAL, DayCount.ACTUAL_ACTUAL_ISDA)
    return units, 365 if is_year_weighted else year_units_of(day_count)
