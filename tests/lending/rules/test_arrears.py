from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.rules import arrears
from lending.rules.arrears import PenaltyTerms, PenaltyTotals, add_penalty_days, count_days_past_due

DUE = date(2026, 10, 10)


@pytest.mark.parametrize(
    ("days", "bucket", "grade"),
    [
        (0, "M0", "NORMAL"),
        (1, "M1", "SPECIAL_MENTION"),
        (30, "M1", "SPECIAL_MENTION"),
        (31, "M2", "SPECIAL_MENTION"),
        (60, "M2", "SPECIAL_MENTION"),
        (61, "M3", "SPECIAL_MENTION"),
        (90, "M3", "SPECIAL_MENTION"),
        (91, "M4", "SUBSTANDARD"),
        (120, "M4", "SUBSTANDARD"),
        (121, "M5", "SUBSTANDARD"),
        (151, "M6", "SUBSTANDARD"),
        (180, "M6", "SUBSTANDARD"),
        (181, "M7", "SUBSTANDARD"),
        (270, "M7", "SUBSTANDARD"),
        (271, "M7", "DOUBTFUL"),
        (360, "M7", "DOUBTFUL"),
        (361, "M7", "LOSS"),
        (5000, "M7", "LOSS"),
    ],
)
def test_buckets_and_grades_at_their_edges(days, bucket, grade):
    assert arrears.find_bucket(days) == bucket
    assert arrears.find_grade(days) == grade


def test_a_technical_delay_may_stay_normal():
    assert arrears.find_grade(7, technical_delay_days=7) == "NORMAL"
    assert arrears.find_grade(8, technical_delay_days=7) == "SPECIAL_MENTION"


def test_the_due_date_itself_is_day_zero():
    assert count_days_past_due(DUE, DUE) == 0
    assert count_days_past_due(DUE + timedelta(1), DUE) == 1
    assert count_days_past_due(DUE - timedelta(5), DUE) == 0
    assert count_days_past_due(DUE, None) == 0


def test_one_fen_unpaid_keeps_the_oldest_date():
    later = DUE + timedelta(30)
    instalments = [(later, 500), (DUE, 1), (DUE - timedelta(31), 0)]
    assert arrears.find_oldest_unpaid_due_date(instalments, later) == DUE
    assert arrears.find_oldest_unpaid_due_date([(DUE, 0), (later, 500)], later) == later
    assert arrears.find_oldest_unpaid_due_date([(DUE, 5)], DUE - timedelta(1)) is None
    assert arrears.count_overdue_fen(instalments, later) == 1
    assert arrears.count_overdue_fen(instalments, later + timedelta(1)) == 501


def test_only_a_pause_after_the_due_date_stops_the_clock():
    on = DUE + timedelta(20)
    before = (DUE - timedelta(15), DUE - timedelta(5))
    across = (DUE - timedelta(2), DUE + timedelta(3))
    assert count_days_past_due(on, DUE, pauses=[before]) == 20
    assert count_days_past_due(on, DUE, pauses=[across]) == 17
    assert count_days_past_due(on, DUE, grace_days=30) == 0


def test_worked_penalties():
    terms = PenaltyTerms(D("0.0002"), D("0.24"))
    assert add_penalty_days(PenaltyTotals(), 10_000, terms, days=6) == PenaltyTotals(60_000, 12, 0)
    tight = PenaltyTerms(D("0.0002"), D("0.0365"))
    capped = add_penalty_days(PenaltyTotals(), 10_000, tight, days=6)
    assert capped == PenaltyTotals(60_000, 6, 6)
    assert capped.is_capped


def test_half_a_thousandth_a_day_is_cut_to_four_times_the_prime_rate():
    """0.05 % a day is 18.25 % a year; at an LPR of 3.0 % the cap is 12 %, 3.28 yuan a day on 10 000."""
    terms = PenaltyTerms(D("0.0005"), D("0.12"))
    assert add_penalty_days(PenaltyTotals(), 1_000_000, terms) == PenaltyTotals(1_000_000, 328, 171)
    year = add_penalty_days(PenaltyTotals(), 1_000_000, terms, days=365)
    assert year.charged_fen == 120_000
    assert year.cut_fen == 62_500


def test_other_charges_fill_the_same_cap():
    terms = PenaltyTerms(D("0.0003"), D("0.12"))
    alone = add_penalty_days(PenaltyTotals(), 1_000_000, terms, days=10)
    assert (alone.charged_fen, alone.cut_fen) == (3000, 0)
    beside_a_fee = add_penalty_days(PenaltyTotals(), 1_000_000, terms, days=10, other_charges_fen=2000)
    assert (beside_a_fee.charged_fen, beside_a_fee.cut_fen) == (1287, 1712)
    assert add_penalty_days(PenaltyTotals(), 1_000_000, terms, other_charges_fen=2000).charged_fen == 0


rates = st.decimals(0, D("0.002"), places=6)
caps = st.decimals(0, D("0.36"), places=6)
debts = st.lists(st.integers(0, 2_000_000), min_size=1, max_size=60)


@given(debts, rates, caps, st.integers(0, 5_000))
def test_penalty_and_charges_stay_under_the_cap_every_day(debts_by_day, daily_rate, cap, other_fen):
    terms = PenaltyTerms(daily_rate, cap)
    totals = PenaltyTotals()
    for debt_fen in debts_by_day:
        later = add_penalty_days(totals, debt_fen, terms, other_charges_fen=other_fen)
        ceiling = later.fen_days * cap / 365
        assert later.charged_fen == 0 or later.charged_fen + other_fen <= ceiling
        assert later.charged_fen >= totals.charged_fen
        assert later.cut_fen >= totals.cut_fen
        assert abs(later.charged_fen - min(later.fen_days * daily_rate, max(ceiling - other_fen, 0))) <= 1
        totals = later


@given(st.integers(0, 2_000_000), st.integers(1, 90), rates, caps)
def test_days_caught_up_at_once_cost_what_they_cost_one_by_one(debt_fen, days, daily_rate, cap):
    terms = PenaltyTerms(daily_rate, cap)
    one_by_one = PenaltyTotals()
    for _ in range(days):
        one_by_one = add_penalty_days(one_by_one, debt_fen, terms)
    assert add_penalty_days(PenaltyTotals(), debt_fen, terms, days=days) == one_by_one


@given(st.dates(), st.dates(), st.lists(st.tuples(st.dates(), st.dates()), max_size=3), st.integers(0, 10))
def test_days_past_due_are_never_negative(on, due, pauses, grace_days):
    days = count_days_past_due(on, due, pauses=pauses, grace_days=grace_days)
    assert 0 <= days <= max((on - due).days, 0)
