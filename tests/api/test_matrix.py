"""Every address times everybody who has no business there; an address without an entry fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from core.api.tokens import issue_token
from core.models import User
from customers.models import Customer
from customers.rules.assessment import QUESTIONS
from staff import rights
from tests.api.people import Caller, House, Person
from tests.fixtures.borrowers import make_staff
from tests.pictures import list_changes, take_picture

PUBLIC, CUSTOMER, OWN = "public", "customer", "own"
_CODE = {"phone": "13912345678", "purpose": "LOGIN"}
_LOGIN = {"phone": "13912345678", "code": "000000"}
_HASH = "0" * 64

# (method, address) -> (who may, a body that is right in itself). `own` addresses name a record of one customer.
MATRIX: dict[tuple[str, str], tuple[str, Any]] = {
    ("post", "auth/codes/"): (PUBLIC, {"purpose": "LOGIN"}),
    ("post", "auth/register/"): (PUBLIC, {**_LOGIN, "notice_version": "1"}),
    ("post", "auth/login/"): (PUBLIC, _LOGIN),
    ("post", "auth/staff-token/"): (PUBLIC, {"username": "nobody", "password": "nothing"}),
    ("post", "auth/phone/"): (PUBLIC, _LOGIN),
    ("post", "auth/logout/"): (CUSTOMER, None),
    ("get", "products/"): (PUBLIC, None),
    ("get", "notices/"): (PUBLIC, None),
    ("post", "quotes/"): (PUBLIC, {"method": "bullet", "principal": "100", "annual_rate": "0.1", "periods": 1}),
    ("get", "me/"): (CUSTOMER, None),
    ("patch", "me/profile/"): (CUSTOMER, {"occupation": "教师"}),
    ("get", "me/team/"): (CUSTOMER, None),
    ("get", "me/guide/"): (CUSTOMER, None),
    ("get", "me/documents/"): (CUSTOMER, None),
    ("post", "me/documents/"): (CUSTOMER, {"kind": "INCOME", "content": "JVBERi0x"}),
    ("get", "me/documents/<public_id:paper>/"): (OWN, None),
    ("get", "me/consents/"): (CUSTOMER, None),
    ("post", "me/consents/"): (CUSTOMER, {"purpose": "MARKETING", "notice_version": "1"}),
    ("delete", "me/consents/<upper_code:purpose>/"): (CUSTOMER, None),
    ("get", "me/identity/"): (CUSTOMER, None),
    ("post", "me/identity/"): (CUSTOMER, {"name": "王小明", "identity_number": "11010519491231002X"}),
    ("get", "me/cards/"): (CUSTOMER, None),
    ("post", "me/cards/"): (CUSTOMER, {"number": "6222020200112230018", "reserved_phone": "13800138000"}),
    ("delete", "me/cards/<public_id:card>/"): (OWN, None),
    ("get", "me/assessment/"): (CUSTOMER, None),
    ("post", "me/assessment/"): (CUSTOMER, {"answers": dict.fromkeys(QUESTIONS, "b")}),
    ("get", "me/account/"): (CUSTOMER, None),
    ("get", "me/account/entries/"): (CUSTOMER, None),
    ("get", "me/messages/"): (CUSTOMER, None),
    ("post", "me/messages/<public_id:message>/read/"): (OWN, None),
    ("get", "me/deposits/"): (CUSTOMER, None),
    ("post", "me/deposits/"): (CUSTOMER, {"amount": "1.00", "gateway": "wechat"}),
    ("get", "me/deposits/<public_id:deposit>/"): (OWN, None),
    ("get", "me/withdrawals/"): (CUSTOMER, None),
    ("post", "me/withdrawals/"): (CUSTOMER, {"amount": "1.00", "card": "x" * 22}),
    ("get", "me/withdrawals/<public_id:withdrawal>/"): (OWN, None),
    ("get", "me/applications/"): (CUSTOMER, None),
    ("post", "me/applications/"): (
        CUSTOMER,
        {
            "product": "no-such-product",
            "amount": "1000.00",
            "periods": 3,
            "method": "bullet",
            "purpose": "OTHER",
            "other_platform_balance": "0",
        },
    ),
    ("get", "me/applications/<public_id:application>/"): (OWN, None),
    ("post", "me/applications/<public_id:application>/withdraw/"): (OWN, None),
    ("get", "me/applications/<public_id:application>/decision/"): (OWN, None),
    ("post", "me/applications/<public_id:application>/human-review/"): (OWN, {}),
    ("post", "me/applications/<public_id:application>/accept/"): (OWN, {"disclosure_hash": _HASH}),
    ("post", "me/listings/<public_id:listing>/cancel/"): (OWN, None),
    ("get", "listings/"): (CUSTOMER, None),
    ("get", "listings/<public_id:listing>/"): (CUSTOMER, None),
    ("post", "listings/<public_id:listing>/bids/"): (CUSTOMER, {"amount": "100.00", "risk_notice_version": "x"}),
    ("get", "me/bids/"): (CUSTOMER, None),
    ("get", "me/loans/"): (CUSTOMER, None),
    ("get", "me/loans/<public_id:loan>/"): (OWN, None),
    ("get", "me/loans/<public_id:loan>/contract/"): (OWN, None),
    ("get", "me/loans/<public_id:loan>/contract.pdf"): (OWN, None),
    ("post", "me/loans/<public_id:loan>/sign/"): (OWN, {"code": "123456", "pdf_hash": _HASH}),
    ("get", "me/loans/<public_id:loan>/repayments/"): (OWN, None),
    ("post", "me/loans/<public_id:loan>/repayments/"): (OWN, {"amount": "1.00"}),
    ("get", "me/loans/<public_id:loan>/settlement/"): (OWN, None),
    ("post", "me/loans/<public_id:loan>/settlement/"): (OWN, {"total": "1.00"}),
    ("get", "me/investments/"): (CUSTOMER, None),
    ("get", "me/investments/<public_id:loan>/"): (OWN, None),
    ("get", "me/investments/<public_id:loan>/contract.pdf"): (OWN, None),
    ("get", "staff/customers/"): (rights.VIEW_CUSTOMERS, None),
    ("post", "staff/customers/"): (rights.EDIT_CUSTOMERS, {"kind": "PERSON", "name": "王小明", "phone": "13900000001"}),
    ("get", "staff/customers/<public_id:customer>/"): (rights.VIEW_CUSTOMERS, None),
    ("patch", "staff/customers/<public_id:customer>/"): (rights.EDIT_CUSTOMERS, {"facts": {"likes": "钓鱼"}}),
    ("post", "staff/customers/<public_id:customer>/phone/"): (
        rights.EDIT_CUSTOMERS,
        {"phone": "13900000001", "reason": "换号"},
    ),
    ("get", "staff/customers/<public_id:customer>/relations/"): (rights.VIEW_CUSTOMERS, None),
    ("post", "staff/customers/<public_id:customer>/relations/"): (
        rights.EDIT_CUSTOMERS,
        {"kind": "FRIEND", "other": "x" * 22},
    ),
    ("delete", "staff/customers/<public_id:customer>/relations/<public_id:relation>/"): (rights.EDIT_CUSTOMERS, None),
    ("get", "staff/customers/<public_id:customer>/documents/"): (rights.VIEW_CUSTOMERS, None),
    ("post", "staff/customers/<public_id:customer>/documents/"): (
        rights.EDIT_CUSTOMERS,
        {"kind": "INCOME", "content": "JVBERi0x"},
    ),
    ("get", "staff/customers/<public_id:customer>/documents/<public_id:document>/"): (rights.UNMASK, None),
    ("post", "intake/customers/"): (
        rights.TAKE_IN_CUSTOMERS,
        {"channel": "WEB", "rows": [{"name": "王小明", "phone": "13900000001"}]},
    ),
    ("post", "staff/conflicts/"): (rights.VIEW_CUSTOMERS, {"phone": "13900000001"}),
    ("post", "staff/merges/"): (rights.MERGE_CUSTOMERS, {"kept": "x" * 22, "merged": "y" * 22}),
    ("post", "staff/merges/<public_id:merge>/undo/"): (rights.MERGE_CUSTOMERS, None),
    ("post", "leads/"): (
        PUBLIC,
        {"name": "王", "phone": "13912345678", "role": "BORROWER", "utm_source": "x", "consent": False},
    ),
    ("get", "staff/leads/"): (rights.WORK_LEADS, None),
    ("post", "staff/leads/"): (rights.WORK_LEADS, {"method": "CONSULTATION", "role": "BORROWER"}),
    ("post", "staff/leads/<public_id:lead>/<upper_code:act>/"): (rights.WORK_LEADS, {}),
    ("get", "staff/applications/"): (rights.VIEW_APPLICATIONS, None),
    ("get", "staff/loans/"): (rights.VIEW_LOANS, None),
    ("get", "staff/alerts/"): (rights.VIEW_ALERTS, None),
    ("get", "staff/alerts/<public_id:alert>/"): (rights.VIEW_ALERTS, None),
    ("post", "staff/alerts/<public_id:alert>/<upper_code:act>/"): (rights.HANDLE_ALERTS, {"note": "x"}),
    ("get", "staff/indicators/"): (rights.MONITOR_RISK, None),
    ("get", "staff/warnings/"): (rights.VIEW_LOANS, None),
    ("get", "staff/assessments/"): (rights.VIEW_LOANS, None),
    ("get", "staff/assessment-plans/"): (rights.VIEW_LOANS, None),
    ("get", "staff/stress-runs/"): (rights.MONITOR_RISK, None),
    ("get", "staff/stress-runs/<public_id:stress>/"): (rights.MONITOR_RISK, None),
    ("get", "staff/risks/"): (rights.MONITOR_RISK, None),
    ("get", "staff/risks/<public_id:risk>/"): (rights.MONITOR_RISK, None),
    ("post", "staff/risks/<public_id:risk>/"): (
        rights.MANAGE_RISK,
        {"likelihood": 1, "impact": 1, "response": "ACCEPT", "note": "x"},
    ),
    ("get", "staff/incidents/"): (rights.MONITOR_RISK, None),
    ("post", "staff/incidents/"): (
        rights.MANAGE_RISK,
        {
            "kind": "INCIDENT",
            "title": "x",
            "began_at": "2026-03-02T10:00:00+08:00",
            "noticed_at": "2026-03-02T10:00:00+08:00",
            "rto_minutes": 1,
            "rpo_minutes": 1,
        },
    ),
    ("get", "staff/suspicions/"): (rights.WORK_AML, None),
    ("get", "staff/suspicions/<public_id:suspicion>/"): (rights.WORK_AML, None),
    ("post", "staff/suspicions/<public_id:suspicion>/proposal/"): (
        rights.WORK_AML,
        {"proposal": "DISMISS", "grounds": "x"},
    ),
    ("post", "staff/suspicions/<public_id:suspicion>/decision/"): (rights.DECIDE_AML, {"is_agreed": True}),
    ("get", "staff/models/"): (rights.VIEW_RULES, None),
    ("get", "staff/challengers/"): (rights.VIEW_RULES, None),
    ("get", "staff/labels/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/labels/customers/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/customers/<public_id:customer>/labels/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/segments/"): (rights.VIEW_SEGMENTS, None),
    ("post", "staff/segments/"): (
        rights.EDIT_SEGMENTS,
        {"name": "借款人", "rule": {"all": [{"fact": "borrower", "is": "is", "values": ["yes"]}]}},
    ),
    ("post", "staff/segments/preview/"): (
        rights.EDIT_SEGMENTS,
        {"rule": {"all": [{"fact": "borrower", "is": "is", "values": ["yes"]}]}},
    ),
    ("get", "staff/segments/<public_id:segment>/"): (rights.VIEW_SEGMENTS, None),
    ("put", "staff/segments/<public_id:segment>/"): (
        rights.EDIT_SEGMENTS,
        {"name": "x", "version": 1, "rule": {"all": [{"fact": "borrower", "is": "is", "values": ["yes"]}]}},
    ),
    ("get", "staff/segments/<public_id:segment>/members/"): (rights.VIEW_SEGMENTS, None),
    ("post", "staff/segments/<public_id:segment>/archive/"): (rights.EDIT_SEGMENTS, None),
    ("post", "staff/segments/<public_id:segment>/restore/"): (rights.EDIT_SEGMENTS, None),
    ("get", "staff/segments/<public_id:segment>/customers/<public_id:customer>/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/service-packages/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/service-packages/breaches/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/declines/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/playbooks/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/segments/<public_id:segment>/lookalikes/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/segments/<public_id:segment>/lookalikes/leads/"): (rights.WORK_LEADS, None),
    ("get", "staff/learnings/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/clusters/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/needs/"): (rights.VIEW_SEGMENTS, None),
    ("get", "staff/customers/<public_id:customer>/recommendations/"): (rights.VIEW_SEGMENTS, None),
    ("get", "me/recommendations/"): (CUSTOMER, None),
    ("get", "me/coupons/"): (CUSTOMER, None),
    ("get", "me/applications/<public_id:application>/coupons/"): (OWN, None),
    ("post", "me/applications/<public_id:application>/coupons/"): (OWN, {"coupon": "x" * 22}),
    ("get", "staff/coupon-offers/"): (rights.VIEW_COUPONS, None),
    ("get", "staff/coupon-offers/<public_id:coupon>/"): (rights.VIEW_COUPONS, None),
    ("post", "staff/coupon-offers/<public_id:coupon>/issues/"): (rights.EDIT_COUPONS, {"segment": "x" * 22}),
    ("get", "staff/customers/<public_id:customer>/coupons/"): (rights.VIEW_COUPONS, None),
    ("post", "staff/customers/<public_id:customer>/coupons/"): (rights.GIVE_COUPONS, {"offer": "x" * 22}),
}
# What a converter stands for follows from the address's first part, so that the table above can name it.
NAMES = {"cards": "card", "deposits": "deposit", "withdrawals": "withdrawal", "applications": "application"}
NAMES |= {"merges": "merge", "segments": "segment", "alerts": "alert", "stress-runs": "stress", "risks": "risk"}
NAMES |= {"suspicions": "suspicion", "coupon-offers": "coupon"}
NAMES |= {
    "leads": "lead",
    "customers": "customer",
    "messages": "message",
    "listings": "listing",
    "loans": "loan",
    "investments": "loan",
}


def _walk(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("api/v1/"):
            yield route.removeprefix("api/v1/"), pattern.callback


def list_addresses() -> list[tuple[str, str]]:
    """Return every method and address of the API but the partners' webhooks."""
    found = []
    for route, callback in _walk(get_resolver().url_patterns):
        if route.startswith("webhooks/"):
            continue
        parts = route.split("/")
        name = (
            "paper" if route.startswith("me/documents/") else next((NAMES[part] for part in parts if part in NAMES), "")
        )
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(callback.view_class, method):
                found.append((method, route.replace("<public_id:public_id>", f"<public_id:{name}>")))
    return found


