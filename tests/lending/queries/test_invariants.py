"""`check_ledger` also asks about loans, and finds what somebody with a superuser's key has done to them."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from ledger.queries import check_invariants
from lending.models import ChargeAccrual, Loan, Repayment
from lending.operations.repayments import record_repayment
from tests.lending.operations.conftest import house
from tests.lending.operations.markets import DAY, D, at, make_running_loan, pay_in

__all__ = ["house"]
pytestmark = pytest.mark.django_db


def _tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        # What is deferred to the end of the transaction would forbid a change of the table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def _broken() -> dict[str, tuple[str, ...]]:
    found = [finding for finding in check_invariants() if finding.name.startswith("lending.")]
    assert len(found) == 7
    return {finding.name.removeprefix("lending."): finding.samples for finding in found if not finding.holds}


@pytest.fixture
def repayment(house: None) -> Repayment:
    """The first repayment of a loan from two lenders."""
    loan = make_running_loan()
    pay_in(loan.borrower, "100.00")
    return record_repayment(
        loan_id=loan.pk,
        amount=D("100.00"),
        idempotency_key="r",
        business_date=loan.contract_date,
        now=at(),
        actor=None,
    )


def test_whole_loans_are_whole(repayment: Repayment) -> None:
    assert _broken() == {}


def test_a_changed_repayment_is_found(repayment: Repayment) -> None:
    _tamper("ALTER TABLE lending_repayment DROP CONSTRAINT repayment_parts_add_up")
    _tamper(f"UPDATE lending_repayment SET amount = amount + 0.01 WHERE id = {repayment.pk}")
    found = (str(repayment.pk),)
    assert _broken() == {"parts_are_the_repayment": found, "lenders_get_the_repayment": found}
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_ledger", stdout=out)
    assert "lending.parts_are_the_repayment" in out.getvalue() and "the books are NOT clean" in out.getvalue()


def test_a_lost_part_of_a_lender_is_found(repayment: Repayment) -> None:
    _tamper(f"DELETE FROM lending_distribution WHERE id = {repayment.distributions.earliest('id').pk}")
    assert _broken() == {"lenders_get_the_repayment": (str(repayment.pk),)}


def test_a_changed_listing_claim_and_payout_are_found(repayment: Repayment) -> None:
    loan: Loan = repayment.loan
    listing = loan.listing
    _tamper(f"UPDATE lending_listing SET bid_count = bid_count - 1 WHERE id = {listing.pk}")
    assert _broken() == {"funded_is_live_bids": (listing.number,)}
    _tamper(f"UPDATE lending_listing SET bid_count = bid_count + 1 WHERE id = {listing.pk}")
    _tamper(f"UPDATE lending_lendershare SET principal = principal + 1 WHERE id = {loan.shares.earliest('id').pk}")
    assert _broken() == {"claims_are_the_principal": (loan.number,)}
    _tamper(f"UPDATE lending_lendershare SET principal = principal - 1 WHERE id = {loan.shares.earliest('id').pk}")
    _tamper("UPDATE ledger_transfer SET reference_id = '0' WHERE type = 'LOAN_PAYOUT'")
    assert _broken() == {"one_payout_a_loan": (loan.number,)}


def test_a_second_or_forgotten_penalty_is_found(repayment: Repayment) -> None:
    loan_id, instalment = repayment.loan_id, repayment.loan.instalments.get(n=1)
    _tamper(f"UPDATE lending_loanstate SET penalty_charged_total = 2 WHERE loan_id = {loan_id}")
    assert _broken() == {"penalties_are_the_charges": (str(loan_id),)}
    _tamper("ALTER TABLE lending_chargeaccrual DROP CONSTRAINT penalty_once_a_day")
    for _turn in range(2):
        ChargeAccrual.objects.create(
            loan_id=loan_id, business_date=DAY, instalment=instalment, base=D("1.00"), charged=D("1.00")
        )
    assert _broken() == {"one_penalty_a_day": (str(loan_id),)}
