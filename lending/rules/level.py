"""Exact rounding of ratios of whole numbers, and the level instalment of an annuity as such a ratio."""

from collections.abc import Callable, Sequence

from lending.rules.terms import RowRounding


def round_ratio(numerator: int, denominator: int, mode: RowRounding) -> int:
    """Round a ratio that is not negative to a whole number: 5/2 is 3 by `HALF_UP`, 2 by `HALF_EVEN` and `DOWN`."""
    if mode is RowRounding.HALF_UP:
        return (2 * numerator + denominator) // (2 * denominator)
    if mode is RowRounding.DOWN:
        return numerator // denominator
    if mode is RowRounding.UP:
        return -(-numerator // denominator)
    whole, rest = divmod(numerator, denominator)
    is_up = 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1)
    return whole + is_up


def row_rounder(mode: RowRounding, denominator: int) -> Callable[[int], int]:
    """Return the function that turns balance x numerator into whole fen of interest."""
    if mode is RowRounding.HALF_UP:
        double = 2 * denominator
        return lambda product: (2 * product + denominator) // double
    return lambda product: round_ratio(product, denominator, mode)


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
