"""Coupons that offers give by themselves: to newcomers, after years together; in batches, once, within the budget."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from core import clock
from core.models import OutboxEvent
from core.registries import MarketingBar, marketing_bars, tenure_notes
from customers.models import Customer, RegistrationStep, TimelineEntry
from marketing.models import Coupon, CouponIssue, CouponOffer, Reward
from marketing.operations import handing, issuing, offers, rewarding
from segmentation.models import Membership, Segment
from staff.queries import get_access
from tests.fixtures.borrowers import make_staff
from tests.lending.operations import markets
from tests.lending.operations.markets import DAY, D, at
from tests.marketing import offers as make
from tests.pictures import refused, unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def segment_of(offer: CouponOffer, people: list[Customer]) -> Segment:
    segment = Segment.objects.create(name="s", kind="STATIC", created_at=at(), created_by=offer.made_by)
    Membership.objects.bulk_create(Membership(segment=segment, customer=who, entered_at=at()) for who in people)
    return segment


def hand_out(offer: CouponOffer, people: list[Customer]) -> CouponIssue:
    segment = segment_of(offer, people)
    return issuing.ask_issue(offer_id=offer.pk, segment_id=segment.pk, actor=offer.made_by, now=at(), business_date=DAY)


def carry_out(issue: CouponIssue) -> CouponIssue:
    return issuing.carry_out_issue(issue_id=issue.pk, now=at(), business_date=DAY)


@pytest.mark.parametrize("many", [2, 40])
def test_a_batch_takes_the_same_queries_however_many_there_are(many: int) -> None:
    offer = make.run_offer()
    issue = hand_out(offer, [markets.make_borrower() for _n in range(many)])
    with CaptureQueriesContext(connection) as asked:
        carry_out(issue)
    assert Coupon.objects.count() == many
    assert len(asked) <= 12


def test_a_large_segment_goes_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "BATCH", 2)
    offer = make.run_offer()
    people = [markets.make_borrower() for _n in range(3)]
    Customer.objects.filter(pk=people[0].pk).update(status="FROZEN")
    issue = hand_out(offer, people)
    assert carry_out(issue).done_at is None
    assert carry_out(issue).counts == {"issued": 2, "not_identified": 1}
    assert OutboxEvent.objects.filter(name="marketing.issue_asked").count() == 2
    with unchanged():
        carry_out(issue)


def test_a_handing_out_stops_when_the_offer_no_longer_runs() -> None:
    offer = make.run_offer()
    issue = hand_out(offer, [markets.make_borrower()])
    offers.move_offer(offer_id=offer.pk, move="pause", actor=offer.made_by, now=at())
    stopped = carry_out(issue)
    assert stopped.done_at is not None and stopped.counts == {"not_running": 1}
    assert not Coupon.objects.exists()


def test_of_a_budget_that_is_used_up_nobody_gets_a_coupon() -> None:
    offer, customer = make.run_offer(), markets.make_borrower()
    CouponOffer.objects.filter(pk=offer.pk).update(reserved=offer.budget)
    with refused(offers.OfferUsedUp):
        make.give(offer, customer)
    with refused(offers.OfferUsedUp):
        issuing.ask_issue(
            offer_id=offer.pk, segment_id=segment_of(offer, [customer]).pk, actor=offer.made_by, now=at(), business_date=DAY
        )  # fmt: skip


@pytest.fixture
def barred() -> Iterator[set[int]]:
    """Customers to whom nothing unasked is sent."""
    ids: set[int] = set()
    bar = MarketingBar("", "", lambda asked, on: {pk: on + timedelta(days=9) for pk in asked if pk in ids})
    marketing_bars.register("test", bar)
    yield ids
    marketing_bars._items.pop("test")


def newcomer(**changes: Any) -> Customer:
    customer = markets.make_borrower()
    Customer.objects.filter(pk=customer.pk).update(**changes)
    RegistrationStep.objects.update_or_create(
        phone_index=customer.phone_index, step="IDENTITY", defaults={"customer": customer, "at": at()}
    )
    return customer


def greet(customer: Customer) -> None:
    rewarding.reward_customer(customer_id=customer.pk, occasion="IDENTITY", now=at(), business_date=DAY)


def test_a_newcomer_gets_the_coupon_of_the_activation_offer_once(barred: set[int]) -> None:
    new, lends, dealt, held = newcomer(), newcomer(is_borrower=False, is_investor=True), newcomer(), newcomer()
    barred.add(held.pk)
    RegistrationStep.objects.create(phone_index="d" * 40, step="FIRST_DEAL", customer=dealt, at=at())
    with unchanged():
        # No such offer runs.
        greet(new)
    offer = make.run_offer(occasion="IDENTITY")
    make.run_offer(occasion="IDENTITY", name="B")
    for _twice in range(2):
        for one in (new, lends, dealt, held):
            greet(one)
    reward = Reward.objects.get()
    assert (reward.customer, reward.occasion, reward.coupon) == (new, "IDENTITY", Coupon.objects.get())
    # The night finds the others only when nothing stands in the way any more.
    barred.clear()
    assert rewarding.ask_rewards(business_date=DAY, now=at()) == 2
    counts = rewarding.reward_waiting(offer_id=offer.pk, now=at(), business_date=DAY)
    assert counts == {"issued": 1, "no_borrower": 1}
    assert set(Reward.objects.values_list("customer", flat=True)) == {new.pk, held.pk}


def read_rewards(customer: Customer) -> tuple[list[str], str]:
    """Return what the head of the customer's page and the tab of coupons tell his own manager."""
    rm = make_staff("rm")
    Customer.objects.filter(pk=customer.pk).update(rm=rm.staff_member)
    access = get_access(rm)
    assert access is not None
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(rm)
    with clock.use_clock(at()), translation.override("en"):
        head = [str(words) for _key, find in tenure_notes.items() for words, _tab in find(access, customer.pk)]
        return head, client.get(f"/customers/{customer.public_id}/coupons/").content.decode()


