"""The public form and the staff's leads over the API."""

from typing import Any

import pytest

from core.api.throttling import ConflictsThrottle
from core.api.tokens import issue_token
from core.models import AuditEntry
from customers.models import Customer, Lead, Need
from customers.operations.conflicts import DAILY_LIMIT
from customers.operations.intake import enter_customer
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


def test_who_has_somebody_is_answered_as_on_the_page_and_kept(house: House, seeded: Any) -> None:
    owner, other = make_staff("rm"), make_staff("rm")
    for phone in ("13711112222", "13711113333"):
        enter_customer(fields={"name": "赵子龙", "phone": phone}, is_another=True, actor=owner, now=seeded)
    caller = Caller(token=issue_token(user=other, scopes=[rights.VIEW_CUSTOMERS], now=seeded)["token"])
    found = caller.call("post", "staff/conflicts/", {"phone": "13711112222"}).json()["results"]
    assert found == [
        {
            "standing": "CUSTOMER",
            "found_by": "phone",
            "is_certain": True,
            "rm": str(owner),
            "is_mine": False,
            "pool": "",
            "phone": "137****2222",
        }
    ]
    by_name = caller.call("post", "staff/conflicts/", {"name": "赵子龙"}).json()["results"]
    assert [(row["is_certain"], row["phone"]) for row in by_name] == [(False, ""), (False, "")]
    kept = AuditEntry.objects.filter(actor=other, action="customers.conflict_checked")
    assert kept.count() == 2 and "13711112222" not in str(list(kept.values_list("data", flat=True)))
    assert caller.call("post", "staff/conflicts/", {"phone": "1371111"}).status_code == 422
    assert caller.call("post", "staff/conflicts/", {}).status_code == 422
    assert kept.count() == 2
    AuditEntry.objects.bulk_create(
        [AuditEntry(actor=other, action="customers.conflict_checked", at=seeded) for _time in range(DAILY_LIMIT)]
    )
    refused = caller.call("post", "staff/conflicts/", {"phone": "13711112222"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_conflict_checks")


def test_a_program_that_looks_people_up_is_slowed_down(
    house: House, seeded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ConflictsThrottle, "THROTTLE_RATES", {"conflicts": "30/min"})
    caller = Caller(token=issue_token(user=make_staff("rm"), scopes=[rights.VIEW_CUSTOMERS], now=seeded)["token"])
    answers = [caller.call("post", "staff/conflicts/", {"phone": "1"}).status_code for _time in range(31)]
    assert answers == [422] * 30 + [429]
