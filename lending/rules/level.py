"""Exact rounding of ratios of whole numbers, and the level instalment of an annuity as such a ratio."""

from collections.abc import Sequence
from typing import NamedTuple

from lending.rules.terms import RowRounding


class RowCharge(NamedTuple):
    """How balance x numerator becomes whole fen: (2 x product + offset) // double, one fen less where a tie is odd.

    The offset says where to round: the denominator at the half, nothing downwards, almost two of it upwards.
    """

    double: int
    offset: int
    ties_to_even: bool

    def __call__(self, product: int) -> int:
        """Return the interest of one row."""
        whole, rest = divmod(2 * product + self.offset, self.double)
        if self.ties_to_even and not rest and whole % 2:
            whole -= 1
        return whole


def row_charge(mode: str, denominator: int) -> RowCharge:
    """Return how rows are rounded: a product of 5 over 2 is 3 by `HALF_UP` and `UP`, 2 by `HALF_EVEN` and `DOWN`."""
    double = 2 * denominator
    if mode == RowRounding.DOWN:
        return RowCharge(double, 0, False)
    if mode == RowRounding.UP:
        return RowCharge(double, double - 1, False)
    return RowCharge(double, denominator, mode == RowRounding.HALF_EVEN)


def round_ratio(numerator: int, denominator: int, mode: str) -> int:
    """Round a ratio that is not negative to a whole number."""
    return row_charge(mode, denominator)(numerator)


def level_ratio(balance: int, numerators: Sequence[int], denominator: int) -> tuple[int, int]:
    """Return the exact level instalment that repays a balance, as a ratio.

    Period k charges `numerators[k] / denominator`. With b(k) = b(k-1)(1+f(k)) - A and b(n) = 0 the instalment is
    A = P X(n) / Y(n), X(k) = X(k-1)(D+N(k)), Y(k) = Y(k-1)(D+N(k)) + D^k: whole numbers throughout, so that ties and
    exact multiples of the payment step are seen as such. 10 000 at 12 % for 12 months: 888.487886….
    """
    count = len(numerators)
    first = numerators[0]
    if first and numerators.count(first) == count:
        grown = (denominator + first) ** count
        return balance * first * grown, denominator * (grown - denominator**count)
    repaid, grown, power = 0, 1, 1
    for numerator in numerators:
        factor = denominator + numerator
        power *= denominator
        grown *= factor
        repaid = repaid * factor + power
    return balance * grown, repaid
