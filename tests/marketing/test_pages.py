"""Pages and interface of coupons: who may, what they do, that others' customers stay out of sight."""

from typing import Any

import pytest
from django.test import Client

from core.models import User
from customers.models import Customer
from ledger.models import Account
from ledger.operations.own_funds import OWN_FUNDS, pay_in_own_funds
from marketing.models import Coupon, CouponIssue, CouponOffer
from segmentation.models import Membership, Segment
from staff.models import Approval
from tests.fixtures.borrowers import make_staff
from tests.lending.operations import markets
from tests.lending.operations.markets import DAY, D, at
from tests.marketing import offers as make
from tests.pictures import unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "frozen_clock")]


def as_user(user: User) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user)
    return client


def customer_of(rm: User) -> Customer:
    customer = markets.make_borrower()
    Customer.objects.filter(pk=customer.pk).update(rm=rm.staff_member)
    return customer


FORM = {
    "name": "首借贴息",
    "discount_points": "3",
    "most_per_coupon": "200.00",
    "budget": "1000.00",
    "valid_from": DAY.isoformat(),
    "valid_until": "2026-06-30",
    "coupon_days": "30",
    "most_per_customer": "1",
    "first_deal_only": "on",
}


def test_an_offer_from_draft_to_end_by_the_pages() -> None:
    marketer, manager = make_staff("operations"), make_staff("manager")
    assert as_user(make_staff("rm")).get("/coupons/new/").status_code == 403
    client, checker = as_user(marketer), as_user(manager)
    assert client.get("/coupons/new/").status_code == 200
    wrong = client.post("/coupons/new/", {**FORM, "budget": "-1"})
    assert wrong.status_code == 422 and not CouponOffer.objects.exists()
    assert client.post("/coupons/new/", {**FORM, "valid_until": "2026-01-01"}).status_code == 422
    assert client.post("/coupons/new/", FORM).status_code == 302
    offer = CouponOffer.objects.get()
    assert (offer.discount_rate, offer.first_deal_only, offer.covered_months) == (D("0.03"), True, None)
    here = f"/coupons/{offer.public_id}/"
    assert as_user(make_staff("rm")).post(f"{here}submit/").status_code == 403
    client.post(f"{here}submit/")
    client.post("/coupons/own-money/", {"amount": "1000", "reason": "campaign"})
    asked = Approval.objects.get(kind=OWN_FUNDS)
    assert (asked.payload, asked.target_type) == ({"amount": "1000.00"}, Account._meta.label_lower)
    # Not covered yet, so that the approval changes nothing.
    checker.post(f"{here}approve/")
    offer.refresh_from_db()
    assert offer.state == "DRAFT"
    pay_in_own_funds(amount=D("1000.00"), key="own", actor=None, now=at())
    checker.post(f"{here}reject/", {"note": "x" * 1000})
    assert Approval.objects.get(state=Approval.State.REJECTED).decision_note == "x" * 300
    client.post(f"{here}submit/")
    for act, state in (("approve", "APPROVED"), ("pause", "APPROVED")):
        checker.post(f"{here}{act}/")
        offer.refresh_from_db()
        assert offer.state == state
    for act, state in (("pause", "PAUSED"), ("resume", "APPROVED"), ("end", "ENDED")):
        client.post(f"{here}{act}/")
        offer.refresh_from_db()
        assert offer.state == state
    assert client.post(f"{here}burn/").status_code == 404
    assert "首借贴息" in client.get("/coupons/").content.decode()


def test_an_rm_gives_his_own_customer_a_coupon_and_sees_no_others() -> None:
    rm, other = make_staff("rm"), make_staff("rm")
    offer, mine, his = make.run_offer(), customer_of(rm), customer_of(other)
    client = as_user(rm)
    page = f"/customers/{mine.public_id}/coupons/"
    assert offer.name in client.get(page).content.decode()
    client.post(f"{page}give/", {"offer": offer.public_id})
    assert Coupon.objects.get().customer == mine
    with unchanged():
        client.post(f"{page}give/", {"offer": "x" * 22})
        assert client.post(f"/customers/{his.public_id}/coupons/give/", {"offer": offer.public_id}).status_code == 404
    make.give(offer, his)
    shown = client.get(f"/coupons/{offer.public_id}/").content.decode()
    assert f"/customers/{mine.public_id}/" in shown and f"/customers/{his.public_id}/" not in shown


def test_a_segment_is_chosen_on_the_page() -> None:
    offer, customer = make.run_offer(), markets.make_borrower()
    segment = Segment.objects.create(name="新客", kind="STATIC", created_at=at(), created_by=offer.made_by)
    Membership.objects.create(segment=segment, customer=customer, entered_at=at())
    here = f"/coupons/{offer.public_id}/"
    as_user(offer.made_by).post(f"{here}issue/", {"segment": segment.public_id})
    assert CouponIssue.objects.get().segment == segment
    assert "新客" in as_user(offer.made_by).get(here).content.decode()


@pytest.mark.parametrize("many", [1, 12])
def test_the_number_of_queries_does_not_grow(many: int, django_assert_max_num_queries: Any) -> None:
    rm, offer = make_staff("rm"), make.run_offer()
    for _n in range(many):
        make.give(offer, customer_of(rm))
    client = as_user(rm)
    with django_assert_max_num_queries(20):
        assert client.get(f"/coupons/{offer.public_id}/").status_code == 200
    with django_assert_max_num_queries(14):
        assert client.get("/coupons/").status_code == 200
