"""The parts of a customer's health."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.health import HEALTHY, HealthFacts, score_health


def points(**facts: int | bool | None) -> dict[str, int]:
    return {part.code: part.points for part in score_health(HealthFacts(**facts))}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, (15, 25, 25, 15, 20)),
        ({"is_first_answer_late": False}, (15, 25, 25, 15, 20)),
        ({"is_first_answer_late": True}, (5, 25, 25, 15, 20)),
        ({"plans_kept": 1, "plans_missed": 1, "days_past_due": 10}, (15, 13, 25, 15, 6)),
        ({"promises_broken": 3}, (15, 25, 0, 15, 20)),
        ({"open_complaints": 1}, (15, 25, 25, 7, 20)),
        ({"open_complaints": 9, "days_past_due": 31}, (15, 25, 25, 0, 0)),
        ({"days_past_due": 7}, (15, 25, 25, 15, 12)),
        ({"days_past_due": 8}, (15, 25, 25, 15, 6)),
    ],
)
def test_the_parts(facts: dict[str, int], expected: tuple[int, ...]) -> None:
    assert tuple(points(**facts).values()) == expected


counts = st.integers(0, 50)


@given(st.booleans() | st.none(), st.tuples(*[counts] * 6))
def test_the_score_is_a_percentage_and_more_trouble_never_helps(late: bool | None, numbers: tuple[int, ...]) -> None:
    facts = HealthFacts(late, *numbers)
    parts = score_health(facts)
    assert sum(part.most for part in parts) == HEALTHY
    assert all(0 <= part.points <= part.most for part in parts)
    worse = HealthFacts(late, numbers[0], numbers[1] + 1, numbers[2], numbers[3] + 1, numbers[4] + 1, numbers[5] + 1)
    assert all(after.points <= part.points for part, after in zip(parts, score_health(worse), strict=True))
