"""Intervals by grade, and which way a grade moved."""

from typing import Any

import pytest

from risk.rules.reassessment import Change, compare_grades, get_months, read_intervals

MONTHS = {"A": 12, "B": 12, "C": 6, "D": 3, "E": 3}


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [("B", "C", Change.WORSE), ("C", "B", Change.BETTER), ("A", "A", Change.SAME), ("", "E", Change.SAME)],
)
def test_a_grade_moves_along_the_alphabet(before: str, after: str, change: Change) -> None:
    assert compare_grades(before, after) is change


def test_an_unknown_grade_is_looked_at_as_early_as_the_worst() -> None:
    assert [get_months(read_intervals(MONTHS), grade) for grade in ("A", "C", "")] == [12, 6, 3]


@pytest.mark.parametrize(
    "value",
    [
        None, 12, {**MONTHS, "F": 1}, {"A": 12}, {**MONTHS, "C": "6"}, {**MONTHS, "E": 0}, {**MONTHS, "A": 61},
        {**MONTHS, "C": True}, {**MONTHS, "E": 6, "D": 3},
    ],
)  # fmt: skip
def test_intervals_that_are_none_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"interval|months"):
        read_intervals(value)
