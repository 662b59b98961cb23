"""Offers: accepted once, in time, by their own borrower, on the terms he read."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import NotFound
from core.models import OutboxEvent, Parameter
from lending.models import Application, Listing, Offer
from lending.operations.applications import NotOpen, withdraw_application
from lending.operations.exposure import ExposureTooHigh
from lending.operations.offers import DisclosureChanged, OfferNotOpen, expire_offers
from tests.lending.operations.markets import DAY, accept, apply_for, approve, at, make_borrower
from tests.pictures import refused, unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


@pytest.fixture
def offer(house: None) -> Offer:
    """An open offer."""
    return approve(apply_for(make_borrower()))


def test_an_acceptance_is_kept_with_what_was_disclosed(offer: Offer) -> None:
    listing = accept(offer)
    offer.refresh_from_db()
    assert (offer.state, offer.accepted_at) == (Offer.State.ACCEPTED, at())
    assert Application.objects.get(pk=offer.application_id).state == Application.State.ACCEPTED
    assert listing.application_id == offer.application_id
    assert OutboxEvent.objects.filter(name="lending.offer_accepted", payload__offer_id=offer.pk).count() == 1


def test_an_offer_is_accepted_once(offer: Offer) -> None:
    accept(offer)
    with refused(OfferNotOpen):
        accept(offer)
    assert Listing.objects.filter(application=offer.application_id).count() == 1


def test_an_offer_is_open_until_its_last_instant(offer: Offer) -> None:
    with refused(OfferNotOpen):
        accept(offer, now=offer.expires_at, business_date=offer.expires_at.date())
    with refused(OfferNotOpen):
        accept(offer, now=offer.expires_at + timedelta(days=30), business_date=DAY + timedelta(days=37))
    assert accept(offer, now=offer.expires_at - timedelta(seconds=1)).pk


def test_an_expired_offer_ends_with_its_application(offer: Offer) -> None:
    with unchanged():
        assert expire_offers(now=offer.expires_at - timedelta(seconds=1)) == 0
    assert expire_offers(now=offer.expires_at) == 1
    offer.refresh_from_db()
    assert offer.state == Offer.State.EXPIRED
    assert Application.objects.get(pk=offer.application_id).state == Application.State.EXPIRED
    with refused(OfferNotOpen):
        accept(offer, now=at())
    with unchanged():
        assert expire_offers(now=offer.expires_at + timedelta(days=1)) == 0


def test_an_accepted_offer_does_not_expire(offer: Offer) -> None:
    accept(offer)
    with unchanged():
        assert expire_offers(now=offer.expires_at + timedelta(days=1)) == 0


def test_nobody_accepts_anothers_offer(offer: Offer) -> None:
    stranger = make_borrower()
    with refused(NotFound):
        accept(offer, customer_id=stranger.pk)
    with refused(NotFound):
        accept(offer, offer_id=10**9)


def test_other_terms_than_those_disclosed_are_not_accepted(offer: Offer) -> None:
    for confirmed in ("", "0" * 64, offer.disclosure_hash.upper()):
        with refused(DisclosureChanged):
            accept(offer, disclosure_hash=confirmed)


def test_after_a_withdrawal_there_is_nothing_to_accept(offer: Offer) -> None:
    application = offer.application
    with CaptureQueriesContext(connection) as asked:
        withdraw_application(application_id=application.pk, customer_id=application.customer_id, now=at())
    # The order in which an acceptance locks, that neither waits for what the other holds.
    locks = [re.findall(r'FROM "(\w+)"', one["sql"])[0] for one in asked if "FOR NO KEY UPDATE" in one["sql"]]
    assert locks == ["customers_customer", "lending_offer", "lending_application"]
    offer.refresh_from_db()
    assert offer.state == Offer.State.WITHDRAWN
    with refused(OfferNotOpen):
        accept(offer)


def test_an_accepted_application_is_not_withdrawn_nor_a_foreign_one(offer: Offer) -> None:
    application, stranger = offer.application, make_borrower()
    with refused(NotFound):
        withdraw_application(application_id=application.pk, customer_id=stranger.pk, now=at())
    accept(offer)
    with refused(NotOpen):
        withdraw_application(application_id=application.pk, customer_id=application.customer_id, now=at())


def test_the_legal_caps_are_judged_again_at_the_acceptance(offer: Offer) -> None:
    cap = Parameter.objects.filter(rule_code="lending.cap_one_platform_person").latest("valid_from")
    Parameter.objects.create(
        rule_code=cap.rule_code, value="9999.99", valid_from=DAY, source="a law that came in between"
    )
    with refused(ExposureTooHigh):
        accept(offer)


def test_two_offers_under_one_cap_are_not_both_accepted() -> None:
    borrower = make_borrower()
    first = approve(apply_for(borrower, amount="120000.00"))
    accept(first)
    with refused(ExposureTooHigh):
        apply_for(borrower, amount="80100.00", product="jingying-debj", periods=6)
    assert Decimal("120000.00") == Listing.objects.get(borrower=borrower).amount
