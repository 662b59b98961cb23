"""How often a borrower is assessed again, and what the new grade means beside the old one."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from risk.rules.tables import GRADES

MONTHS_MAX = 60


class Change(StrEnum):
    """Which way a grade moved."""

    BETTER = "BETTER"
    SAME = "SAME"
    WORSE = "WORSE"


def compare_grades(before: str, after: str) -> Change:
    """Return which way a grade moved: from B to C is worse. An unknown grade before is no movement."""
    if before not in GRADES or before == after:
        return Change.SAME
    return Change.WORSE if GRADES.index(after) > GRADES.index(before) else Change.BETTER


def read_intervals(value: Any) -> Mapping[str, int]:
    """Return the months between assessments by grade, from a parameter's value. Raises ValueError.

    Every grade has an interval, and a worse grade never a longer one.
    """
    if not isinstance(value, dict) or value.keys() != set(GRADES):
        raise ValueError("an interval for each grade")
    months = [value[grade] for grade in GRADES]
    if any(type(number) is not int or not 1 <= number <= MONTHS_MAX for number in months):
        raise ValueError(f"whole months from 1 to {MONTHS_MAX}")
    if months != sorted(months, reverse=True):
        raise ValueError("a worse grade has no longer interval")
    return dict(value)


def get_months(intervals: Mapping[str, int], grade: str) -> int:
    """Return the months until the next assessment; an unknown grade is looked at as early as the worst."""
    return intervals.get(grade, min(intervals.values()))