def test_every_address_has_its_line() -> None:
    assert sorted(list_addresses()) == sorted(MATRIX)


@pytest.fixture
def records(house: House) -> dict[str, str]:
    """One customer who owns one record of each kind, as borrower and as investor."""
    owner = house.make_person("王小明", is_investor=True, balance="30000.00")
    lender = house.make_person("李投资", is_investor=True, balance="30000.00")
    lent = house.make_active_loan(lender, [owner], ["1000.00"])
    loan = house.make_active_loan(owner, [lender], ["2000.00"])
    application = owner.apply()
    listing = owner.accept(application)
    card = owner.get("me/cards/")["results"][0]["id"]
    withdrawal = owner.post("me/withdrawals/", {"amount": "10.00", "card": card})
    house.settle()
    return {
        "card": card,
        "deposit": owner.get("me/deposits/")["results"][0]["id"],
        "withdrawal": withdrawal["id"],
        "application": application["id"],
        "listing": listing["id"],
        "loan": loan["id"],
        "investment": lent["id"],
        "message": owner.get("me/messages/")["results"][0]["id"],
        "purpose": "CUSTODY",
        "customer": owner.get("me/")["id"],
        "relation": "x" * 22,
        "document": "x" * 22,
        "paper": owner.call("post", "me/documents/", {"kind": "INCOME", "content": "JVBERi0x"}).json()["id"],
        "merge": "x" * 22,
        "lead": "x" * 22,
        "segment": "x" * 22,
        **dict.fromkeys(("alert", "stress", "risk", "suspicion", "coupon"), "x" * 22),
    }


