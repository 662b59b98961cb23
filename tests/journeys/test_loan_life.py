"""One loan's whole life by the real operations, at a real sandbox: from registration to the last fen."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from core.outbox import pending_count
from customers.models import WorkItem
from integrations.sandbox.client import SandboxControl
from ledger.queries import balance_of
from ledger.rules.accounts import available_account, frozen_account
from lending.models import Contract, Distribution, LenderShare, Listing, Loan, Repayment
from lending.operations.repayments import record_repayment
from lending.operations.settlements import get_settlement_price, settle_early
from messaging.models import Message
from simulation import people as acts
from simulation.world import World
from tests.journeys import people

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
METHODS = [
    ("xinyong-debx", "equal_instalment", 3),
    ("jingying-debj", "equal_principal", 6),
    ("zhouzhuan-xxhb", "interest_only_bullet", 3),
    ("duanqi-ycx", "bullet", 2),
]


def assert_everything_adds_up(loan: Loan) -> None:
    """Check the lenders' principal, every repayment's parts, the outbox and the books."""
    shares = LenderShare.objects.filter(loan=loan)
    assert sum(share.principal_received for share in shares) == loan.principal
    assert all(share.principal_received == share.principal for share in shares)
    for repayment in loan.repayments.all():
        rows = Distribution.objects.filter(repayment=repayment)
        assert sum(row.principal + row.interest + row.penalty for row in rows) == repayment.amount - repayment.fee
    assert pending_count() == 0
    call_command("check_ledger")


def live_on(world: World, through: date) -> None:
    """Let days pass through a date; only days on which something falls due or is reminded of need their morning."""
    while world.today <= through:
        people.next_day(world)


def test_from_registration_to_the_last_fen(sandbox: SandboxControl) -> None:
    """Loans of all four methods live side by side in one house."""
    world = people.begin(sandbox, date(2026, 3, 2))
    loans = [
        people.make_active_loan(world, product=product, method=method, periods=periods)
        for product, method, periods in METHODS
    ]
    for loan in loans:
        assert loan.state == Loan.State.ACTIVE
        assert Contract.objects.get(loan=loan).state == Contract.State.SIGNED
    live_on(world, max(loan.maturity_date for loan in loans))
    for loan in loans:
        assert_nobody_touched_anything(loan)


def assert_nobody_touched_anything(loan: Loan) -> None:
    """Check that the bank card behind the morning debit paid each instalment on its due date."""
    loan.refresh_from_db()
    assert loan.state == Loan.State.SETTLED
    due_dates = list(loan.instalments.filter(interest__gt=0).values_list("due_date", flat=True))
    assert [row.business_date for row in loan.repayments.order_by("id")] == due_dates
    assert not loan.repayments.filter(penalty__gt=Decimal(0)).exists()
    assert not WorkItem.objects.filter(customer=loan.borrower, group="DUE").exists()
    codes = set(Message.objects.filter(customer=loan.borrower).values_list("template__code", flat=True))
    assert {"application-approved", "please-sign", "loan-paid-out", "repayment-reminder", "loan-settled"} <= codes
    assert_everything_adds_up(loan)


def test_a_late_borrower_is_charged_chased_and_cured(sandbox: SandboxControl) -> None:
    world = people.begin(sandbox, date(2026, 3, 2))
    loan = people.make_active_loan(world, periods=1, product="duanqi-ycx", method="bullet", with_debit=False)
    due = loan.maturity_date
    live_on(world, due)
    for _day in range(5):
        people.next_day(world)
    standing = loan.standing
    standing.refresh_from_db()
    assert (standing.dpd, standing.bucket) == ((world.today - due).days, "M1")
    assert loan.accruals.count() == standing.dpd - 1
    assert WorkItem.objects.filter(customer=loan.borrower, state=WorkItem.State.OPEN).exists()
    owed = standing.overdue_amount + standing.penalty_outstanding
    people.deposit(world, loan.borrower, str(owed))
    repay(world, loan, owed)
    world.settle()
    loan.refresh_from_db()
    assert loan.state == Loan.State.SETTLED
    assert loan.repayments.get().penalty == sum(row.charged for row in loan.accruals.all())
    assert not WorkItem.objects.filter(customer=loan.borrower, state=WorkItem.State.OPEN, group="DUE").exists()
    assert_everything_adds_up(loan)


def repay(world: World, loan: Loan, amount: Decimal) -> Repayment:
    """Pay from the balance."""
    return record_repayment(
        loan_id=loan.pk,
        amount=amount,
        idempotency_key=f"late-{loan.pk}",
        business_date=world.today,
        now=world.now,
        actor=loan.borrower.user,
    )


def test_early_settlement_costs_the_days_used(sandbox: SandboxControl) -> None:
    world = people.begin(sandbox, date(2026, 3, 2))
    loan = people.make_active_loan(world, product="zhouzhuan-xxhb", method="interest_only_bullet", amount="10000.00")
    for _day in range(10):
        people.next_day(world)
    price = get_settlement_price(loan=loan, business_date=world.today)
    days = (world.today - loan.start_date).days
    assert price.interest == (loan.principal * loan.annual_rate * days / 365).quantize(Decimal("0.01"))
    people.deposit(world, loan.borrower, str(price.total))
    settle_early(
        loan_id=loan.pk,
        expected_total=price.total,
        idempotency_key="early",
        business_date=world.today,
        now=world.now,
        actor=loan.borrower.user,
    )
    world.settle()
    loan.refresh_from_db()
    assert (loan.state, loan.settled_early) == (Loan.State.SETTLED, True)
    assert_everything_adds_up(loan)


def test_a_listing_that_is_not_filled_releases_every_fen_on_its_deadline(sandbox: SandboxControl) -> None:
    world = people.begin(sandbox, date(2026, 3, 2))
    borrower = people.make_borrower(world)
    application = people.apply_for(
        world, borrower, product="xinyong-debx", amount="10000.00", periods=6, method="equal_instalment"
    )
    listing = acts.accept(world, application)
    investor = people.make_investor(world, "50000.00")
    acts.bid(world, listing, investor, Decimal("4000.00"))
    assert balance_of(frozen_account(investor.pk)) == Decimal("4000.00")
    while world.today < listing.deadline_date:
        people.next_day(world)
    listing.refresh_from_db()
    assert listing.state == Listing.State.OPEN
    world.close_day()
    listing.refresh_from_db()
    assert listing.state == Listing.State.FAILED
    assert listing.ended_at.date() == listing.deadline_date
    assert balance_of(frozen_account(investor.pk)) == Decimal("0.00")
    assert balance_of(available_account(investor.pk)) == Decimal("50000.00")
    assert not Loan.objects.exists()
    assert pending_count() == 0
