"""Many at once on real connections: room in a listing, money of an investor, one payout."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest
from django.db import connections

from core import clock
from core.errors import BusinessError
from core.events import name_of
from core.models import OutboxEvent, User
from core.outbox import EventContext
from customers.models import Customer
from ledger.models import Transfer, TransferType
from ledger.queries import balance_of
from ledger.rules.accounts import available_account, frozen_account
from lending.events import ListingFilled, PayoutAsked
from lending.handlers import pay_out
from lending.models import Bid, Listing, Loan
from lending.operations import payout
from lending.operations.bids import place_bid
from simulation import people as acts
from simulation.world import World
from tests.chaos.stage import Stage, make_signed_loan
from tests.invariants import check_invariants
from tests.journeys import people

INVESTORS, BIDS_EACH, THREADS = 20, 10, 20


def at_once(calls: Sequence[Callable[[], object]], *, threads: int) -> Counter[str]:
    """Run the calls on as many connections as there are threads, all starting together; count how they ended."""
    barrier = Barrier(threads)

    def begin() -> None:
        barrier.wait(timeout=30)

    def run(call: Callable[[], object]) -> str:
        try:
            call()
            return "done"
        except BusinessError as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads, initializer=begin) as pool:
        return Counter(pool.map(run, calls))


def bid(world: World, day: object, listing: Listing, investor: Customer, amount: str, key: str) -> None:
    with clock.use_clock(world.now):
        place_bid(
            listing_id=listing.pk,
            investor_id=investor.pk,
            amount=Decimal(amount),
            risk_notice_version=acts.NOTICE_VERSION,
            idempotency_key=key,
            now=world.now,
            business_date=day,
        )


def make_listing(stage: Stage, amount: str) -> Listing:
    borrower = people.make_borrower(stage.world)
    application = people.apply_for(
        stage.world, borrower, product="xinyong-debx", amount=amount, periods=6, method="equal_instalment"
    )
    return acts.accept(stage.world, application)


@pytest.mark.slow
def test_two_hundred_bids_at_once_never_over_fill_nor_overdraw(stage: Stage) -> None:
    listing = make_listing(stage, "10000.00")
    # The poor can take 7 200 and have tries to spare, the rich up to 4 000: there is money for more than the listing.
    poor = [people.make_investor(stage.world, "400.00") for _ in range(INVESTORS - 2)]
    rich = [people.make_investor(stage.world, "9000.00") for _ in range(2)]
    investors = [*poor, *rich]
    day = stage.world.today
    calls = [
        partial(
            bid, stage.world, day, listing, investor, "200.00" if investor in rich else "100.00", f"race-{turn}-{n}"
        )
        for turn in range(BIDS_EACH)
        for n, investor in enumerate(investors)
    ]
    assert len(calls) == 200
    outcomes = at_once(calls, threads=THREADS)
    listing.refresh_from_db()
    live = Bid.objects.filter(listing=listing)
    assert sum(outcomes.values()) == 200
    assert outcomes["done"] == live.count() == listing.bid_count
    assert listing.funded == sum(row.amount for row in live) == listing.amount
    assert listing.state == Listing.State.FILLED
    assert OutboxEvent.objects.filter(name=name_of(ListingFilled)).count() == 1
    assert set(outcomes) <= {
        "done", "insufficient_funds", "listing_has_no_room", "listing_not_open", "bid_amount_invalid"
    }, outcomes  # fmt: skip
    for investor in investors:
        start = Decimal("9000.00") if investor in rich else Decimal("400.00")
        frozen = balance_of(frozen_account(investor.pk))
        assert frozen == sum((row.amount for row in live.filter(investor=investor)), Decimal(0))
        assert balance_of(available_account(investor.pk)) == start - frozen >= 0
    check_invariants()


@pytest.mark.slow
def test_a_double_clicked_payout_pays_once(stage: Stage) -> None:
    loan = make_signed_loan(stage)
    world, day = stage.world, stage.world.today
    key = payout.payout_key(loan)
    context = EventContext(1, world.now, day, "double-click", User.objects.get(username="system"))
    event = PayoutAsked(loan_id=loan.pk)

    def click() -> None:
        with clock.use_clock(world.now):
            pay_out(event, context)

    def record() -> None:
        with clock.use_clock(world.now):
            payout.record_payout(loan_id=loan.pk, custody_reference=key, now=world.now, business_date=day)

    assert at_once([click, click, click, click], threads=4) == {"done": 4}
    assert at_once([record, record], threads=2) == {"done": 2}
    world.settle()
    loan.refresh_from_db()
    assert loan.state == Loan.State.ACTIVE
    assert Transfer.objects.filter(type=TransferType.LOAN_PAYOUT).count() == 1
    assert loan.instalments.count() == loan.periods
    check_invariants()
