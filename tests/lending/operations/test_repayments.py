"""Repayments on a real database: refusals change nothing, random lives add up to the fen."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core import clock
from core.errors import BusinessError
from core.models import OutboxEvent
from core.money import from_fen, to_fen
from ledger.models import Transfer
from ledger.operations.posting import InsufficientFunds
from ledger.queries import balance_of_customer
from lending.models import Allocation, Distribution, Instalment, LenderShare, Loan, LoanState, Repayment
from lending.operations.closing import aging, penalties
from lending.operations.repayments import KeyUsedForOther, LoanNotRunning, MoreThanPayable, record_repayment
from lending.queries.positions import list_open_instalments
from lending.rules.repayment import find_standing, sum_payable_fen
from tests.lending.operations.books import DAY, make_running_loan
from tests.pictures import refused

D = Decimal
_keys = count(1)


def pay(loan_id: int, amount: str | None, *, key: str = "", on=DAY) -> Repayment:
    return record_repayment(
        loan_id=loan_id,
        amount=None if amount is None else D(amount),
        idempotency_key=key or f"pay-{next(_keys)}",
        business_date=on,
        now=clock.at(on, 12),
        actor=None,
    )


@pytest.mark.django_db
def test_a_payment_is_allocated_divided_and_told() -> None:
    loan = make_running_loan(balance="2000.00", fee="2.00")
    repayment = pay(loan.pk, "1017.01")
    assert (repayment.fee, repayment.interest, repayment.principal) == (D("2.00"), D("15.01"), D("1000.00"))
    assert repayment == Repayment.objects.get(pk=repayment.pk)
    assert repayment.amount == Repayment.objects.get(pk=repayment.pk).amount
    rows = Distribution.objects.filter(repayment=repayment).order_by("share_id")
    assert [(row.principal, row.interest) for row in rows] == [
        (D("333.33"), D("5.00")),
        (D("666.67"), D("10.01")),
    ]
    for row in rows:
        assert balance_of_customer(row.share.investor_id).available == row.principal + row.interest
    assert balance_of_customer(loan.borrower_id).available == D("982.99")
    assert Transfer.objects.get(pk=repayment.transfer_id).type == "REPAYMENT"
    told = OutboxEvent.objects.filter(name="lending.repayment_posted", payload__repayment_id=repayment.pk)
    assert told.count() == 1
    assert Instalment.objects.get(loan=loan, n=1).paid_at is not None


@pytest.mark.django_db
def test_a_key_posts_once_and_never_for_something_else() -> None:
    loan, other = make_running_loan(balance="2000.00"), make_running_loan(balance="2000.00")
    first = pay(loan.pk, "100.00", key="k")
    assert pay(loan.pk, "100.00", key="k") == first
    for loan_id, amount in ((loan.pk, "100.01"), (other.pk, "100.00")):
        with refused(KeyUsedForOther):
            pay(loan_id, amount, key="k")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("amount", "balance", "state", "refusal"),
    [
        ("1015.02", "5000.00", "ACTIVE", MoreThanPayable),
        ("0.00", "5000.00", "ACTIVE", MoreThanPayable),
        (None, "5000.00", "ACTIVE", MoreThanPayable),
        ("1015.01", "1015.00", "ACTIVE", InsufficientFunds),
        ("10.00", "5000.00", "SETTLED", LoanNotRunning),
    ],
)
def test_a_refusal_changes_nothing(amount: str | None, balance: str, state: str, refusal: type[BusinessError]) -> None:
    loan = make_running_loan(balance=balance)
    Loan.objects.filter(pk=loan.pk).update(state=state)
    with refused(refusal):
        pay(loan.pk, amount)


class RandomLifeTest(TestCase):
    """Payments of any size at any time: every fen has one owner."""

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        lent=st.lists(st.integers(100, 300_000), min_size=1, max_size=6),
        steps=st.lists(st.tuples(st.integers(0, 25), st.integers(1, 100)), min_size=1, max_size=12),
    )
    def test_random_payments_add_up(self, lent: list[int], steps: list[tuple[int, int]]) -> None:
        loan = make_running_loan(balance="9000000.00", lent=[str(from_fen(fen)) for fen in lent], periods=3)
        day = DAY
        for days, percent in steps:
            for _day in range(days):
                penalties.accrue(day, 0, 2**62, clock.at(day, 23))
                aging.age(day, 0, 2**62, clock.at(day, 23))
                day += timedelta(days=1)
            open_rows = list_open_instalments([loan.pk])[loan.pk]
            payable = sum_payable_fen(open_rows, day)
            if not payable:
                break
            pay(loan.pk, str(from_fen(max(payable * percent // 100, 1))), on=day)
            self._check(loan.pk, day)
        while open_rows := list_open_instalments([loan.pk])[loan.pk]:
            pay(loan.pk, str(from_fen(sum_payable_fen(open_rows, day))), on=day)
        self._check(loan.pk, day)
        assert Loan.objects.get(pk=loan.pk).state == Loan.State.SETTLED
        assert all(share.principal == share.principal_received for share in LenderShare.objects.filter(loan=loan))

    def _check(self, loan_id: int, day) -> None:
        for repayment in Repayment.objects.filter(loan_id=loan_id):
            rows = Distribution.objects.filter(repayment=repayment)
            assert sum(row.principal + row.interest + row.penalty for row in rows) == repayment.amount - repayment.fee
            assert sum(row.amount for row in Allocation.objects.filter(repayment=repayment)) == repayment.amount
        standing = LoanState.objects.get(loan_id=loan_id)
        expected = find_standing(list_open_instalments([loan_id])[loan_id], day)
        assert to_fen(standing.principal_outstanding) == expected.principal_fen
        assert to_fen(standing.interest_outstanding) == expected.interest_fen
        assert to_fen(standing.penalty_outstanding) == expected.penalty_fen
        assert to_fen(standing.overdue_amount) == expected.overdue_fen
        assert (standing.dpd, standing.bucket, standing.oldest_unpaid_due_date, standing.next_due_date) == (
            expected.dpd,
            expected.bucket,
            expected.oldest_unpaid_due_date,
            expected.next_due_date,
        )