def _fill(address: str, records: dict[str, str]) -> str:
    kinds = {"<upper_code:purpose>": records["purpose"], "<upper_code:act>": "QUALIFY"}
    kinds |= {f"<public_id:{name}>": value for name, value in records.items()}
    if address.startswith("me/investments/"):
        kinds["<public_id:loan>"] = records["investment"]
    for place, value in kinds.items():
        address = address.replace(place, value)
    return address


def _staff_caller(user: User, scopes: list[str], now: Any) -> Caller:
    return Caller(token=issue_token(user=user, scopes=scopes, now=now)["token"])


def test_nobody_gets_in_where_he_has_no_business(house: House, records: dict[str, str], seeded: Any) -> None:
    stranger = house.make_person("赵陌生", is_investor=True)
    nobody = Caller()
    everything = sorted({right for _name, _scope, granted in rights.STANDARD_ROLES.values() for right in granted})
    manager = make_staff("manager")
    clerk = _staff_caller(manager, ["messaging.view"], seeded)
    officer = _staff_caller(make_staff("operations"), everything, seeded)
    boss = _staff_caller(manager, everything, seeded)
    before = take_picture()
    faults = []
    for (method, address), (who, body) in MATRIX.items():
        path = _fill(address, records)
        expected: list[tuple[str, Caller, set[int]]] = []
        if who == PUBLIC:
            # Nothing to protect; but nothing may be written either for somebody who proves nothing.
            expected.append(("anonymous", nobody, {200, 401, 422}))
        elif who in {CUSTOMER, OWN}:
            expected += [("anonymous", nobody, {401}), ("staff", boss, {403})]
            if who == OWN:
                expected.append(("stranger", stranger, {404}))
        else:
            expected += [("anonymous", nobody, {401}), ("customer", stranger, {403}), ("scope", clerk, {403})]
            if who not in rights.STANDARD_ROLES["operations"][2]:
                # The token says yes, the role says no: what counts is the role of today.
                expected.append(("role", officer, {403}))
        for name, caller, statuses in expected:
            response = caller.call(method, path, body)
            if response.status_code not in statuses:
                faults.append(f"{name}: {method} {path} -> {response.status_code} {response.content[:120]!r}")
            if response.status_code >= 400 and response["Content-Type"] != "application/problem+json":
                faults.append(f"{name}: {method} {path} -> {response['Content-Type']}")
        if changed := list_changes(before):
            faults.append(f"{method} {path} wrote into {changed}")
            before = take_picture()
    assert faults == []


