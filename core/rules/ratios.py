"""Shares as the indicators keep them: numerator and denominator beside the value, parts beside the total."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

Row = tuple[str, Decimal, Decimal, Decimal]
_STEP = Decimal("0.000001")


def share_of(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Return a share to six places, zero of nothing: 1 of 3 is 0.333333."""
    return (numerator / denominator).quantize(_STEP, ROUND_HALF_UP) if denominator else Decimal(0)


def share_row(dimension: str, numerator: Decimal | int, denominator: Decimal | int) -> Row:
    """Return (dimension, value, numerator, denominator)."""
    above, below = Decimal(numerator), Decimal(denominator)
    return (dimension, share_of(above, below), above, below)


def share_rows(parts: Iterable[tuple[str, Decimal | int, Decimal | int]]) -> Sequence[Row]:
    """Return a row for each (dimension, numerator, denominator) and the total of all; nothing of nothing."""
    rows = [share_row(*part) for part in parts]
    if rows:
        above = sum((numerator for _part, _value, numerator, _base in rows), Decimal(0))
        below = sum((base for _part, _value, _numerator, base in rows), Decimal(0))
        rows.append(share_row("", above, below))
    return rows
