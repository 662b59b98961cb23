"""Listings: opened by an acceptance, ended by their deadline or their borrower with every fen released the same day."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core import close
from core.errors import NotFound
from core.models import OutboxEvent
from ledger.models import Transfer
from ledger.queries import balance_of_customer
from lending.models import Application, Bid, Listing, Offer
from lending.operations import products
from lending.operations.listings import (
    ListingNotOpen,
    ListingsPaused,
    cancel_listing,
    end_listing,
    fail_due_listings,
)
from tests.lending.operations import markets
from tests.lending.operations.books import set_business_date
from tests.lending.operations.markets import DAY, accept, apply_for, approve, at, bid, make_borrower, make_investor
from tests.pictures import refused, unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
D = Decimal


def test_an_acceptance_opens_a_listing_on_the_offers_terms() -> None:
    offer = approve(apply_for(make_borrower()))
    listing = accept(offer)
    assert listing.state == Listing.State.OPEN
    assert (listing.amount, listing.annual_rate, listing.periods, listing.method) == (
        offer.amount,
        offer.annual_rate,
        offer.periods,
        offer.method,
    )
    assert (listing.funded, listing.bid_count) == (D("0.00"), 0)
    assert listing.deadline_date > DAY
    assert OutboxEvent.objects.filter(name="lending.listing_opened", payload__listing_id=listing.pk).count() == 1


def test_a_paused_product_opens_no_listing_until_it_is_resumed() -> None:
    borrower = make_borrower()
    offer = approve(apply_for(borrower))
    product_id = offer.application.product_id
    products.pause_product(product_id=product_id, reason="overdue", actor=borrower.user, now=at())
    with refused(ListingsPaused):
        accept(offer)
    with unchanged():
        assert not products.pause_product(product_id=product_id, reason="again", actor=borrower.user, now=at())
    products.resume_product(product_id=product_id, reason="better", actor=borrower.user, now=at())
    with unchanged():
        assert not products.resume_product(product_id=product_id, reason="again", actor=borrower.user, now=at())
    assert accept(offer).state == Listing.State.OPEN


def make_half_full(shares: tuple[str, ...] = ("1000.00", "2500.00")) -> tuple[Listing, dict[int, Decimal]]:
    """Return an open listing with bids, and who bid what; one investor bids twice."""
    listing = markets.make_listing()
    investors = [make_investor("5000.00") for _share in shares]
    for investor, share in zip(investors, shares, strict=True):
        bid(listing, investor, share)
    bid(listing, investors[0], "300.00")
    return listing, markets.sum_by_investor(Bid.objects.filter(listing=listing))


def assert_released(listing: Listing, lent: dict[int, Decimal], state: str, *, on: object) -> None:
    """Check that the listing has ended and that every investor has his money back."""
    listing.refresh_from_db()
    assert (listing.state, listing.funded) == (state, D("0.00"))
    assert set(Bid.objects.filter(listing=listing).values_list("state", flat=True)) == {Bid.State.RELEASED}
    for investor_id in lent:
        balance = balance_of_customer(investor_id)
        assert (balance.available, balance.frozen) == (D("5000.00"), D("0.00"))
    released = Transfer.objects.filter(type="UNFREEZE")
    assert released.count() == Bid.objects.filter(listing=listing).count()
    assert set(released.values_list("business_date", flat=True)) == {on}
    assert OutboxEvent.objects.filter(name="lending.listing_ended", payload__listing_id=listing.pk).count() == 1


def test_a_listing_fails_on_its_deadline_by_the_close_of_that_day() -> None:
    listing, lent = make_half_full()
    assert sum(lent.values()) == D("3800.00")
    early = listing.deadline_date - timedelta(days=1)
    with unchanged():
        assert fail_due_listings(now=at(early, 23), business_date=early) == 0
    set_business_date(listing.deadline_date)
    close.close_date(business_date=listing.deadline_date, now=at(listing.deadline_date, 23))
    assert_released(listing, lent, Listing.State.FAILED, on=listing.deadline_date)
    late = listing.deadline_date + timedelta(days=1)
    with unchanged():
        assert fail_due_listings(now=at(late, 23), business_date=late) == 0


def test_a_filled_listing_does_not_fail_on_its_deadline() -> None:
    listing = markets.make_listing()
    bid(listing, make_investor("10000.00"), "10000.00")
    with unchanged():
        assert fail_due_listings(now=at(listing.deadline_date, 23), business_date=listing.deadline_date) == 0


def test_the_borrower_takes_his_listing_back() -> None:
    listing, lent = make_half_full()
    cancel_listing(listing_id=listing.pk, customer_id=listing.borrower_id, now=at(), business_date=DAY)
    assert_released(listing, lent, Listing.State.CANCELLED, on=DAY)
    assert Application.objects.get(pk=listing.application_id).ended_at == at()
    with refused(ListingNotOpen):
        cancel_listing(listing_id=listing.pk, customer_id=listing.borrower_id, now=at(), business_date=DAY)


def test_nobody_else_takes_it_back_and_nobody_a_full_one() -> None:
    listing, _lent = make_half_full()
    stranger = make_borrower()
    with refused(NotFound):
        cancel_listing(listing_id=listing.pk, customer_id=stranger.pk, now=at(), business_date=DAY)
    with refused(NotFound):
        cancel_listing(listing_id=10**9, customer_id=listing.borrower_id, now=at(), business_date=DAY)
    bid(listing, make_investor("7000.00"), "6200.00")
    with refused(ListingNotOpen):
        cancel_listing(listing_id=listing.pk, customer_id=listing.borrower_id, now=at(), business_date=DAY)


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "PAID_OUT"])
def test_what_has_ended_does_not_end_again(state: str) -> None:
    listing = markets.make_listing()
    funded = listing.amount if state == "PAID_OUT" else D("0.00")
    Listing.objects.filter(pk=listing.pk).update(state=state, funded=funded)
    with refused(ListingNotOpen):
        end_listing(listing_id=listing.pk, state="FAILED", reason="DEADLINE", actor=None, now=at(), business_date=DAY)


def test_an_offer_opens_one_listing() -> None:
    listing = markets.make_listing()
    assert Listing.objects.filter(application=listing.application).count() == 1
    assert Offer.objects.get(application=listing.application).state == Offer.State.ACCEPTED
