"""Schedules of a principal that is paid out in parts."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from lending.rules.amortisation import LevelRule, Loan, Rows, level_rows
from lending.rules.level import round_ratio
from lending.rules.periods import Periods, share_units, year_units_of
from lending.rules.terms import DayCount, Method, ScheduleTerms, refuse

_ONE_DAY = timedelta(days=1)


def tranche_rows(
    terms: ScheduleTerms, periods: Periods, loan: Loan, rule: LevelRule
) -> tuple[Rows, list[int], list[int]]:
    """Lay out the rows of a loan in tranches; also its balances after each row and before it.

    A tranche on a due date belongs to the period that begins there. The level instalment is computed anew at each
    tranche, as if it had been paid out at the period's start; the period's interest runs from the real dates, each
    stretch rounded by itself (or all together, where the terms say so).
    """
    due_dates = periods.due_dates[-1:] if terms.method == Method.BULLET else periods.due_dates
    by_period = _tranches_by_period(terms, due_dates)
    count = len(due_dates)
    principals: list[int] = []
    interests: list[int] = []
    balances: list[int] = []
    openings: list[int] = []
    level: Rows | None = None
    level_from = 0
    balance = 0
    start = terms.disbursed_on
    for k, due_date in enumerate(due_dates):
        paid_out = by_period.get(k, [])
        numerator = sum(loan.numerators) if terms.method == Method.BULLET else loan.numerators[k]
        if paid_out:
            interest = _period_interest(terms, loan, numerator, (start, due_date), balance, paid_out)
        else:
            interest = round_ratio(balance * numerator, loan.denominator, loan.mode)
        balance += sum(amount for _, amount in paid_out)
        openings.append(balance)
        if terms.method == Method.EQUAL_INSTALMENT:
            if paid_out:
                rest = loan._replace(principal=balance, numerators=loan.numerators[k:])
                rest_rule = rule._replace(numerators=rule.numerators[k:])
                level = level_rows(rest, rest_rule, 0, interest)
                level_from = k
            principal, interest = _level_row(level, k - level_from)
        else:
            principal = balance if k == count - 1 else 0
        principals.append(principal)
        interests.append(interest)
        balance -= principal
        balances.append(balance)
        start = due_date
    payment = level.payment if level else principals[0] + interests[0]
    return Rows(principals, interests, payment), balances, openings


def _level_row(level: Rows | None, k: int) -> tuple[int, int]:
    """Return a row of the running level schedule, or nothing once that is repaid."""
    if level is None or k >= len(level.principals):
        return 0, 0
    return level.principals[k], level.interests[k]


def _tranches_by_period(terms: ScheduleTerms, due_dates: tuple[date, ...]) -> dict[int, list[tuple[date, int]]]:
    by_period: dict[int, list[tuple[date, int]]] = {}
    for tranche in sorted(terms.tranches, key=lambda part: part.paid_out_on):
        if tranche.paid_out_on >= due_dates[-1]:
            raise refuse("tranches", "after_the_end", "must be paid out before the last due date")
        k = next(index for index, due_date in enumerate(due_dates) if tranche.paid_out_on < due_date)
        by_period.setdefault(k, []).append((tranche.paid_out_on, int(tranche.amount * 100)))
    return by_period


def _period_interest(
    terms: ScheduleTerms,
    loan: Loan,
    numerator: int,
    span: tuple[date, date],
    opening: int,
    paid_out: list[tuple[date, int]],
) -> int:
    """Return the interest of a period in which money was paid out, stretch by stretch.

    By 30/360 a stretch is its share of the period's real days: 7 of 31 days of a month.
    """
    start, end = span
    first_day = _ONE_DAY if terms.first_day_counts else timedelta(0)
    events = sorted([(start, opening), *((day - first_day, amount) for day, amount in paid_out)])
    ends = [*(day for day, _ in events), end]
    balance = 0
    total = Fraction(0)
    rounded = 0
    for (_, amount), (begins, stops) in zip(events, pairwise(ends), strict=True):
        balance += amount
        if terms.day_count == DayCount.THIRTY_360:
            share = Fraction(numerator * (stops - begins).days, loan.denominator * (end - start).days)
        else:
            rate = Fraction(terms.annual_rate)
            share = rate * share_units(terms.day_count, begins, stops) / year_units_of(terms.day_count)
        exact = balance * share
        total += exact
        rounded += round_ratio(exact.numerator, exact.denominator, loan.mode)
    if terms.round_tranche_interest_once:
        return round_ratio(total.numerator, total.denominator, loan.mode)
    return rounded
