"""A custodian that does not pay out at once: he is down, he refuses, he loses his answer."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.models import EventDelivery
from core.outbox import pending_count, system_user
from customers.models import WorkItem
from integrations import connect
from integrations.ports import CustodyInstruction, CustodyLeg
from integrations.sandbox.client import SandboxControl
from ledger import custodian
from ledger.models import CustodyAccount, Transfer
from ledger.queries import balance_of_customer
from lending.models import Bid, Listing, Loan, PayoutInstruction
from lending.operations import payout
from simulation import people as acts
from simulation.world import World
from tests.invariants import check_invariants
from tests.journeys import people

pytestmark = pytest.mark.django_db(transaction=True)
SHARES = ("4000.00", "6000.00")


@pytest.fixture
def world(sandbox: SandboxControl) -> World:
    """A world on a Monday."""
    return people.begin(sandbox, date(2026, 3, 2))


def make_filled_listing(world: World) -> Listing:
    """Return a listing whose contract waits for the borrower; the custodian knows of all freezes."""
    borrower = people.make_borrower(world, with_debit=False)
    application = people.apply_for(
        world, borrower, product="xinyong-debx", amount="10000.00", periods=3, method="equal_instalment"
    )
    listing = acts.accept(world, application)
    for share in SHARES:
        acts.bid(world, listing, people.make_investor(world, "20000.00"), Decimal(share))
    world.settle()
    custodian.send_queue(now=world.now)
    return listing


def assert_not_paid(loan: Loan) -> None:
    """Check that nothing has moved: the lenders' money is frozen, the borrower has none of it."""
    loan.refresh_from_db()
    assert loan.state == Loan.State.PAYING_OUT
    assert not Transfer.objects.filter(type="LOAN_PAYOUT").exists()
    assert not loan.instalments.exists()
    for bid in Bid.objects.filter(listing=loan.listing):
        assert bid.state == Bid.State.LIVE
        assert balance_of_customer(bid.investor_id).frozen == bid.amount
    check_invariants()


def assert_paid_once(world: World, loan: Loan) -> None:
    """Check that the payout is in our books and in the custodian's, once."""
    loan.refresh_from_db()
    assert loan.state == Loan.State.ACTIVE
    assert balance_of_customer(loan.borrower_id).available == loan.principal
    assert Transfer.objects.filter(type="LOAN_PAYOUT").count() == 1
    assert pending_count() == 0
    statement = connect.custody_bank().fetch_statement(business_date=world.today)
    number = CustodyAccount.objects.get(customer=loan.borrower).number
    received = [line for line in statement.lines if line.account_number == number and line.kind == "LOAN_PAYOUT"]
    assert [line.amount for line in received] == [loan.principal]
    check_invariants()


def test_a_custodian_that_is_down_is_asked_until_he_has_paid_once(world: World, sandbox: SandboxControl) -> None:
    listing = make_filled_listing(world)
    sandbox.behave("custody", fail_next=1000)
    loan = acts.sign(world, listing)
    assert_not_paid(loan)
    waiting = EventDelivery.objects.get(handler="lending.pay_out")
    assert (waiting.state, waiting.done_at) == (EventDelivery.State.PENDING, None)
    sandbox.behave("custody", fail_next=0)
    world.move_to(world.now + timedelta(minutes=5))
    world.settle()
    assert_paid_once(world, loan)


def test_a_payout_whose_answer_is_lost_is_paid_once(world: World, sandbox: SandboxControl) -> None:
    listing = make_filled_listing(world)
    sandbox.behave("custody", lose_answer_next=2)
    loan = acts.sign(world, listing)
    assert EventDelivery.objects.get(handler="lending.pay_out").attempts == 2
    assert_paid_once(world, loan)


def test_a_partner_that_refuses_the_call_leaves_work_and_not_an_endless_loop(
    world: World, sandbox: SandboxControl
) -> None:
    listing = make_filled_listing(world)
    sandbox.behave("custody", refuse_next=1)
    loan = acts.sign(world, listing)
    assert_not_paid(loan)
    assert PayoutInstruction.objects.get(loan=loan).state == PayoutInstruction.State.REFUSED
    assert WorkItem.objects.filter(kind="lending.payout_refused", state=WorkItem.State.OPEN).count() == 1
    assert pending_count() == 0
    ask_again(world, loan)
    assert_paid_once(world, loan)


def test_a_refusal_is_asked_again_after_somebody_cleared_it_up(world: World) -> None:
    listing = make_filled_listing(world)
    # Somebody at the bank took the frozen money of one lender back to his free money.
    lender = Bid.objects.filter(listing=listing).earliest("pk")
    number = CustodyAccount.objects.get(customer=lender.investor).number
    legs = (CustodyLeg(number, -lender.amount, is_frozen=True), CustodyLeg(number, lender.amount))
    by_hand = CustodyInstruction(
        key="by-hand", kind="UNFREEZE", business_date=world.today, legs=legs, authorisation="bank"
    )
    connect.custody_bank().execute(by_hand)
    loan = acts.sign(world, listing)
    assert_not_paid(loan)
    assert PayoutInstruction.objects.get(loan=loan).refusal == "INSUFFICIENT_FUNDS"
    item = WorkItem.objects.get(kind="lending.payout_refused")
    assert item.state == WorkItem.State.OPEN
    # Asked again too early it is refused again; nothing is lost by it.
    ask_again(world, loan)
    assert_not_paid(loan)
    back = replace(by_hand, key="by-hand-back", legs=tuple(replace(leg, amount=-leg.amount) for leg in legs))
    connect.custody_bank().execute(back)
    ask_again(world, loan)
    assert_paid_once(world, loan)
    item.refresh_from_db()
    assert item.state == WorkItem.State.DONE


def ask_again(world: World, loan: Loan) -> None:
    """Ask for the payout once more, a minute later."""
    world.move_to(world.now + timedelta(minutes=1))
    payout.retry_payout(loan_id=loan.pk, actor=system_user(), now=world.now)
    world.settle()
