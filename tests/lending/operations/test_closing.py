"""The close's set-based SQL against the pure rules, day after day."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core import clock
from core.money import from_fen, to_fen
from lending.models import ChargeAccrual, DebitAttempt, Instalment, LoanState
from lending.operations.closing import aging, debits, penalties
from lending.queries.positions import list_open_instalments
from lending.rules.arrears import PenaltyTerms, PenaltyTotals, add_penalty_days
from lending.rules.repayment import find_standing
from tests.lending.operations.books import DAY, make_running_loan, set_business_date

D = Decimal
ALL = (0, 2**62)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class PenaltyTest(TestCase):
    """Hypothesis with a database: each example in its own transaction."""

    @QUICK
    @given(
        rate=st.decimals("0.000001", "0.002000", places=6),
        cap=st.decimals("0.001000", "0.240000", places=6),
        payments=st.lists(st.integers(0, 40_000), min_size=1, max_size=12),
    )
    def test_penalty_sql_is_the_rule_on_each_day(self, rate: Decimal, cap: Decimal, payments: list[int]) -> None:
        loan = make_running_loan(
            penalty_daily_rate=str(rate), cap_rate=str(cap), lent=("1000.00",), first_due=DAY, periods=1
        )
        terms = PenaltyTerms(rate, cap)
        totals, unpaid_fen = PenaltyTotals(), 100_000
        for day_number, paid_fen in enumerate(payments, 1):
            day = DAY + timedelta(days=day_number)
            paid_fen = min(paid_fen, unpaid_fen - 1)
            unpaid_fen -= paid_fen
            Instalment.objects.filter(loan=loan).update(principal_paid=from_fen(100_000 - unpaid_fen))
            penalties.accrue(day, *ALL, clock.at(day, 23))
            penalties.accrue(day, *ALL, clock.at(day, 23))
            before = totals
            totals = add_penalty_days(totals, unpaid_fen, terms)
            standing = LoanState.objects.get(loan=loan)
            accrual = ChargeAccrual.objects.get(loan=loan, business_date=day)
            assert to_fen(standing.penalty_charged_total) == totals.charged_fen
            assert to_fen(standing.penalty_cut_total) == totals.cut_fen
            assert to_fen(standing.penalty_outstanding) == totals.charged_fen
            assert to_fen(accrual.charged) == totals.charged_fen - before.charged_fen
            assert to_fen(accrual.cut) == totals.cut_fen - before.cut_fen
            assert to_fen(Instalment.objects.get(loan=loan).penalty) == totals.charged_fen

    @QUICK
    @given(late_days=st.integers(-40, 400), paid=st.integers(0, 2))
    def test_aging_sql_is_the_rule(self, late_days: int, paid: int) -> None:
        close_day = DAY + timedelta(days=500)
        first_due = close_day - timedelta(days=late_days)
        loan = make_running_loan(first_due=first_due)
        Instalment.objects.filter(loan=loan, n__lte=paid).update(paid_at=clock.at(DAY, 10))
        open_rows = list_open_instalments([loan.pk])[loan.pk]
        oldest = open_rows[0].due_date
        LoanState.objects.filter(loan=loan).update(oldest_unpaid_due_date=oldest, next_due_date=oldest)
        aging.age(close_day, *ALL, clock.at(close_day, 23))
        expected = find_standing(open_rows, close_day + timedelta(days=1))
        standing = LoanState.objects.get(loan=loan)
        found = replace(
            expected,
            overdue_fen=to_fen(standing.overdue_amount),
            next_due_date=standing.next_due_date,
            dpd=standing.dpd,
            bucket=standing.bucket,
            loan_class=standing.loan_class,
        )
        assert found == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("balance", "outcome", "taken"),
    [("5000.00", "PAID", "1015.01"), ("300.00", "PART", "300.00"), ("0.00", "NOTHING", "0.00")],
)
def test_a_debit_takes_what_is_due_or_what_is_there_once(balance: str, outcome: str, taken: str) -> None:
    set_business_date(DAY)
    loan = make_running_loan(balance=balance, first_due=DAY)
    now = clock.at(DAY, 23)
    assert debits.debit_due(DAY, *ALL, now) == 1
    assert debits.debit_due(DAY, *ALL, now) == 0
    attempt = DebitAttempt.objects.get(loan=loan)
    assert (attempt.outcome, attempt.taken, attempt.due_amount) == (outcome, D(taken), D("1015.01"))
    assert sum((row.amount for row in loan.repayments.all()), D("0.00")) == D(taken)


@pytest.mark.django_db
def test_no_debit_without_consent() -> None:
    set_business_date(DAY)
    loan = make_running_loan(balance="5000.00", first_due=DAY, auto_debit=False)
    assert debits.debit_due(DAY, *ALL, clock.at(DAY, 23)) == 0
    assert not DebitAttempt.objects.filter(loan=loan).exists()
    assert not loan.repayments.exists()