def test_a_foreign_card_takes_no_money(house: House, records: dict[str, str]) -> None:
    stranger = house.make_person("赵陌生", balance="100.00")
    before = take_picture()
    response = stranger.call("post", "me/withdrawals/", {"amount": "10.00", "card": records["card"]})
    assert response.status_code == 404 and list_changes(before) == []


def test_staff_see_their_own_customers_only(house: House, seeded: Any) -> None:
    borrower, other = house.make_person(), house.make_person("李投资")
    house.make_listing(borrower)
    house.make_listing(other)
    rm, manager = make_staff("rm"), make_staff("manager")
    own_number = borrower.get("me/")["number"]
    Customer.objects.filter(number=own_number).update(rm=rm.staff_member)
    narrow = _staff_caller(rm, [rights.VIEW_CUSTOMERS, rights.VIEW_APPLICATIONS, rights.VIEW_LOANS], seeded)
    wide = _staff_caller(manager, [rights.VIEW_CUSTOMERS, rights.VIEW_APPLICATIONS], seeded)
    assert [row["number"] for row in narrow.get("staff/customers/")["results"]] == [own_number]
    assert [row["customer_number"] for row in narrow.get("staff/applications/")["results"]] == [own_number]
    assert narrow.get("staff/loans/")["results"] == []
    assert len(wide.get("staff/customers/")["results"]) == 2
    assert narrow.get("staff/customers/")["results"][0]["name"] == "王**"


def test_a_customer_token_of_another_kind_is_none(house: House) -> None:
    person: Person = house.register()
    person.token = person.token[:-1] + ("0" if person.token[-1] != "0" else "1")
    assert person.call("get", "me/").status_code == 401
    for token in ("", "x", "é", "0" * 64, "a b"):
        assert Caller().call("get", "me/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
