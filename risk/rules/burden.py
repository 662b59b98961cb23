"""What a loan would weigh on its borrower, in the whole numbers that rules compare."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from core.money import round_yuan
from risk.rules.inputs import MAX_INT

_DAYS: Mapping[str, int] = {
    "week": 7,
    "two_weeks": 14,
    "four_weeks": 28,
    "15_days": 15,
    "30_days": 30,
}
_MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
_DAYS_IN_MONTH = Decimal("30.4375")


def count_months(period_unit: str, periods: int) -> int:
    """Return a term in whole months, at least one: 12 periods of two weeks are 6 months (168 / 30.4375 = 5.5)."""
    if period_unit in _MONTHS:
        return _MONTHS[period_unit] * periods
    months = (_DAYS[period_unit] * periods / _DAYS_IN_MONTH).to_integral_value(ROUND_HALF_UP)
    return max(int(months), 1)


def monthly_burden(total_payment: Decimal, months: int) -> Decimal:
    """Return what a loan takes a month on average.

    An average, so that a loan repaid in one sum at the end weighs as much as one repaid month by month.
    """
    return round_yuan(total_payment / months)


def as_basis_points(ratio: Decimal) -> int:
    """Return a ratio in basis points, rounded up: a borrower is never judged better than he is. 0.324041 is 3241."""
    return min(int((ratio * 10_000).to_integral_value(ROUND_CEILING)), MAX_INT)
