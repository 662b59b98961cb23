"""When an indicator raises an alert and when the alert is over: two limits, so that it does not flutter."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

# More days in a row than this no rule may ask for: so many values are read for it each night.
DAYS_MAX = 30


class Passing(StrEnum):
    """What a new value means for an alert."""

    RAISE = "RAISE"
    CLEAR = "CLEAR"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """Raise strictly beyond the one, over at or within the other; a thin denominator raises nothing.

    Beyond is above, or below for a figure of which little is bad. Each needs as many closes in a row as it says.
    """

    raise_at: Decimal
    clear_at: Decimal
    min_denominator: Decimal = Decimal(0)
    is_low_bad: bool = False
    raise_days: int = 1
    clear_days: int = 1

    def is_broken(self, value: Decimal) -> bool:
        """Tell whether a value lies beyond the limit that raises."""
        return value < self.raise_at if self.is_low_bad else value > self.raise_at

    def is_well(self, value: Decimal) -> bool:
        """Tell whether a value lies at or within the limit that ends an alert."""
        return value >= self.clear_at if self.is_low_bad else value <= self.clear_at


def judge_values(days: Sequence[tuple[Decimal, Decimal]], limits: AlertLimits, *, is_open: bool) -> Passing:
    """Judge the (value, denominator) of the latest closes, newest first.

    With limits 8 % and 6 %: 8.1 raises, 7.0 keeps an open alert open, 6.0 ends it. With two days to raise, 8.1 after
    7.9 does nothing yet.
    """
    if is_open:
        latest = days[: limits.clear_days]
        is_over = len(latest) == limits.clear_days and all(limits.is_well(value) for value, _base in latest)
        return Passing.CLEAR if is_over else Passing.NOTHING
    latest = days[: limits.raise_days]
    is_broken = len(latest) == limits.raise_days and all(
        limits.is_broken(value) and base >= limits.min_denominator for value, base in latest
    )
    return Passing.RAISE if is_broken else Passing.NOTHING
