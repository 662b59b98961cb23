"""One effect a key: repeated, changed, and at the same time on real connections."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from core import clock
from customers.models import VerificationCode
from ledger.models import PaymentOrder
from lending.models import Bid
from tests.api.people import House, Person
from tests.pictures import list_changes, take_picture

Make = Callable[..., Person]


def test_the_same_key_gives_the_same_answer(house: House, make_person: Make) -> None:
    person = make_person()
    wish = {"amount": "10.00", "gateway": "wechat"}
    first = person.call("post", "me/deposits/", wish, key="one")
    before = take_picture()
    again = person.call("post", "me/deposits/", wish, key="one")
    assert again.status_code == first.status_code == 202 and again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first
    other = person.call("post", "me/deposits/", {**wish, "amount": "11.00"}, key="one")
    assert other.status_code == 422 and other.json()["code"] == "idempotency_key_reused"
    elsewhere = person.call("post", "me/withdrawals/", {"amount": "10.00", "card": "x"}, key="one")
    assert elsewhere.status_code == 422 and elsewhere.json()["code"] == "idempotency_key_reused"
    assert list_changes(before) == []


def test_keys_of_two_people_are_apart(house: House, make_person: Make) -> None:
    wish = {"amount": "10.00", "gateway": "wechat"}
    orders = [make_person(name).post("me/deposits/", wish, key="one")["id"] for name in ("王小明", "李投资")]
    assert len(set(orders)) == 2


def test_a_refusal_leaves_the_key_unused(house: House, make_person: Make) -> None:
    borrower, lender = make_person(), make_person("李投资", is_investor=True)
    listing = house.make_listing(borrower)
    version = lender.get(f"listings/{listing['id']}/")["risk_notice"]["version"]
    wish = {"amount": "1000.00", "risk_notice_version": version}
    before = take_picture()
    refused = lender.call("post", f"listings/{listing['id']}/bids/", wish, key="bid")
    assert refused.status_code == 409 and refused.json()["code"] == "insufficient_funds"
    assert list_changes(before) == []
    lender.deposit("1000.00")
    assert lender.call("post", f"listings/{listing['id']}/bids/", wish, key="bid").status_code == 201


def test_a_wrong_code_counts_and_a_right_one_signs_once(house: House, make_person: Make) -> None:
    borrower, lender = make_person(), make_person("李投资", is_investor=True, balance="5000.00")
    listing = house.make_listing(borrower, amount="5000.00")
    lender.bid(listing, "5000.00")
    house.settle()
    loan = borrower.get("me/loans/")["results"][0]
    contract = borrower.get(f"me/loans/{loan['id']}/contract/")
    code = house.send_code(borrower, {"purpose": "SIGN"})
    wrong = "000000" if code != "000000" else "111111"
    path, body = f"me/loans/{loan['id']}/sign/", {"code": code, "pdf_hash": contract["pdf_hash"]}
    refused = borrower.call("post", path, {**body, "code": wrong}, key="a")
    assert refused.status_code == 422 and refused.json()["code"] == "wrong_code"
    assert VerificationCode.objects.get(purpose="SIGN").failures == 1
    altered = borrower.call("post", path, {**body, "pdf_hash": "0" * 64}, key="b")
    assert altered.status_code == 409 and altered.json()["code"] == "contract_altered"
    assert VerificationCode.objects.get(purpose="SIGN").used_at is None
    signed = borrower.call("post", path, body, key="c")
    assert signed.status_code == 202 and signed.json()["state"] == "SEALING"
    assert borrower.call("post", path, body, key="c").json() == signed.json()


def test_five_wrong_codes_end_a_code(house: House) -> None:
    person = house.register()
    code = house.send_code(Person(house=house, phone=person.phone), {"phone": person.phone, "purpose": "LOGIN"})
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert person.call("post", "auth/login/", {"phone": person.phone, "code": wrong}).status_code == 422
    assert person.call("post", "auth/login/", {"phone": person.phone, "code": code}).status_code == 422


def test_a_taken_phone_keeps_its_code(house: House, seeded: datetime) -> None:
    person = house.register()
    VerificationCode.objects.update(created_at=seeded - timedelta(minutes=2))
    code = house.send_code(Person(house=house, phone=person.phone), {"phone": person.phone, "purpose": "REGISTER"})
    wish = {"phone": person.phone, "code": code, "notice_version": "2026-1"}
    before = take_picture()
    refused = person.call("post", "auth/register/", wish)
    assert refused.status_code == 409 and refused.json()["code"] == "phone_taken"
    assert list_changes(before) == []


def _at_once(calls: list[Callable[[], Any]], instant: datetime) -> list[Any]:
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            with clock.use_clock(instant):
                barrier.wait(timeout=30)
                return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_simultaneous_requests_have_one_effect(house: House, make_person: Make, seeded: datetime) -> None:
    borrower, lender = make_person(), make_person("李投资", is_investor=True, balance="5000.00")
    listing = house.make_listing(borrower, amount="5000.00")
    version = lender.get(f"listings/{listing['id']}/")["risk_notice"]["version"]
    twins = [Person(token=lender.token) for _ in range(8)]
    bid = {"amount": "1000.00", "risk_notice_version": version}
    answers = _at_once(
        [lambda twin=twin: twin.call("post", f"listings/{listing['id']}/bids/", bid, key="bid") for twin in twins],
        seeded,
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409} and statuses[201] >= 1, statuses
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert all(answer.json()["code"] == "idempotency_key_in_flight" for answer in answers if answer.status_code == 409)
    assert Bid.objects.count() == 1
    assert lender.get("me/account/")["frozen"] == "1000.00"

    wish = {"amount": "7.00", "gateway": "wechat"}
    _at_once([lambda twin=twin: twin.call("post", "me/deposits/", wish, key="pay") for twin in twins], seeded)
    assert PaymentOrder.objects.filter(amount=7).count() == 1
