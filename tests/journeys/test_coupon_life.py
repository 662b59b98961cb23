"""A coupon's whole life at a real sandbox: given, used by HTTP, paid by the platform on time, nothing when late, released."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from core import clock
from core.api.tokens import issue_token
from core.outbox import pending_count
from customers.models import Customer, TimelineEntry
from integrations.sandbox.client import SandboxControl
from ledger.models import CustodyPosting, ReconciliationRun
from ledger.operations.own_funds import pay_in_own_funds
from ledger.queries import balance_of, balance_of_customer
from ledger.rules.accounts import PLATFORM_OWN
from lending.models import Loan
from marketing.models import Coupon, CouponOffer
from marketing.operations import issuing, offers
from simulation import people as acts
from simulation.world import World
from tests.api.people import Caller
from tests.fixtures.borrowers import make_staff
from tests.journeys import people

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
D = Decimal


def run_offer(world: World) -> CouponOffer:
    """An offer drafted by one and approved by another, its budget paid in."""
    drafter = make_staff("operations")
    offer = offers.create_offer(
        name="首借贴息", discount_rate=D("0.03"), most_per_coupon=D("300.00"), budget=D("1000.00"),
        valid_from=world.today, valid_until=world.today + timedelta(days=30), actor=drafter, now=world.now,
    )  # fmt: skip
    pay_in_own_funds(amount=offer.budget, key="own", actor=None, now=world.now)
    asked = offers.submit_offer(offer_id=offer.pk, reason="r", actor=drafter, now=world.now)
    offers.decide_offer(approval_id=asked.pk, is_approved=True, note="", actor=make_staff("manager"), now=world.now)
    return offer


def pay_due(world: World, caller: Caller, loan: Loan, n: int) -> Decimal:
    """Pay an instalment in full by HTTP from fresh money and return what the platform gave for it."""
    owed = loan.instalments.get(n=n).unpaid
    people.deposit(world, loan.borrower, str(owed))
    before = balance_of_customer(loan.borrower_id).available
    with clock.use_clock(world.now):
        caller.post(f"me/loans/{loan.public_id}/repayments/", {"amount": str(owed)})
    world.settle()
    return balance_of_customer(loan.borrower_id).available - before + owed


def use_by_http(caller: Caller, borrower: Customer) -> dict[str, Any]:
    """Look at one's coupons, see what one saves on the application, use it."""
    (mine,) = caller.get("me/coupons/")["results"]
    application = caller.get("me/applications/")["results"][0]
    (choice,) = caller.get(f"me/applications/{application['id']}/coupons/")
    assert choice["id"] == mine["id"] and choice["reasons"] == []
    used = caller.post(f"me/applications/{application['id']}/coupons/", {"coupon": mine["id"]})
    assert used["state"] == "RESERVED" and used["reserved"] == choice["saving"]
    assert borrower.coupons.get().reserved == D(choice["saving"])
    again = caller.call("post", f"me/applications/{application['id']}/coupons/", {"coupon": "x" * 22})
    assert again.status_code == 404
    return used


def test_a_coupon_pays_on_time_repayments_and_its_rest_comes_back(sandbox: SandboxControl) -> None:
    world = people.begin(sandbox, date(2026, 3, 2))
    borrower = people.make_borrower(world, with_debit=False)
    offer = run_offer(world)
    issuing.give_coupon(
        offer_id=offer.pk, customer_id=borrower.pk, actor=make_staff("rm"), now=world.now, business_date=world.today
    )
    application = people.apply_for(
        world, borrower, product="xinyong-debx", amount="10000.00", periods=3, method="equal_instalment"
    )
    caller = Caller(token=issue_token(user=borrower.user, scopes=[], now=world.now)["token"])
    with clock.use_clock(world.now):
        use_by_http(caller, borrower)
    listing = acts.accept(world, application)
    acts.bid(world, listing, people.make_investor(world, "20000.00"), D("10000.00"))
    loan = acts.sign(world, listing)
    world.settle()
    coupon = Coupon.objects.get()
    assert coupon.loan_id == loan.pk

    rows = list(loan.instalments.order_by("n"))
    earned = []
    for row, days_late in zip(rows, (0, 3, 0), strict=True):
        while world.today < row.due_date + timedelta(days=days_late):
            people.next_day(world)
        earned.append(pay_due(world, caller, loan, row.n))
    expected = [(row.interest * D("0.03") / loan.annual_rate).quantize(D("0.01"), "ROUND_DOWN") for row in rows]
    assert earned == [expected[0], D("0.00"), expected[2]]

    coupon.refresh_from_db()
    offer.refresh_from_db()
    loan.refresh_from_db()
    assert loan.state == Loan.State.SETTLED
    assert (coupon.state, coupon.reserved, coupon.spent) == (Coupon.State.USED, D("0.00"), sum(earned))
    assert (offer.reserved, offer.spent) == (D("0.00"), sum(earned))
    assert balance_of(PLATFORM_OWN) == offer.budget - sum(earned)
    with clock.use_clock(world.now):
        (mine,) = caller.get("me/coupons/")["results"]
    assert (mine["state"], mine["spent"]) == ("USED", str(sum(earned)))
    codes = set(TimelineEntry.objects.filter(customer=borrower).values_list("text_code", flat=True))
    assert {
        "marketing.coupon_issued",
        "marketing.coupon_redeemed",
        "marketing.subsidy_paid",
        "marketing.coupon_ended",
    } <= codes

    # The custodian carries the subsidies out, and the days' statements agree.
    people.next_day(world)
    subsidies = CustodyPosting.objects.filter(transfer__type="INTEREST_SUBSIDY")
    assert set(subsidies.values_list("state", flat=True)) == {"EXECUTED"} and subsidies.count() == 2
    assert not ReconciliationRun.objects.filter(differences__isnull=False).exists()
    assert pending_count() == 0
    call_command("check_ledger")
