"""Each lender's receipts over a whole life against the plan that he signed, for all four methods."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from ledger.queries import balance_of_customer
from lending.documents.contract import ContractData
from lending.models import Distribution, LenderShare, Loan, Product
from lending.operations.repayments import record_repayment
from lending.queries.contract_data import build_contract_data
from tests.lending.operations import markets
from tests.lending.operations.markets import METHODS, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
D = Decimal
FEN = D("0.01")
SHARES = ("1234.00", "1.00", "4321.00", "3111.00", "1333.00")
_keys = count(1)
each_method = pytest.mark.parametrize(("product", "method", "periods"), METHODS, ids=[row[1] for row in METHODS])


def begin(product: str, periods: int) -> tuple[Loan, ContractData]:
    """Return a running loan of five unequal lenders, and what its contract says."""
    Product.objects.update(bid_step=D("1.00"), bid_min=D("1.00"))
    signed = markets.make_signed_loan(SHARES, product=product, periods=periods)
    printed = build_contract_data(signed, contract_number=signed.contract.number)
    loan = markets.pay_out(signed)
    markets.pay_in(loan.borrower, "5000.00")
    return loan, printed


def pay(loan: Loan, amount: Decimal | None, day: date) -> Any:
    return record_repayment(
        loan_id=loan.pk,
        amount=amount,
        idempotency_key=f"life-{next(_keys)}",
        business_date=day,
        now=at(day),
        actor=None,
    )


def receipts_of(share: LenderShare) -> list[tuple[date, Decimal, Decimal]]:
    """Return what one lender received, payment by payment."""
    rows = Distribution.objects.filter(share=share).order_by("repayment_id")
    return [(row.repayment.business_date, row.principal, row.interest) for row in rows]


@each_method
def test_paid_on_time_every_lender_receives_what_he_signed(product: str, method: str, periods: int) -> None:
    loan, printed = begin(product, periods)
    for row in loan.instalments.order_by("n"):
        pay(loan, None, row.due_date)
    loan.refresh_from_db()
    assert loan.state == Loan.State.SETTLED
    shares = {share.investor.number: share for share in LenderShare.objects.filter(loan=loan)}
    assert len(printed.lenders) == len(shares) == len(SHARES)
    for lender in printed.lenders:
        share = shares[lender.party.reference]
        planned = [(row.due_date, row.principal, row.interest) for row in lender.receipts]
        # A payment that brings a small lender nothing is in the plan, not among his receipts.
        assert receipts_of(share) == [row for row in planned if row[1] or row[2]]
        assert share.principal == lender.amount == sum(row[1] for row in planned)
        assert balance_of_customer(share.investor_id).available == sum(row[1] + row[2] for row in planned)


@each_method
def test_the_printed_plan_is_the_schedule_and_fair_to_the_fen(product: str, method: str, periods: int) -> None:
    _loan, printed = begin(product, periods)
    for n, row in enumerate(printed.schedule):
        assert sum(lender.receipts[n].principal for lender in printed.lenders) == row.principal
        assert sum(lender.receipts[n].interest for lender in printed.lenders) == row.interest
        for lender in printed.lenders:
            for part in ("principal", "interest"):
                so_far = sum(getattr(past, part) for past in printed.schedule[: n + 1])
                received = sum(getattr(past, part) for past in lender.receipts[: n + 1])
                assert abs(received - so_far * lender.amount / printed.terms.principal) < FEN


@each_method
@pytest.mark.parametrize("pieces", [2, 7], ids=["halves", "sevenths"])
def test_paid_in_pieces_the_principal_is_exact_and_interest_within_a_fen(
    product: str, method: str, periods: int, pieces: int
) -> None:
    loan, printed = begin(product, periods)
    for row in loan.instalments.order_by("n"):
        whole = row.principal + row.interest + row.fee
        part = (whole / pieces).quantize(FEN)
        for _piece in range(pieces - 1):
            pay(loan, part, row.due_date)
        pay(loan, None, row.due_date)
    interest = sum(row.interest for row in printed.schedule)
    for lender in printed.lenders:
        share = LenderShare.objects.get(loan=loan, investor__number=lender.party.reference)
        received = receipts_of(share)
        assert sum(row[1] for row in received) == lender.amount
        assert abs(sum(row[2] for row in received) - interest * lender.amount / loan.principal) < FEN
    total = sum(row.principal + row.interest for row in Distribution.objects.filter(share__loan=loan))
    assert total == loan.principal + interest
