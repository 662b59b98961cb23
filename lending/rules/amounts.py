"""Rounding of fractions of a fen, named at each place where it happens."""

from decimal import Decimal

from core.money import Rounding, round_yuan, to_fen


def round_fen(value: Decimal, mode: Rounding | str = Rounding.HALF_UP) -> int:
    """Round a fractional number of fen to whole fen: 12.5 is 13 by `HALF_UP`, 12 by `HALF_EVEN` and `DOWN`."""
    return to_fen(round_yuan(value.scaleb(-2), mode))


def charge_fen(base_fen: int, rate: Decimal, mode: Rounding | str = Rounding.HALF_UP) -> int:
    """Return a rate of an amount in whole fen: 1.5 % of 1030.00 yuan is 15.45 yuan."""
    return round_fen(base_fen * rate, mode)
