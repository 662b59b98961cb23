"""Coupons by HTTP: refusals in plain words, staff within their reach, one effect a key."""

from collections.abc import Callable
from typing import Any

from core.api.tokens import issue_token
from customers.models import Customer
from marketing.models import Coupon
from staff import rights
from tests.api.people import Caller, House, Person
from tests.fixtures.borrowers import make_staff
from tests.lending.operations.markets import D
from tests.marketing import offers as make
from tests.pictures import unchanged


def test_a_borrower_learns_why_a_coupon_does_not_fit(
    house: House, make_person: Callable[..., Person], seeded: Any
) -> None:
    borrower = make_person()
    customer = Customer.objects.get(public_id=borrower.get("me/")["id"])
    offer = make.run_offer()
    coupon = make.give(offer, customer)
    application = borrower.apply()
    address = f"me/applications/{application['id']}/coupons/"
    (choice,) = borrower.get(address)
    assert choice["reasons"] == [] and D(choice["saving"]) > 0
    offer.budget = D("1.00")
    offer.save(update_fields=["budget"])
    (choice,) = borrower.get(address)
    assert choice["reasons"] == [{"code": "BUDGET_USED_UP", "text": "The campaign's budget is used up."}]
    # The key keeps its answer; nothing else is written.
    with unchanged(but=("core_idempotencyrecord",)):
        refused = borrower.call("post", address, {"coupon": coupon.public_id})
    assert refused.status_code == 409 and refused.json()["code"] == "coupon_not_usable"
    assert "budget" in refused.json()["title"]
    offer.budget = D("1000.00")
    offer.save(update_fields=["budget"])
    used = [borrower.post(address, {"coupon": coupon.public_id}, key="once") for _twice in range(2)]
    assert used[0] == used[1] and used[0]["application_id"] == application["id"]
    borrower.post(f"me/applications/{application['id']}/withdraw/")
    house.settle()
    (mine,) = borrower.get("me/coupons/")["results"]
    assert (mine["state"], mine["reserved"], mine["application_id"]) == ("ISSUED", "0.00", None)


def test_staff_give_coupons_to_their_own(house: House, make_person: Callable[..., Person], seeded: Any) -> None:
    borrower, offer, rm = make_person(), make.run_offer(), make_staff("rm")
    scopes = [rights.VIEW_COUPONS, rights.GIVE_COUPONS]
    caller = Caller(token=issue_token(user=rm, scopes=scopes, now=seeded)["token"])
    address = f"staff/customers/{borrower.get('me/')['id']}/coupons/"
    assert caller.call("post", address, {"offer": offer.public_id}).status_code == 404
    Customer.objects.filter(public_id=borrower.get("me/")["id"]).update(rm=rm.staff_member)
    given = caller.post(address, {"offer": offer.public_id})
    assert given["id"] == Coupon.objects.get().public_id
    assert [row["id"] for row in caller.get(address)["results"]] == [given["id"]]
    assert caller.call("post", address, {"offer": offer.public_id}).json()["code"] == "coupon_not_given"
    shown = caller.get(f"staff/coupon-offers/{offer.public_id}/")
    assert (shown["issued"], shown["redeemed"], shown["spent_per_loan"]) == (1, 0, None)
    assert caller.get("staff/coupon-offers/")["results"][0]["id"] == offer.public_id
