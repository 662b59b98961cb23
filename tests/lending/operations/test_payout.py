"""The payout: asked once for a signed loan, posted once, and the whole of it."""

from decimal import Decimal

import pytest

from core.errors import BusinessError
from core.models import OutboxEvent
from core.outbox import system_user
from customers.models import WorkItem
from ledger.models import Transfer
from ledger.queries import balance_of_customer
from lending.models import Bid, Contract, LenderShare, Listing, Loan, PayoutInstruction
from lending.operations import loans, payout
from lending.operations.contracts import ContractAltered, ContractNotOpen, declare_borrower_will, record_signed
from lending.operations.payout import PayoutNotAsked
from tests.lending.operations import markets
from tests.lending.operations.markets import DAY, METHODS, at
from tests.pictures import refused, unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
D = Decimal


def record(loan: Loan, reference: str = "CB1") -> Loan:
    """Record that the custodian has paid out."""
    return payout.record_payout(loan_id=loan.pk, custody_reference=reference, now=at(), business_date=DAY)


@pytest.mark.parametrize(("product", "method", "periods"), METHODS, ids=[row[1] for row in METHODS])
def test_the_whole_principal_is_paid_out_and_everything_begins(product: str, method: str, periods: int) -> None:
    loan = markets.make_signed_loan(("4000.00", "6000.00"), product=product, periods=periods)
    payout.ask_payout(loan_id=loan.pk, now=at())
    assert Loan.objects.get(pk=loan.pk).state == Loan.State.PAYING_OUT
    loan = record(loan)
    assert (loan.state, loan.method, loan.start_date) == (Loan.State.ACTIVE, method, DAY)
    assert balance_of_customer(loan.borrower_id).available == loan.principal == D("10000.00")
    assert sorted(share.principal for share in LenderShare.objects.filter(loan=loan)) == [D("4000.00"), D("6000.00")]
    for investor_id in markets.lent_by(loan):
        balance = balance_of_customer(investor_id)
        assert (balance.available, balance.frozen) == (D("0.00"), D("0.00"))
    assert sum(row.principal for row in loan.instalments.all()) == loan.principal
    # A bullet is due in one instalment.
    assert loan.instalments.count() == (1 if method == "bullet" else periods)
    assert loan.standing.principal_outstanding == loan.principal
    assert set(Bid.objects.filter(listing=loan.listing).values_list("state", flat=True)) == {Bid.State.WON}
    assert Listing.objects.get(pk=loan.listing_id).state == Listing.State.PAID_OUT
    assert OutboxEvent.objects.filter(name="lending.loan_paid_out", payload__loan_id=loan.pk).count() == 1


def test_asked_and_recorded_twice_it_is_paid_once() -> None:
    loan = markets.make_signed_loan()
    first = payout.ask_payout(loan_id=loan.pk, now=at())
    with unchanged():
        assert payout.ask_payout(loan_id=loan.pk, now=at()) == first
    record(loan)
    for reference in ("CB1", "CB2"):
        with unchanged():
            record(loan, reference)
    with unchanged():
        payout.ask_payout(loan_id=loan.pk, now=at())
    assert Transfer.objects.filter(type="LOAN_PAYOUT").count() == 1


def test_a_contract_that_is_not_signed_is_not_paid_out() -> None:
    loan = markets.fill(markets.make_listing(), ("4000.00", "6000.00"))
    with refused(PayoutNotAsked):
        payout.ask_payout(loan_id=loan.pk, now=at())
    contract = markets.draw(loan)
    assert contract.state == Contract.State.SIGNING
    with refused(PayoutNotAsked):
        payout.ask_payout(loan_id=loan.pk, now=at())
    with refused(PayoutNotAsked):
        record(loan)


@pytest.mark.parametrize("state", [state for state in Loan.State.values if state != "SIGNING"])
def test_a_loan_in_another_state_is_not_paid_out(state: str) -> None:
    loan = markets.make_signed_loan()
    Loan.objects.filter(pk=loan.pk).update(state=state, start_date=DAY)
    with refused(PayoutNotAsked):
        payout.ask_payout(loan_id=loan.pk, now=at())
    with refused(PayoutNotAsked):
        record(loan)


def test_a_cancelled_loan_is_never_paid_out_and_its_lenders_have_their_money() -> None:
    loan = markets.fill(markets.make_listing(), ("4000.00", "6000.00"))
    markets.draw(loan)
    lent = markets.lent_by(loan)
    loans.cancel_loan(loan_id=loan.pk, reason="TEST", actor=None, now=at(), business_date=DAY)
    for investor_id, amount in lent.items():
        assert balance_of_customer(investor_id).available == amount
    with refused(PayoutNotAsked):
        payout.ask_payout(loan_id=loan.pk, now=at())


