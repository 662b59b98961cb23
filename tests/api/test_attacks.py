"""What a thief and a clumsy client try: nobody gets another's money, and nothing happens twice."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from core import clock
from core.api.tokens import issue_token
from core.models import ApiToken, User
from customers.models import Customer
from ledger.models import PaymentOrder
from lending.models import Application, Bid, Listing, Loan, Offer, Repayment
from tests.api.people import House, Person, card_number, citizen_number
from tests.api.test_limits import at_once
from tests.pictures import list_changes, take_picture

Make = Callable[..., Person]
AMOUNTS = (
    "0", "-1", "-0.01", "0.001", "1e3", "1e400", "99999999999999999999", "NaN", "Infinity",
    "１００", "١٠٠", "1,000", " 1 000", "+5", "0x10", "1_000", "", " ", None, [], {}, True, False, 0, -5, 10**30, 0.1 + 0.2,
)  # fmt: skip


def refuse(person: Person, method: str, path: str, body: Any = None, **options: Any) -> str:
    """Call, expect a refusal that wrote nothing, and return its code."""
    before = take_picture()
    response = person.call(method, path, body, **options)
    assert 400 <= response.status_code < 500, (path, body, response.status_code, response.content)
    assert response["Content-Type"] == "application/problem+json"
    assert list_changes(before) == [], (path, body)
    return str(response.json()["code"])


def test_odd_amounts_move_nothing(house: House, make_person: Make) -> None:
    borrower = make_person()
    lender = make_person("李投资", is_investor=True, balance="5000.00")
    listing = house.make_listing(borrower, amount="5000.00")
    version = lender.get(f"listings/{listing['id']}/")["risk_notice"]["version"]
    card = lender.get("me/cards/")["results"][0]["id"]
    before = take_picture()
    taken = []
    for amount in AMOUNTS:
        for path, body in (
            ("me/deposits/", {"amount": amount, "gateway": "wechat"}),
            ("me/withdrawals/", {"amount": amount, "card": card}),
            (f"listings/{listing['id']}/bids/", {"amount": amount, "risk_notice_version": version}),
        ):
            response = lender.call("post", path, body)
            assert response.status_code < 500, (path, amount, response.content)
            if response.status_code < 400:
                taken.append((path, amount, response.json()["amount"]))
    assert taken == [], taken
    assert list_changes(before) == []


def test_names_and_numbers_with_tricks(house: House) -> None:
    person = house.register()
    number = citizen_number(981)
    wide = number.translate({ord(str(n)): 0xFF10 + n for n in range(10)})
    for name in (
        "王\u202e小明", "王\u200b小明", "王😀明", "王\n小明", "王小明\u0301", "１２３", "王", "<b>王小明</b>", "John\tSmith",
        "王" * 60, "'; DROP TABLE x;--", "王小明\u3000李", "Jоhn",
    ):  # fmt: skip
        assert refuse(person, "post", "me/identity/", {"name": name, "identity_number": number}) in {
            "invalid_name",
            "invalid_input",
            "parse_error",
        }, name
    for odd in (number + "\u200b", number[:-1], number + "0", "\u202e" + number, "0" * 18, "١" * 18):
        answer = person.call("post", "me/identity/", {"name": "王小明", "identity_number": odd})
        assert answer.status_code in {400, 422}, (odd, answer.content)
    assert refuse(person, "post", "me/identity/", {"name": "王小明", "identity_number": wide}) != ""
    person.post("me/identity/", {"name": " 王小明 ", "identity_number": f" {number} "})
    house.settle()
    assert Customer.objects.get(user__isnull=False).identity_number == number


def test_texts_that_read_otherwise_than_they_are(house: House, make_person: Make) -> None:
    person = make_person()
    wish = {
        "product": "xinyong-debx",
        "amount": "10000.00",
        "periods": 3,
        "method": "equal_instalment",
        "purpose": "RENOVATION",
        "other_platform_balance": "0.00",
    }
    for text in ("\u202eabc", "a\nb", "a\u0000b", "a\u2066b", "\x7f", "a\u2028b", "\u200fx"):
        assert refuse(person, "post", "me/applications/", {**wish, "purpose_text": text}) == "parse_error", text
    # The contract's fonts have no such pictures.
    assert refuse(person, "post", "me/applications/", {**wish, "purpose_text": "😀👨\u200d👩"}) == "unprintable_text"
    for text in ("<script>alert(1)</script>", "{{ 7*7 }}", "%(number)s %s", "'; --"):
        application = person.post("me/applications/", {**wish, "purpose_text": text})
        assert application["purpose_text"] == text
        person.post(f"me/applications/{application['id']}/withdraw/")
        house.settle()


def test_deep_bodies_are_refused(house: House) -> None:
    person = house.register()
    for depth in (100, 300, 450, 600, 900, 990, 5000):
        raw = b"[" * depth + b'"\\u0041"' + b"]" * depth
        client = Client(raise_request_exception=False)
        answer = client.post(
            "/api/v1/me/consents/",
            raw,
            content_type="application/json",
            headers={"authorization": f"Bearer {person.token}"},
        )
        assert answer.status_code in {400, 422}, (depth, answer.status_code)


def test_checks_by_others_are_few_a_day(house: House, seeded: datetime) -> None:
    person = house.register()
    number = citizen_number(975)
    house.sandbox.set_profiles({number: {"identity_result": "MISMATCH"}})
    wish = {"name": "王小明", "identity_number": number}
    for _ in range(5):
        person.post("me/identity/", wish)
        house.settle()
    assert refuse(person, "post", "me/identity/", wish) == "too_many_checks"
    with clock.use_clock(seeded + timedelta(days=1, seconds=1)):
        person.token = issue_token(user=User.objects.get(kind=User.Kind.CUSTOMER), scopes=["customer"], now=seeded)[
            "token"
        ]
        person.post("me/identity/", wish)


def test_a_deposit_paid_with_another_amount_credits_no_more(house: House, make_person: Make) -> None:
    person = make_person()
    order = person.post("me/deposits/", {"amount": "100.00", "gateway": "wechat"})
    house.settle()
    house.sandbox.pay("wechat", order["number"], Decimal("1.00"))
    house.take_callbacks()
    house.settle()
    assert Decimal(person.get("me/account/")["available"]) <= 1


def test_a_withdrawal_takes_no_money_that_a_bid_holds(house: House, make_person: Make, seeded: datetime) -> None:
    lender = make_person("李投资", is_investor=True, balance="3000.00")
    listing = house.make_listing(make_person(), amount="5000.00")
    card = lender.get("me/cards/")["results"][0]["id"]
    lender.bid(listing, "2000.00")
    wish = {"amount": "1000.01", "card": card}
    assert refuse(lender, "post", "me/withdrawals/", wish) == "insufficient_funds"
    lender.post("me/withdrawals/", {**wish, "amount": "1000.00"})
    account = lender.get("me/account/")
    assert (account["available"], account["frozen"]) == ("0.00", "3000.00")


@pytest.mark.django_db(transaction=True)
def test_bids_and_withdrawals_at_once_never_spend_money_twice(
    house: House, make_person: Make, seeded: datetime
) -> None:
    lender = make_person("李投资", is_investor=True, balance="3000.00")
    listing = house.make_listing(make_person(), amount="50000.00", periods=12)
    card = lender.get("me/cards/")["results"][0]["id"]
    version = lender.get(f"listings/{listing['id']}/")["risk_notice"]["version"]
    twins = [Person(token=lender.token) for _ in range(12)]
    wishes: list[tuple[str, dict[str, Any]]] = [
        ("me/withdrawals/", {"amount": "1000.00", "card": card}),
        (f"listings/{listing['id']}/bids/", {"amount": "1000.00", "risk_notice_version": version}),
    ]
    answers = at_once(
        [lambda twin=twin, wish=wishes[n % 2]: twin.call("post", *wish) for n, twin in enumerate(twins)], seeded
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[201] + statuses[202] == 3 and statuses[409] == 9, [answer.content for answer in answers]
    account = lender.get("me/account/")
    assert (account["available"], account["frozen"]) == ("0.00", "3000.00")


def test_nobody_lends_to_himself_or_for_another(house: House, make_person: Make) -> None:
    borrower = make_person(is_investor=True, balance="5000.00")
    listing = house.make_listing(borrower, amount="5000.00")
    version = borrower.get(f"listings/{listing['id']}/")["risk_notice"]["version"]
    wish = {"amount": "1000.00", "risk_notice_version": version}
    assert refuse(borrower, "post", f"listings/{listing['id']}/bids/", wish) == "own_listing"
    stranger = house.register()
    assert refuse(stranger, "post", f"listings/{listing['id']}/bids/", wish) == "not_identified"
    assert refuse(stranger, "post", f"me/listings/{listing['id']}/cancel/") == "not_found"
    for extra in ({"investor": 1}, {"annual_rate": "0.5"}, {"state": "FILLED"}):
        assert refuse(borrower, "post", f"listings/{listing['id']}/bids/", {**wish, **extra}) == "invalid_input"


def test_a_late_or_altered_yes_to_an_offer(house: House, make_person: Make, seeded: datetime) -> None:
    borrower = make_person()
    application = borrower.apply()
    path = f"me/applications/{application['id']}/accept/"
    right = {"disclosure_hash": application["offer"]["disclosure_hash"]}
    assert refuse(borrower, "post", path, {"disclosure_hash": "0" * 64}) == "disclosure_changed"
    for tampered in ({"annual_rate": "0.01"}, {"amount": "1.00"}, {"total_fees": "0.00"}):
        assert refuse(borrower, "post", path, {**right, **tampered}) == "invalid_input"
    assert refuse(make_person("李投资"), "post", path, right) == "not_found"
    Offer.objects.update(expires_at=seeded - timedelta(seconds=1))
    assert refuse(borrower, "post", path, right) == "offer_not_open"
    Offer.objects.update(expires_at=seeded + timedelta(hours=1))
    borrower.post(path, right)
    # A second click with a new key.
    assert refuse(borrower, "post", path, right) == "offer_not_open"
    assert refuse(borrower, "post", f"me/applications/{application['id']}/withdraw/") != ""


def test_a_contract_is_signed_by_its_borrower_only(house: House, make_person: Make) -> None:
    borrower = make_person()
    lender = make_person("李投资", is_investor=True, balance="5000.00")
    listing = house.make_listing(borrower, amount="5000.00")
    lender.bid(listing, "5000.00")
    house.settle()
    loan = borrower.get("me/loans/")["results"][0]
    contract = borrower.get(f"me/loans/{loan['id']}/contract/")
    path = f"me/loans/{loan['id']}/sign/"
    own_code = house.send_code(lender, {"purpose": "SIGN"})
    body = {"code": own_code, "pdf_hash": contract["pdf_hash"]}
    assert refuse(lender, "post", path, body) == "not_found"
    # A code of another person, or one for another purpose, is none; the try counts and nothing else happens.
    code = house.send_code(borrower, {"purpose": "SIGN"})
    login = house.send_code(borrower, {"purpose": "LOGIN", "phone": borrower.phone})
    for wrong in {own_code, login} - {code}:
        refused = borrower.call("post", path, {**body, "code": wrong})
        assert refused.status_code == 422 and refused.json()["code"] == "wrong_code"
    for tampered in ("0" * 64, "", "x"):
        assert refuse(borrower, "post", path, {"code": code, "pdf_hash": tampered}) in {
            "contract_altered",
            "invalid_input",
        }
    borrower.post(path, {"code": code, "pdf_hash": contract["pdf_hash"]})
    # The same code again under a new key.
    assert refuse(borrower, "post", path, {"code": code, "pdf_hash": contract["pdf_hash"]}) == "wrong_code"


def test_a_loan_ends_once_and_at_its_price(house: House, make_person: Make, seeded: datetime) -> None:
    borrower = make_person(balance="9000.00")
    lender = make_person("李投资", is_investor=True, balance="5000.00")
    loan = house.make_active_loan(borrower, [lender], ["5000.00"])
    path = f"me/loans/{loan['id']}/settlement/"
    price = borrower.get(path)["total"]
    for total in ("0.01", "0.00", str(Decimal(price) - Decimal("0.01")), str(Decimal(price) + 1)):
        refuse(borrower, "post", path, {"total": total})
    assert refuse(lender, "post", path, {"total": price}) == "not_found"
    repayments = f"me/loans/{loan['id']}/repayments/"
    assert refuse(lender, "post", repayments, {"amount": "1.00"}) == "not_found"
    for amount in ("0.00", "100000.00", "-5.00"):
        refuse(borrower, "post", repayments, {"amount": amount})
    borrower.post(path, {"total": price})
    assert borrower.get(f"me/loans/{loan['id']}/")["state"] == "SETTLED"
    refuse(borrower, "post", path, {"total": price})
    refuse(borrower, "post", repayments, {"amount": "1.00"})
    assert borrower.call("get", path).status_code in {404, 409}
    assert Repayment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_double_clicks_with_new_keys_settle_once(house: House, make_person: Make, seeded: datetime) -> None:
    borrower = make_person(balance="20000.00")
    lender = make_person("李投资", is_investor=True, balance="5000.00")
    loan = house.make_active_loan(borrower, [lender], ["5000.00"])
    path = f"me/loans/{loan['id']}/settlement/"
    wish = {"total": borrower.get(path)["total"]}
    twins = [Person(token=borrower.token) for _ in range(8)]
    answers = at_once([lambda twin=twin: twin.call("post", path, wish) for twin in twins], seeded)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}, [a.content for a in answers]
    assert Repayment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_double_clicks_with_new_keys_apply_and_accept_once(house: House, make_person: Make, seeded: datetime) -> None:
    borrower = make_person()
    application = borrower.apply()
    path = f"me/applications/{application['id']}/accept/"
    wish = {"disclosure_hash": application["offer"]["disclosure_hash"]}
    twins = [Person(token=borrower.token) for _ in range(8)]
    answers = at_once([lambda twin=twin: twin.call("post", path, wish) for twin in twins], seeded)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}, [a.content for a in answers]


@pytest.mark.django_db(transaction=True)
def test_double_clicks_apply_within_the_limit(house: House, make_person: Make, seeded: datetime) -> None:
    borrower = make_person()
    wish = {
        "product": "xinyong-debx",
        "amount": "150000.00",
        "periods": 12,
        "method": "equal_instalment",
        "purpose": "RENOVATION",
        "other_platform_balance": "0.00",
    }
    twins = [Person(token=borrower.token) for _ in range(8)]
    answers = at_once([lambda twin=twin: twin.call("post", "me/applications/", wish) for twin in twins], seeded)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}, [a.content for a in answers]


@pytest.mark.django_db(transaction=True)
def test_bids_while_the_listing_is_cancelled(house: House, make_person: Make, seeded: datetime) -> None:
    borrower = make_person()
    lenders = [make_person("李投资", is_investor=True, balance="9000.00") for _ in range(3)]
    listing = house.make_listing(borrower, amount="50000.00", periods=12)
    version = lenders[0].get(f"listings/{listing['id']}/")["risk_notice"]["version"]
    bid = {"amount": "1000.00", "risk_notice_version": version}
    path = f"listings/{listing['id']}/bids/"
    callers = [Person(token=lenders[n % 3].token) for n in range(12)]
    calls: list[Callable[[], Any]] = [lambda caller=caller: caller.call("post", path, bid) for caller in callers]
    calls.insert(6, lambda: Person(token=borrower.token).call("post", f"me/listings/{listing['id']}/cancel/"))
    answers = at_once(calls, seeded)
    assert {answer.status_code for answer in answers} <= {200, 201, 409}, [a.content for a in answers]
    house.settle()
    if Listing.objects.get().state == Listing.State.OPEN:
        borrower.post(f"me/listings/{listing['id']}/cancel/")
    for lender in lenders:
        account = lender.get("me/account/")
        assert (account["available"], account["frozen"]) == ("9000.00", "0.00")


@pytest.mark.django_db(transaction=True)
def test_everything_at_once_to_one_loan(house: House, make_person: Make, seeded: datetime) -> None:
    borrower = make_person(balance="6000.00")
    lender = make_person("李投资", is_investor=True, balance="5000.00")
    loan = house.make_active_loan(borrower, [lender], ["5000.00"])
    card = borrower.get("me/cards/")["results"][0]["id"]
    before = Decimal(borrower.get("me/account/")["available"])
    path = f"me/loans/{loan['id']}/"
    price = borrower.get(f"{path}settlement/")["total"]
    wishes = [
        (f"{path}settlement/", {"total": price}),
        (f"{path}repayments/", {"amount": "100.00"}),
        ("me/withdrawals/", {"amount": str(before - 3000), "card": card}),
    ] * 4
    callers = [Person(token=borrower.token) for _ in wishes]
    answers = at_once(
        [
            lambda caller=caller, wish=wish: caller.call("post", *wish)
            for caller, wish in zip(callers, wishes, strict=True)
        ],
        seeded,
    )
    assert {answer.status_code for answer in answers} <= {201, 202, 409, 422}, [a.content for a in answers]
    account = borrower.get("me/account/")
    paid = sum((row.amount for row in Repayment.objects.all()), Decimal("0.00"))
    assert Decimal(account["available"]) >= 0
    assert Decimal(account["available"]) + Decimal(account["frozen"]) == before - paid


@pytest.mark.django_db(transaction=True)
def test_one_phone_and_one_identity_make_one_customer(house: House, make_person: Make, seeded: datetime) -> None:
    people = [house.register() for _ in range(6)]
    number = citizen_number(977)
    wish = {"name": "王小明", "identity_number": number}
    at_once([lambda person=person: person.call("post", "me/identity/", wish) for person in people], seeded)
    house.settle()
    assert Customer.objects.filter(status=Customer.Status.IDENTIFIED).count() == 1


def test_forged_and_repeated_callbacks(house: House, make_person: Make) -> None:
    person = make_person()
    order = person.post("me/deposits/", {"amount": "100.00", "gateway": "wechat"})
    house.settle()
    house.sandbox.pay("wechat", order["number"])
    (callback,) = house.sandbox.take_callbacks()
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in callback.headers.items()}
    content_type = headers.pop("HTTP_CONTENT_TYPE", "application/json")
    before = take_picture()
    client = Client(raise_request_exception=False)
    bodies = [callback.body + b" ", callback.body[:-1], b"", b"{}", b"\xff", callback.body.replace(b"1", b"2")]
    for body in bodies:
        answer = client.post(callback.path, body, content_type=content_type, **headers)
        assert 400 <= answer.status_code < 500, (body, answer.status_code, answer.content)
    answer = client.post(callback.path, callback.body, content_type=content_type)
    assert 400 <= answer.status_code < 500, answer.content
    # That somebody tried is kept, and nothing else.
    assert all(table.endswith(("auditentry", "callbackrejection")) for table in list_changes(before))
    for _ in range(3):
        assert client.post(callback.path, callback.body, content_type=content_type, **headers).status_code == 200
        house.settle()
    assert person.get("me/account/")["available"] == "100.00"


def test_tokens_of_yesterday(house: House, make_person: Make, seeded: datetime) -> None:
    person = make_person()
    # The package counts a token's life by the clock on the wall.
    expiry = ApiToken.objects.get().expiry
    assert expiry is not None
    with clock.use_clock(expiry):
        assert person.call("get", "me/").status_code == 401
    User.objects.filter(kind=User.Kind.CUSTOMER).update(is_active=False)
    assert person.call("get", "me/").status_code == 401
    User.objects.filter(kind=User.Kind.CUSTOMER).update(is_active=True)
    person.post("auth/logout/")
    assert person.call("get", "me/").status_code == 401
    assert person.call("post", "auth/logout/").status_code == 401
    assert ApiToken.objects.count() == 0


def test_an_unbound_or_foreign_card_gets_nothing(house: House, make_person: Make) -> None:
    person, other = make_person(balance="100.00"), make_person("李投资")
    card = person.get("me/cards/")["results"][0]["id"]
    foreign = other.get("me/cards/")["results"][0]["id"]
    assert refuse(person, "post", "me/withdrawals/", {"amount": "1.00", "card": foreign}) == "not_found"
    assert refuse(other, "delete", f"me/cards/{card}/") == "not_found"
    assert person.call("delete", f"me/cards/{card}/").status_code == 204
    assert refuse(person, "post", "me/withdrawals/", {"amount": "1.00", "card": card}) == "card_missing"
    taken = {"number": card_number(981), "reserved_phone": "x"}
    assert refuse(person, "post", "me/cards/", taken) == "invalid_phone"


def test_keys_with_tricks(house: House, make_person: Make) -> None:
    person = make_person()
    wish = {"amount": "10.00", "gateway": "wechat"}
    for key in (" ", "键" * 85, "k" * 255, "%00", "'; --", str(uuid4()) + "\u202e"):
        response = person.call("post", "me/deposits/", wish, key=key)
        assert response.status_code in {202, 400}, (key, response.content)
    lender = make_person("李投资", is_investor=True, balance="5000.00")
    listing = house.make_listing(person, amount="5000.00")
    version = lender.get(f"listings/{listing['id']}/")["risk_notice"]["version"]
    bid = {"amount": "5000.00", "risk_notice_version": version}
    assert lender.call("post", f"listings/{listing['id']}/bids/", bid, key="k" * 255).status_code == 201
    assert Bid.objects.count() == 1 and json.dumps(wish) and PaymentOrder.objects.count() >= 1
    assert Application.objects.count() == 1 and Loan.objects.count() <= 1
