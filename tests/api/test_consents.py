"""Notices and consents: the version in force only, and what a consent sets going."""

from typing import Any

from core.models import Parameter
from customers.models import Consent, Customer
from ledger.models import CustodyAccount
from tests.api.people import Caller, House, card_number, citizen_number
from tests.pictures import list_changes, take_picture


def test_the_notice_in_force_is_told_to_everybody(house: House) -> None:
    notice = Caller().get("notices/")
    assert notice["version"] == "2026-1"
    assert {purpose["code"] for purpose in notice["purposes"]} == set(Consent.Purpose.values)
    assert {"code": "CUSTODY", "name": str(Consent.Purpose.CUSTODY.label)} in notice["purposes"]


def test_another_version_is_refused(house: House, seeded: Any) -> None:
    person = house.register()
    Parameter.objects.filter(rule_code="customers.privacy_notice_version").update(value="2026-2")
    before = take_picture()
    refused = person.call("post", "me/consents/", {"purpose": "MARKETING", "notice_version": "2026-1"})
    assert refused.status_code == 422 and refused.json()["code"] == "notice_outdated"
    assert "2026-2" in refused.json()["title"]
    # What was agreed to under the older version is not given back by repeating it.
    again = person.call("post", "me/consents/", {"purpose": "SERVICE", "notice_version": "2026-1"})
    assert again.json()["code"] == "notice_outdated"
    assert list_changes(before) == []
    assert person.post("me/consents/", {"purpose": "SERVICE", "notice_version": "2026-2"})["notice_version"] == "2026-2"
    assert len(person.get("me/consents/")) == 1


def test_registering_under_another_version_leaves_the_code_good(house: House) -> None:
    caller = Caller()
    phone = "13700137000"
    code = house.send_code(caller, {"phone": phone, "purpose": "REGISTER"})
    before = take_picture()
    refused = caller.call("post", "auth/register/", {"phone": phone, "code": code, "notice_version": "1"})
    assert refused.status_code == 422 and refused.json()["code"] == "notice_outdated"
    assert list_changes(before) == []
    caller.post("auth/register/", {"phone": phone, "code": code, "notice_version": "2026-1"})
    assert Customer.objects.count() == 1


def test_a_custody_consent_that_comes_last_opens_the_account(house: House) -> None:
    person = house.register()
    person.post("me/consents/", {"purpose": "BANK_CARD", "notice_version": "2026-1"})
    person.post("me/identity/", {"name": "王小明", "identity_number": citizen_number(990)})
    house.settle()
    person.post("me/cards/", {"number": card_number(990), "reserved_phone": person.phone})
    house.settle()
    assert person.get("me/account/")["custody_status"] == ""
    person.post("me/consents/", {"purpose": "CUSTODY", "notice_version": "2026-1"})
    house.settle()
    assert person.get("me/account/")["custody_status"] == "OPEN"
    assert person.call("delete", "me/consents/CUSTODY/").status_code == 204
    person.post("me/consents/", {"purpose": "CUSTODY", "notice_version": "2026-1"})
    house.settle()
    assert CustodyAccount.objects.count() == 1


def test_a_message_is_marked_as_read_once(house: House, seeded: Any) -> None:
    person = house.make_person()
    message = person.get("me/messages/")["results"][0]
    assert message["read_at"] is None
    stranger = house.register()
    before = take_picture()
    assert stranger.call("post", f"me/messages/{message['id']}/read/").status_code == 404
    assert list_changes(before) == []
    person.post(f"me/messages/{message['id']}/read/")
    assert person.get("me/messages/")["results"][0]["read_at"] == seeded.isoformat()
    before = take_picture()
    person.post(f"me/messages/{message['id']}/read/")
    assert list_changes(before) == []


def test_lenders_see_the_overdue_entries_of_the_credit_report(house: House) -> None:
    borrower, lender = house.make_person(), house.make_person("李投资", is_investor=True)
    listing = house.make_listing(borrower)
    shown = lender.get(f"listings/{listing['id']}/")["disclosures"]["credit_report"]
    assert shown.pop("reported_at").endswith("+08:00")
    assert shown == {
        "is_available": True,
        "has_history": True,
        "is_overdue_now": False,
        "overdue_count_24_months": 0,
        "max_days_past_due_24_months": 0,
    }


def test_instants_are_in_one_zone_whether_fresh_or_read(house: House) -> None:
    person = house.make_person(balance="100.00")
    fresh = person.post("me/deposits/", {"amount": "5.00", "gateway": "wechat"}, key="zone")
    read = person.get(f"me/deposits/{fresh['id']}/")
    assert fresh["created_at"] == read["created_at"] and fresh["created_at"].endswith("+08:00")
    assert person.get("me/")["registered_at"].endswith("+08:00")
    house.settle()
    assert person.get("me/account/entries/")["results"][0]["posted_at"].endswith("+08:00")
