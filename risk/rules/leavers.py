"""When a leaver's customers leave or move money more than usual."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class LeaverLimits:
    """How many times the usual is unusual, and below what nothing is said."""

    factor: Decimal
    min_outflow: Decimal
    min_exits: int


def scale_usual(outflow_before: Decimal, days_before: int, days: int) -> Decimal:
    """Return what usually flows out in so many days: 9 000 in 90 days are 700 in 7."""
    return (outflow_before * days / days_before).quantize(Decimal("0.01")) if days_before else Decimal("0.00")


def judge_leaver(
    outflow: Decimal, usual_outflow: Decimal, exits: int, usual_exits: Decimal, limits: LeaverLimits
) -> tuple[str, ...]:
    """Return what is unusual about a leaver's book: `OUTFLOW`, `EXITS`, both or nothing.

    With factor 2 and at least 10 000: usual 8 000, an outflow of 16 000 says nothing, 16 000.01 does.
    """
    found = []
    if outflow >= limits.min_outflow and outflow > usual_outflow * limits.factor:
        found.append("OUTFLOW")
    if exits >= limits.min_exits and exits > usual_exits * limits.factor:
        found.append("EXITS")
    return tuple(found)