def test_a_loan_on_its_way_is_not_cancelled() -> None:
    loan = markets.make_signed_loan()
    payout.ask_payout(loan_id=loan.pk, now=at())
    with refused(loans.LoanNotCancellable):
        loans.cancel_loan(loan_id=loan.pk, reason="TEST", actor=None, now=at(), business_date=DAY)
    record(loan)
    with refused(loans.LoanNotCancellable):
        loans.cancel_loan(loan_id=loan.pk, reason="TEST", actor=None, now=at(), business_date=DAY)


def test_a_refusal_keeps_the_money_frozen_calls_somebody_and_is_tried_again() -> None:
    loan = markets.make_signed_loan()
    payout.ask_payout(loan_id=loan.pk, now=at())
    with refused(PayoutNotAsked):
        payout.retry_payout(loan_id=loan.pk, actor=system_user(), now=at())
    payout.record_payout_refusal(loan_id=loan.pk, refusal="INSUFFICIENT_FUNDS", now=at())
    refused_key = payout.payout_key(loan)
    for investor_id, amount in markets.lent_by(loan).items():
        assert balance_of_customer(investor_id).frozen == amount
    assert WorkItem.objects.filter(kind="lending.payout_refused", state=WorkItem.State.OPEN).count() == 1
    with unchanged():
        payout.record_payout_refusal(loan_id=loan.pk, refusal="AGAIN", now=at())
    payout.retry_payout(loan_id=loan.pk, actor=system_user(), now=at(hour=11))
    with refused(PayoutNotAsked):
        payout.retry_payout(loan_id=loan.pk, actor=system_user(), now=at(hour=12))
    instruction = PayoutInstruction.objects.get(loan=loan)
    assert instruction.state == PayoutInstruction.State.PENDING
    # The custodian answers a key that he has refused with the same refusal for ever.
    assert payout.payout_key(Loan.objects.get(pk=loan.pk)) != refused_key
    assert OutboxEvent.objects.filter(name="lending.payout_asked", payload__loan_id=loan.pk).count() == 2
    record(loan)
    assert Loan.objects.get(pk=loan.pk).state == Loan.State.ACTIVE
    assert not WorkItem.objects.filter(kind="lending.payout_refused", state=WorkItem.State.OPEN).exists()
    with unchanged():
        payout.record_payout_refusal(loan_id=loan.pk, refusal="LATE", now=at())


class TestContract:
    """The borrower signs his own contract, as he read it, once."""

    @pytest.fixture
    def contract(self, house: None) -> Contract:
        return markets.draw(markets.fill(markets.make_listing(), ("4000.00", "6000.00")))

    def declare(self, contract: Contract, **changes: object) -> Contract:
        given = {
            "contract_id": contract.pk,
            "customer_id": contract.loan.borrower_id,
            "pdf_hash": contract.pdf_hash,
            "evidence": "SMS code",
            "now": at(),
        }
        return declare_borrower_will(**{**given, **changes})  # type: ignore[arg-type]

    def test_drawn_twice_it_is_one(self, contract: Contract) -> None:
        with unchanged():
            assert markets.draw(contract.loan).pdf_hash == contract.pdf_hash

    @pytest.mark.parametrize("whose", ["lender", "nobody"])
    def test_by_somebody_else(self, contract: Contract, whose: str) -> None:
        lender = next(iter(markets.lent_by(contract.loan)))
        with refused(BusinessError):
            self.declare(contract, customer_id=lender if whose == "lender" else 10**9)

    def test_another_text(self, contract: Contract) -> None:
        with refused(ContractAltered):
            self.declare(contract, pdf_hash="0" * 64)

    def test_a_void_one(self, contract: Contract) -> None:
        loans.cancel_loan(loan_id=contract.loan_id, reason="TEST", actor=None, now=at(), business_date=DAY)
        with refused(ContractNotOpen):
            self.declare(contract)

    def test_twice(self, contract: Contract) -> None:
        self.declare(contract)
        with unchanged():
            self.declare(contract)

    def test_no_seal_before_his_will(self, contract: Contract) -> None:
        with refused(ContractNotOpen):
            record_signed(contract_id=contract.pk, signed_pdf=b"%PDF", serials={}, now=at())

    def test_a_seal_twice(self, contract: Contract) -> None:
        signed = markets.sign(contract)
        with unchanged():
            record_signed(contract_id=signed.pk, signed_pdf=b"another", serials={}, now=at(hour=12))
