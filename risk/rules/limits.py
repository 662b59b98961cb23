"""When an indicator raises an alert and when the alert is over: two limits, so that it does not flutter."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Passing(StrEnum):
    """What a new value means for an alert."""

    RAISE = "RAISE"
    CLEAR = "CLEAR"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """Raise strictly above the one, over at or below the other; a thin denominator raises nothing."""

    raise_above: Decimal
    clear_at: Decimal
    min_denominator: Decimal = Decimal(0)


def judge_value(value: Decimal, denominator: Decimal, limits: AlertLimits, *, is_open: bool) -> Passing:
    """Judge one value: with limits 8 % and 6 %, 8.1 raises, 7.0 keeps an open alert open, 6.0 ends it."""
    if is_open:
        return Passing.CLEAR if value <= limits.clear_at else Passing.NOTHING
    is_thin = denominator < limits.min_denominator
    return Passing.RAISE if value > limits.raise_above and not is_thin else Passing.NOTHING
