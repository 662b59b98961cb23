"""Exact yuan: `Decimal` with two places outside, whole fen inside."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation
from enum import StrEnum

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
_LIMIT = Decimal(10) ** 16


class Rounding(StrEnum):
    """The rounding modes a product may name."""

    HALF_UP = "HALF_UP"
    HALF_EVEN = "HALF_EVEN"
    DOWN = "DOWN"
    UP = "UP"


_DECIMAL_MODES = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.DOWN: ROUND_DOWN,
    Rounding.UP: ROUND_UP,
}


class InexactAmount(ValueError):
    """An amount has more than two decimal places, is not finite or does not fit numeric(18,2)."""


def yuan(value: Decimal | int | str) -> Decimal:
    """Return the value as yuan with exactly two places.

    Raises InexactAmount instead of rounding. `yuan("12.5")` is `Decimal("12.50")`; `yuan("0.001")` is refused.
    """
    if isinstance(value, float):
        raise InexactAmount("a float is never an amount")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise InexactAmount(f"{value!r} is not a number") from error
    if not number.is_finite() or abs(number) >= _LIMIT:
        raise InexactAmount(f"{value!r} is not an amount")
    amount = number.quantize(FEN)
    if amount != number:
        raise InexactAmount(f"{value!r} has more than two decimal places")
    return amount


def to_fen(amount: Decimal) -> int:
    """Return yuan as whole fen: `to_fen(Decimal("12.34"))` is 1234."""
    return int(yuan(amount).scaleb(2))


def from_fen(fen: int) -> Decimal:
    """Return whole fen as yuan: `from_fen(1234)` is `Decimal("12.34")`."""
    return Decimal(fen).scaleb(-2).quantize(FEN)


def round_yuan(value: Decimal, mode: Rounding | str = Rounding.HALF_UP) -> Decimal:
    """Round to whole fen by the named mode."""
    return value.quantize(FEN, rounding=_DECIMAL_MODES[Rounding(mode)])


def split_fen(total: int, weights: Sequence[int]) -> list[int]:
    """Split whole fen by weight with largest remainders; ties go to the lowest index.

    Raises ValueError when the total or a weight is negative, or money has nowhere to go.
    `split_fen(100, [1, 1, 1])` is `[34, 33, 33]`.
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("a split needs a total and weights that are not negative")
    weight_sum = sum(weights)
    if weight_sum == 0:
        if total:
            raise ValueError("no weight to split by")
        return [0] * len(weights)
    parts = [total * weight // weight_sum for weight in weights]
    left = total - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % weight_sum), i))
    for index in by_remainder[:left]:
        parts[index] += 1
    return parts
