"""Bids: money is set aside and room is taken, both or nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import NotFound, Refused
from core.models import OutboxEvent
from customers.models import Consent, Customer, InvestorAssessment
from customers.operations.cards import ConsentMissing, NotIdentified
from ledger.operations.posting import InsufficientFunds
from ledger.queries import balance_of_customer
from lending.models import Bid, Listing, Product
from lending.operations import products
from lending.operations.bids import BidAmountInvalid, NoRoom, NotSuitable, OwnListing, RiskNoticeNotConfirmed
from lending.operations.listings import ListingNotOpen
from tests.lending.operations import markets
from tests.lending.operations.markets import DAY, bid, make_investor, make_listing
from tests.pictures import refused, unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
D = Decimal


def test_a_bid_freezes_the_money_takes_room_and_tells() -> None:
    listing, investor = make_listing(), make_investor("9000.00")
    placed = bid(listing, investor, "4000.00")
    listing.refresh_from_db()
    assert (listing.funded, listing.bid_count, listing.state) == (D("4000.00"), 1, Listing.State.OPEN)
    balance = balance_of_customer(investor.pk)
    assert (balance.available, balance.frozen) == (D("5000.00"), D("4000.00"))
    assert not placed.has_filled
    assert OutboxEvent.objects.filter(name="lending.bid_placed", payload__bid_id=placed.bid.pk).count() == 1
    assert Customer.objects.get(pk=investor.pk).is_investor


def test_the_last_bid_fills_the_listing_and_nobody_comes_after_him() -> None:
    listing = make_listing()
    bid(listing, make_investor("9000.00"), "9000.00")
    assert bid(listing, make_investor("1000.00"), "1000.00").has_filled
    listing.refresh_from_db()
    assert (listing.funded, listing.state) == (listing.amount, Listing.State.FILLED)
    late = make_investor("1000.00")
    with refused(ListingNotOpen):
        bid(listing, late, "100.00")


@pytest.mark.parametrize("state", ["FILLED", "FAILED", "CANCELLED", "PAID_OUT"])
def test_only_an_open_listing_takes_bids(state: str) -> None:
    listing, investor = make_listing(), make_investor("1000.00")
    funded = listing.amount if state in {"FILLED", "PAID_OUT"} else D("0.00")
    Listing.objects.filter(pk=listing.pk).update(state=state, funded=funded)
    with refused(ListingNotOpen):
        bid(listing, investor, "1000.00")


def test_the_deadline_is_the_last_day_for_bids() -> None:
    listing, investor = make_listing(), make_investor("2000.00")
    with refused(ListingNotOpen):
        bid(listing, investor, "1000.00", business_date=listing.deadline_date + timedelta(days=1))
    assert bid(listing, investor, "1000.00", business_date=listing.deadline_date).bid.state == Bid.State.LIVE


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        ("10100.00", (BidAmountInvalid, NoRoom)),
        ("7000.00", NoRoom),
        ("99.99", BidAmountInvalid),
        ("50.00", BidAmountInvalid),
        ("150.50", BidAmountInvalid),
        ("100.005", BidAmountInvalid),
        ("0.00", BidAmountInvalid),
        ("-100.00", BidAmountInvalid),
    ],
)
def test_an_amount_that_does_not_fit_is_refused(amount: str, refusal: Any) -> None:
    listing, investor = make_listing(), make_investor("50000.00")
    bid(listing, make_investor("4000.00"), "4000.00")
    with refused(*refusal if isinstance(refusal, tuple) else (refusal,)):
        bid(listing, investor, amount)


def test_exactly_the_rest_is_taken_though_it_is_off_the_step() -> None:
    listing, investor = make_listing(), make_investor("50000.00")
    Listing.objects.filter(pk=listing.pk).update(funded=D("9999.01"))
    with refused(BidAmountInvalid):
        bid(listing, investor, "0.98")
    assert bid(listing, investor, "0.99").has_filled


def test_one_investor_takes_at_most_his_share_of_a_listing_in_all_his_bids() -> None:
    Product.objects.update(bid_max_share=D("0.2000"))
    listing, investor, other = make_listing(), make_investor("50000.00"), make_investor("50000.00")
    bid(listing, investor, "1500.00")
    with refused(BidAmountInvalid):
        bid(listing, investor, "600.00")
    with refused(BidAmountInvalid):
        bid(listing, other, "2100.00")
    bid(listing, investor, "500.00")
    assert balance_of_customer(investor.pk).frozen == D("2000.00")


def test_nobody_lends_to_himself() -> None:
    borrower = make_investor("5000.00")
    listing = make_listing(borrower=borrower)
    with refused(OwnListing):
        bid(listing, borrower, "1000.00")


def test_money_that_is_not_there_is_not_lent() -> None:
    listing, investor = make_listing(), make_investor("999.99")
    with refused(InsufficientFunds):
        bid(listing, investor, "1000.00")
    other = make_investor("1500.00")
    bid(listing, other, "1000.00")
    with refused(InsufficientFunds):
        bid(listing, other, "1000.00")


def test_an_unknown_listing_is_not_found() -> None:
    listing, investor = make_listing(), make_investor("1000.00")
    with refused(NotFound):
        bid(listing, investor, "1000.00", listing_id=10**9)


@pytest.mark.parametrize("status", [value for value in Customer.Status.values if value != "IDENTIFIED"])
def test_only_the_identified_lend(status: str) -> None:
    listing, investor = make_listing(), make_investor("1000.00")
    Customer.objects.filter(pk=investor.pk).update(status=status)
    with refused(NotIdentified):
        bid(listing, investor, "1000.00")


def test_without_the_consent_to_sign_and_the_notice_of_the_risk_nobody_lends() -> None:
    listing, investor = make_listing(), make_investor("1000.00")
    with refused(RiskNoticeNotConfirmed):
        bid(listing, investor, "1000.00", risk_notice_version="2020-1")
    Consent.objects.filter(customer=investor, purpose="SIGNATURE").update(withdrawn_at=markets.at())
    with refused(ConsentMissing):
        bid(listing, investor, "1000.00")


class TestSuitability:
    """办法 art. 26: no assessment, no service; the tier limits risk, single bids and the sum of them."""

    def test_an_investor_without_an_assessment(self) -> None:
        listing, stranger = make_listing(), markets.make_borrower("1000.00")
        with refused(NotSuitable):
            bid(listing, stranger, "1000.00")

    def test_an_assessment_that_has_run_out(self) -> None:
        listing, investor = make_listing(), make_investor("1000.00")
        InvestorAssessment.objects.filter(customer=investor).update(valid_until_date=DAY - timedelta(days=1))
        with refused(NotSuitable):
            bid(listing, investor, "1000.00")
        InvestorAssessment.objects.filter(customer=investor).update(valid_until_date=DAY)
        assert bid(listing, investor, "1000.00").bid.pk

    def test_a_listing_above_the_tier(self) -> None:
        listing, careful = make_listing(grade="B"), make_investor("1000.00", answers="a")
        with refused(NotSuitable):
            bid(listing, careful, "1000.00")

    def test_a_bid_above_the_single_limit_and_bids_above_the_total_limit(self) -> None:
        big, bigger = make_listing(amount="60000.00", grade="A"), make_listing(amount="45000.00", grade="A")
        careful = make_investor("200000.00", answers="a")
        assert InvestorAssessment.objects.get(customer=careful).tier == "C1"
        with refused(NotSuitable):
            bid(big, careful, "20100.00")
        bid(big, careful, "20000.00")
        bid(bigger, careful, "20000.00")
        with refused(NotSuitable):
            bid(big, careful, "10100.00")
        bid(big, careful, "10000.00")
        assert balance_of_customer(careful.pk).frozen == D("50000.00")


class TestSameKey:
    """A key bids once."""

    def test_twice_the_same(self) -> None:
        listing, investor = make_listing(), make_investor("9000.00")
        first = bid(listing, investor, "1000.00", idempotency_key="k")
        with unchanged():
            assert bid(listing, investor, "1000.00", idempotency_key="k").bid == first.bid

    def test_the_answer_stays_after_the_listing_has_ended(self) -> None:
        listing, investor = make_listing(), make_investor("10000.00")
        first = bid(listing, investor, "10000.00", idempotency_key="k")
        assert first.has_filled
        with unchanged():
            assert bid(listing, investor, "10000.00", idempotency_key="k").bid == first.bid

    @pytest.mark.parametrize("other", ["amount", "listing", "investor"])
    def test_for_something_else(self, other: str) -> None:
        listing, investor = make_listing(), make_investor("9000.00")
        changes = {
            "amount": {"amount": D("1100.00")},
            "listing": {"listing_id": make_listing().pk},
            "investor": {"investor_id": make_investor("9000.00").pk},
        }
        bid(listing, investor, "1000.00", idempotency_key="k")
        with refused(Refused):
            bid(listing, investor, "1000.00", **{"idempotency_key": "k", **changes[other]})


def test_a_paused_product_goes_on_raising_what_is_listed() -> None:
    listing, investor = make_listing(), make_investor("1000.00")
    products.pause_product(product_id=listing.product_id, reason="overdue", actor=investor.user, now=markets.at())
    assert bid(listing, investor, "1000.00").bid.state == Bid.State.LIVE
