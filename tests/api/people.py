"""Borrowers and investors who use nothing but the API, and whoever stands behind the counter."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from django.test import Client
from rest_framework.test import APIClient

from bench.reports import GOOD_REPORT
from core import clock, outbox
from customers.rules.assessment import QUESTIONS
from customers.rules.identity import citizen_check_digit
from integrations.sandbox.client import SandboxControl

API = "/api/v1/"
CONSENTS = ("CREDIT_QUERY", "CREDIT_REPORT", "CUSTODY", "SIGNATURE", "BANK_CARD", "AUTO_DEBIT")
_GOOD: dict[str, Any] = {
    **GOOD_REPORT, "score": 780, "open_loan_count": 0, "open_loan_balance": "0.00", "monthly_payment": "0.00",
    "card_limit": "50000.00", "card_utilisation": "0.1000", "oldest_account_months": 96,
}  # fmt: skip
_serial = count(1)


def citizen_number(serial: int, born: date = date(1990, 5, 17)) -> str:
    """A valid number of a person who does not exist."""
    first = f"110105{born:%Y%m%d}{serial % 1000:03d}"
    return first + citizen_check_digit(first)


def card_number(serial: int) -> str:
    """A card number with a right Luhn digit."""
    body = f"621700{serial:09d}"
    digits = [int(digit) for digit in reversed(body)]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[::2])
    return f"{body}{-total % 10}"


@dataclass
class Caller:
    """A client of the API with a token and a language."""

    token: str = ""
    language: str = "en"
    client: APIClient = field(default_factory=lambda: APIClient(raise_request_exception=False))

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        """Send one request and return the response; a key of None sends a fresh one with each POST."""
        known = {"HTTP_ACCEPT_LANGUAGE": self.language, **headers}
        if self.token:
            known["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        if method == "post" and key != "":
            known["HTTP_IDEMPOTENCY_KEY"] = key or str(uuid4())
        address = path if path.startswith("/") else f"{API}{path}"
        return getattr(self.client, method)(address, body, **known)

    def get(self, path: str, **headers: str) -> Any:
        """Read and expect success."""
        response = self.call("get", path, **headers)
        assert response.status_code == 200, (path, response.status_code, response.content)
        return response.json()

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Post and expect success."""
        response = self.call("post", path, body, key=key)
        assert response.status_code in {200, 201, 202, 204}, (path, response.status_code, response.content)
        return response.json() if response.content else None


@dataclass
class Person(Caller):
    """A customer."""

    house: "House | None" = None
    phone: str = ""
    identity_number: str = ""

    def deposit(self, amount: str) -> dict[str, Any]:
        """Pay in and wait until the money is there."""
        assert self.house is not None
        order = self.post("me/deposits/", {"amount": amount, "gateway": "wechat"})
        self.house.settle()
        shown = self.get(f"me/deposits/{order['id']}/")
        assert shown["pay_url"], shown
        self.house.sandbox.pay("wechat", order["number"])
        self.house.take_callbacks()
        self.house.settle()
        return self.get(f"me/deposits/{order['id']}/")

    def apply(self, **changes: Any) -> dict[str, Any]:
        """Apply and wait for the decision."""
        assert self.house is not None
        wish = {
            "product": "xinyong-debx",
            "amount": "10000.00",
            "periods": 3,
            "method": "equal_instalment",
            "purpose": "RENOVATION",
            "purpose_text": f"厨房翻新 {next(_serial)}",
            "other_platform_balance": "0.00",
            **changes,
        }
        application = self.post("me/applications/", wish)
        self.house.settle()
        return self.get(f"me/applications/{application['id']}/")

    def accept(self, application: dict[str, Any]) -> dict[str, Any]:
        """Accept the offer; its listing opens."""
        body = {"disclosure_hash": application["offer"]["disclosure_hash"]}
        return self.post(f"me/applications/{application['id']}/accept/", body)

    def bid(self, listing: dict[str, Any], amount: str) -> dict[str, Any]:
        """Bid on a listing."""
        version = self.get(f"listings/{listing['id']}/")["risk_notice"]["version"]
        return self.post(f"listings/{listing['id']}/bids/", {"amount": amount, "risk_notice_version": version})

    def sign(self, loan: dict[str, Any]) -> dict[str, Any]:
        """Sign the loan's contract with a code, and wait for seals and payout."""
        assert self.house is not None
        contract = self.get(f"me/loans/{loan['id']}/contract/")
        code = self.house.send_code(self, {"purpose": "SIGN"})
        self.post(f"me/loans/{loan['id']}/sign/", {"code": code, "pdf_hash": contract["pdf_hash"]})
        self.house.settle()
        return self.get(f"me/loans/{loan['id']}/")