def together(customer: Customer) -> Customer:
    """Let the customer's first deal be a year ago, as the labels tell it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO segmentation_standing (customer_id, first_deal_date, changed_at) VALUES (%s, %s, %s)",
            [customer.pk, DAY.replace(year=DAY.year - 1), at()],
        )
    return customer


def test_a_year_together_is_rewarded_within_the_budget_and_who_does_not_borrow_is_thanked(
    set_business_date: Callable[[date], None],
) -> None:
    set_business_date(DAY)
    offer = make.run_offer(occasion="YEARS_1", first_deal_only=False, budget=D("1000.00"), most_per_coupon=D("500.00"))
    people = [together(newcomer(is_borrower=True)) for _n in range(3)]
    investor = together(newcomer(is_borrower=False, is_investor=True))
    for _twice in range(2):
        rewarding.reward_waiting(offer_id=offer.pk, now=at(), business_date=DAY)
    # Two coupons used to the full would cost the whole budget.
    assert Coupon.objects.filter(offer=offer).count() == 2
    assert set(Reward.objects.filter(coupon=None).values_list("customer", flat=True)) == {investor.pk}
    assert TimelineEntry.objects.get(text_code="marketing.thanked").customer == investor
    for who, said in (
        (investor, "one year with us: thanked, does not borrow"),
        (people[0], "one year with us: coupon"),
    ):
        head, tab = read_rewards(who)
        assert head == [said] and said in tab
    # More budget, and the third has his as well.
    CouponOffer.objects.filter(pk=offer.pk).update(budget=D("1500.00"))
    assert rewarding.reward_waiting(offer_id=offer.pk, now=at(), business_date=DAY) == {"issued": 1}
    assert set(Coupon.objects.values_list("customer", flat=True)) == {one.pk for one in people}
    with unchanged():
        rewarding.reward_waiting(offer_id=offer.pk, now=at(), business_date=DAY)


def test_an_offer_lies_within_five_years() -> None:
    actor = make.draft_offer().made_by
    with refused(offers.OfferInvalid):
        make.draft_offer(actor=actor, valid_until=DAY + timedelta(days=6 * 366))
    with refused(offers.OfferInvalid):
        make.draft_offer(actor=actor, coupon_days=3650)
    assert handing.BATCH == 10_000
