"""The public form and the staff's leads over the API."""

from typing import Any

import pytest

from core.api.tokens import issue_token
from customers.models import Customer, Lead, Need
from staff import rights
from tests.api.people import Caller, House
from tests.fixtures.borrowers import make_staff

WISH = {
    "name": "赵子龙",
    "phone": "13711112222",
    "role": "BORROWER",
    "consent": True,
    "utm_source": "baidu",
    "utm_campaign": "spring",
    "amount": "60000.00",
    "months": 12,
}


def test_the_public_form_makes_a_lead_and_tells_nothing_about_the_phone(house: House) -> None:
    known = house.register()
    phone = Customer.objects.get().phone
    answers = [Caller().call("post", "leads/", body) for body in (WISH, WISH, {**WISH, "phone": phone})]
    assert known is not None
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    lead = Lead.objects.get()
    assert (lead.method, lead.origin, lead.has_marketing_consent) == (
        "ONLINE",
        {"utm_source": "baidu", "utm_campaign": "spring"},
        True,
    )
    assert Need.objects.filter(customer__isnull=False).count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"consent": False},
        {"phone": "123"},
        {"utm_source": ""},
        {"amount": "1e3"},
        {"partner": "nobody"},
        {"other": "x"},
    ],
)
def test_a_wish_without_consent_or_with_nonsense_is_not_kept(house: House, wrong: dict[str, Any]) -> None:
    assert Caller().call("post", "leads/", {**WISH, **wrong}).status_code == 422
    assert not Lead.objects.exists()


def test_staff_take_in_and_work_their_own_leads(house: House, seeded: Any) -> None:
    rm, other = make_staff("rm"), make_staff("rm")
    mine, theirs = (
        Caller(token=issue_token(user=user, scopes=[rights.WORK_LEADS], now=seeded)["token"]) for user in (rm, other)
    )
    answer = mine.call(
        "post",
        "staff/leads/",
        {
            "method": "CONSULTATION",
            "role": "BORROWER",
            "name": "赵子龙",
            "phone": "13711112222",
            "origin": {"enquiry": "x"},
        },
    )
    assert answer.status_code == 201, answer.content
    lead = answer.json()
    assert (lead["name"], lead["phone"]) == ("赵**", "137****2222")
    assert [row["id"] for row in mine.get("staff/leads/")["results"]] == [lead["id"]]
    assert theirs.get("staff/leads/")["results"] == []
    assert theirs.call("post", f"staff/leads/{lead['id']}/QUALIFY/", {}).status_code == 404
    assert mine.call("post", f"staff/leads/{lead['id']}/ANSWER/", {}).status_code == 422
    assert mine.call("post", f"staff/leads/{lead['id']}/ANSWER/", {"channel": "CALL"}).json()["state"] == "WORKING"
    assert mine.call("post", f"staff/leads/{lead['id']}/LOSE/", {"reason": "BORED"}).status_code == 422
    assert mine.call("post", f"staff/leads/{lead['id']}/CONVERT/", {}).json()["state"] == "CONVERTED"
    assert mine.call("post", f"staff/leads/{lead['id']}/LOSE/", {"reason": "PRICE"}).status_code == 409
