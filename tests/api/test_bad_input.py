"""Whatever comes in, the answer is a problem that says what is wrong, and nothing is written."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.api.people import API, Caller, House
from tests.api.test_matrix import CUSTOMER, MATRIX, PUBLIC
from tests.pictures import list_changes, take_picture

UNKNOWN_ID = "A" * 22
VALUES: list[Any] = [None, True, 0, -1, 10**40, 1.5, "", " ", "\x00", "x" * 5000, "王", [], {}, [[]], {"a": 1}, "NaN"]


def _is_problem(response: Any, *statuses: int) -> None:
    assert response.status_code in statuses, (response.status_code, response.content)
    assert response["Content-Type"] == "application/problem+json", response["Content-Type"]
    body = response.json()
    assert body["status"] == response.status_code and body["title"] and body["code"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"method": NaN}', 400),
        (b'{"method": Infinity}', 400),
        (b'{"method": "\\u0000"}', 400),
        (b'{"\\ud800": 1}', 400),
        (b'{"method": "\\ud800"}', 400),
        (b'{"principal": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"principal": 1e999999999}', 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
        (b"", 422),
        (b'{"unknown": 1}', 422),
        (b'{"a": "' + b"x" * 300_000 + b'"}', 413),
    ],
)
def test_broken_bodies(raw: bytes, status: int) -> None:
    response = Client(raise_request_exception=False).post(
        "/api/v1/quotes/", raw, content_type="application/json", HTTP_ACCEPT_LANGUAGE="en"
    )
    _is_problem(response, status)


def test_other_ways_to_be_wrong() -> None:
    client = Client(raise_request_exception=False)
    _is_problem(client.post("/api/v1/quotes/", b"a=1", content_type="application/x-www-form-urlencoded"), 415)
    _is_problem(client.post("/api/v1/quotes/", b"<a/>", content_type="text/xml"), 415)
    _is_problem(client.put("/api/v1/quotes/", b"{}", content_type="application/json"), 405)
    _is_problem(client.get("/api/v1/no/such/place/"), 404)
    _is_problem(client.get("/api/nothing"), 404)
    _is_problem(client.get("/api/v1/products/", HTTP_ACCEPT="text/html"), 406)


@pytest.mark.django_db
def test_ids_that_are_none() -> None:
    for path in ("me/loans/1/", "me/loans/%00/", "me/loans/..%2f/", "me/consents/%00/", f"me/loans/{'x' * 23}/"):
        _is_problem(Client(raise_request_exception=False).get(API + path), 404)


def test_every_field_takes_any_value_without_an_error_of_ours(house: House) -> None:
    person = house.make_person(is_investor=True)
    person.client = APIClient(raise_request_exception=False)
    before = take_picture()
    for (method, address), (who, body) in MATRIX.items():
        if not isinstance(body, dict):
            continue
        path = address.replace("<public_id:loan>", UNKNOWN_ID).replace("<public_id:application>", UNKNOWN_ID)
        path = path.replace("<public_id:listing>", UNKNOWN_ID).replace("<public_id:customer>", UNKNOWN_ID)
        caller = Caller() if who == PUBLIC else person
        for name in body:
            for value in VALUES:
                response = caller.call(method, path, {**body, name: value})
                assert response.status_code < 500, (method, path, name, value)
                if response.status_code >= 400:
                    _is_problem(response, 400, 401, 403, 404, 409, 422, 428)
        # Staff addresses answer a customer before they read his body; tests/customers feed them as staff.
        if who not in {PUBLIC, CUSTOMER}:
            continue
        _is_problem(caller.call(method, path, {**body, "surprise": 1}), 422, 428)
    changed = set(list_changes(before))
    # A value may be right after all (1.5 yuan to pay in, "王" as a notice's version): but no money and no loan moved.
    assert not changed & {"ledger_transfer", "lending_application", "lending_bid", "customers_bankcard"}, changed


def test_query_strings(house: House) -> None:
    person = house.register()
    for query in ("cursor=x", "cursor=%00", "cursor=1$AAAA", "cursor=é", "page_size=-1", "page_size=x"):
        for path in ("listings/", "me/account/entries/", "me/loans/"):
            response = person.call("get", f"{path}?{query}")
            assert response.status_code in {200, 422}, (path, query, response.status_code)
    for query in ("state=%00", "state=NONE", "rate_min=x", "rate_max=NaN", "periods_min=1e99", "grade=%00"):
        _is_problem(person.call("get", f"listings/?{query}"), 422)
    for path in ("me/coupons/?a=%00", "me/loans/?%00=a"):
        _is_problem(person.call("get", path), 422)


def test_a_key_is_asked_for(house: House) -> None:
    person = house.make_person()
    before = take_picture()
    wish = {"amount": "10.00", "gateway": "wechat"}
    _is_problem(person.call("post", "me/deposits/", wish, key=""), 400)
    _is_problem(person.call("post", "me/deposits/", wish, key="k" * 256), 400)
    assert list_changes(before) == []
