"""Pure rules of the relationship process: terms, standings, counts, stretches around a change."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules import calendar
from customers.rules.process import (
    SMALL,
    Standing,
    Stretch,
    Tally,
    Term,
    difference,
    is_small,
    judge,
    set_term,
    sum_up,
    surround,
)

FRIDAY = date(2026, 3, 6)
days = st.dates(date(2024, 1, 1), date(2028, 1, 1))
counts = st.integers(0, 50)
tallies = st.builds(Tally, counts, counts, counts, counts, counts)


def add_workdays(day: date, count: int) -> date:
    return calendar.add_workdays(day, count, lambda one: one.weekday() < 5)


@pytest.mark.parametrize(
    ("due", "opened", "today", "term"),
    [
        (3, 2, FRIDAY, Term(date(2026, 3, 9), date(2026, 3, 11))),
        (0, 0, FRIDAY, Term(FRIDAY, FRIDAY)),
        (1, 1, FRIDAY, Term(FRIDAY, date(2026, 3, 9))),
        # Entered on the Tuesday after: one working day at least.
        (1, 1, date(2026, 3, 10), Term(FRIDAY, date(2026, 3, 11))),
        (30, 10, date(2026, 3, 10), Term(date(2026, 4, 3), date(2026, 4, 17))),
    ],
)
def test_a_term_counts_working_days(due: int, opened: int, today: date, term: Term) -> None:
    assert set_term(FRIDAY, today, due_workdays=due, open_workdays=opened, add_workdays=add_workdays) == term


@given(begun=days, late=st.integers(0, 60), due=st.integers(0, 60), opened=st.integers(0, 60))
def test_nobody_is_late_for_what_he_has_just_learnt_of(begun: date, late: int, due: int, opened: int) -> None:
    today = begun + timedelta(days=late)
    term = set_term(begun, today, due_workdays=due, open_workdays=min(opened, due), add_workdays=add_workdays)
    assert begun <= term.opens_date <= term.due_date
    assert term.due_date >= today


@pytest.mark.parametrize(
    ("state", "is_late", "today", "standing"),
    [
        ("OPEN", False, FRIDAY - timedelta(days=3), Standing.AHEAD),
        ("OPEN", False, FRIDAY - timedelta(days=2), Standing.OPEN),
        ("OPEN", False, FRIDAY, Standing.OPEN),
        ("OPEN", False, FRIDAY + timedelta(days=1), Standing.LATE),
        ("DONE", False, FRIDAY, Standing.ON_TIME),
        ("DONE", True, FRIDAY, Standing.DONE_LATE),
        ("SKIPPED", False, FRIDAY, Standing.SKIPPED),
        ("DROPPED", False, FRIDAY + timedelta(days=9), Standing.DROPPED),
    ],
)
def test_a_step_is_late_from_the_day_after(state: str, is_late: bool, today: date, standing: Standing) -> None:
    opens = FRIDAY - timedelta(days=2)
    assert judge(state, is_late=is_late, opens_date=opens, due_date=FRIDAY, today=today) is standing


def test_what_was_left_out_is_not_judged() -> None:
    tally = Tally(on_time=8, done_late=1, late=1, waiting=5, skipped=3)
    assert (tally.judged, tally.share) == (10, 0.8)
    assert Tally(waiting=4, skipped=2).share is None


@given(st.lists(tallies, max_size=6))
def test_counts_add_up_whatever_the_order(parts: list[Tally]) -> None:
    whole = sum_up(parts)
    assert whole == sum_up(reversed(parts))
    assert whole.judged == sum(part.judged for part in parts)
    assert whole.share is None or 0 <= whole.share <= 1


def test_a_change_has_as_many_days_on_either_side_as_there_have_been() -> None:
    on = date(2026, 3, 10)
    before, after = surround(on, 7, date(2026, 3, 13))
    assert (before, after) == (Stretch(date(2026, 3, 3), date(2026, 3, 9)), Stretch(on, date(2026, 3, 12)))
    assert (before.days, after.days) == (7, 3)
    assert surround(on, 7, on)[1].days == 0


@given(on=days, length=st.integers(1, 90), passed=st.integers(0, 200))
def test_the_two_sides_never_overlap_nor_reach_today(on: date, length: int, passed: int) -> None:
    today = on + timedelta(days=passed)
    before, after = surround(on, length, today)
    assert before.last < after.first == on
    assert before.days == length and after.days == min(length, passed)
    assert after.last < today


def test_small_samples_and_unknown_shares_are_said() -> None:
    assert is_small(SMALL - 1, 500) and not is_small(SMALL, SMALL)
    assert difference(0.5, 0.75) == 0.25
    assert difference(None, 0.75) is None and difference(0.5, None) is None