@dataclass
class House:
    """The product and its sandbox."""

    sandbox: SandboxControl

    def settle(self) -> None:
        """Deliver everything that waits, retries included."""
        outbox.drain()

    def take_callbacks(self) -> None:
        """Hand the partners' signed callbacks in by HTTP."""
        for callback in self.sandbox.take_callbacks():
            headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in callback.headers.items()}
            content_type = headers.pop("HTTP_CONTENT_TYPE", "application/json")
            response = Client().post(callback.path, callback.body, content_type=content_type, **headers)
            assert response.status_code == 200, response.content

    def send_code(self, caller: Caller, wish: dict[str, str]) -> str:
        """Ask for a code and read it from the phone."""
        phone = wish.get("phone") or getattr(caller, "phone", "")
        caller.post("auth/codes/", wish, key="")
        self.settle()
        return self.sandbox.read_code(phone)

    def register(self) -> Person:
        """A person with a log-in and nothing else."""
        person = Person(house=self, phone=f"139{next(_serial):08d}")
        code = self.send_code(person, {"phone": person.phone, "purpose": "REGISTER"})
        answer = person.post(
            "auth/register/", {"phone": person.phone, "code": code, "notice_version": "2026-1", "source": "test"}
        )
        person.token = answer["token"]
        return person

    def make_person(self, name: str = "王小明", *, is_investor: bool = False, balance: str = "") -> Person:
        """A person who is identified, has a card, a profile and a good name, and may borrow; or lend."""
        person = self.register()
        serial = next(_serial)
        person.identity_number = citizen_number(serial)
        self.sandbox.set_profiles({person.identity_number: _GOOD})
        for purpose in CONSENTS:
            person.post("me/consents/", {"purpose": purpose, "notice_version": "2026-1"})
        person.post("me/identity/", {"name": name, "identity_number": person.identity_number})
        self.settle()
        assert person.get("me/identity/")["outcome"] == "PASSED"
        card = {"number": card_number(serial), "reserved_phone": person.phone, "bank_name": "示范银行"}
        person.post("me/cards/", card)
        self.settle()
        assert person.get("me/cards/")["results"][0]["state"] == "BOUND"
        self.fill_profile(person)
        if is_investor:
            person.post("me/assessment/", {"answers": dict.fromkeys(QUESTIONS, "d")})
        if balance:
            assert person.deposit(balance)["status"] == "SUCCEEDED"
        return person

    def fill_profile(self, person: Person) -> None:
        """State address and income."""
        response = person.call("get", "me/")
        profile = {
            "address": "北京市朝阳区建国路1号",
            "monthly_income": "30000.00",
            "assets": "500000.00",
            "occupation": "工程师",
            "employment_years": 8,
            "housing": "OWN",
        }
        changed = person.call("patch", "me/profile/", profile, HTTP_IF_MATCH=response["ETag"])
        assert changed.status_code == 200, changed.content

    def make_listing(self, borrower: Person, **changes: Any) -> dict[str, Any]:
        """An open listing of a borrower."""
        application = borrower.apply(**changes)
        assert application["state"] == "APPROVED", application
        return borrower.accept(application)

    def make_active_loan(self, borrower: Person, investors: list[Person], shares: list[str]) -> dict[str, Any]:
        """A paid-out loan of a borrower from investors."""
        amount = sum((Decimal(share) for share in shares), Decimal("0.00"))
        listing = self.make_listing(borrower, amount=str(amount))
        for investor, share in zip(investors, shares, strict=True):
            investor.bid(listing, share)
        self.settle()
        loan = borrower.get("me/loans/")["results"][0]
        return borrower.sign(loan)


def today() -> date:
    """The business date."""
    return clock.business_date()
