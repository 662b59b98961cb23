"""One loan's life by HTTP alone: registration, deposit, application, bids, signature, repayment, settlement."""

from collections.abc import Callable
from decimal import Decimal

from tests.api.people import House, Person

Make = Callable[..., Person]


def test_a_loan_lives_by_http_alone(house: House, make_person: Make) -> None:
    borrower = make_person("王小明")
    lenders = [make_person(name, is_investor=True, balance="20000.00") for name in ("李投资", "欧阳娜")]
    assert lenders[0].get("me/account/")["available"] == "20000.00"

    application = borrower.apply()
    assert application["state"] == "APPROVED", application["decision"]
    assert application["offer"]["total_payment"] == str(
        sum((Decimal(row["payment"]) for row in application["offer"]["schedule"]), Decimal("0.00"))
    )
    listing = borrower.accept(application)
    shown = lenders[0].get(f"listings/{listing['id']}/")
    assert shown["borrower"]["monthly_income_band"] == "20000-50000"
    assert "王" not in str(shown) and borrower.phone not in str(shown)

    lenders[0].bid(listing, "3300.00")
    assert lenders[0].get("me/account/") == {
        "available": "16700.00",
        "frozen": "3300.00",
        "in_loans": "0.00",
        "custody_status": "OPEN",
    }
    lenders[1].bid(listing, "6700.00")
    house.settle()
    loan = borrower.get("me/loans/")["results"][0]
    assert loan["state"] == "SIGNING"
    running = borrower.sign(loan)
    assert running["state"] == "ACTIVE", running
    assert borrower.get("me/account/")["available"] == "10000.00"

    contract = borrower.call("get", f"me/loans/{loan['id']}/contract.pdf")
    assert contract["Content-Type"] == "application/pdf" and contract.content.startswith(b"%PDF")
    copy = lenders[0].call("get", f"me/investments/{loan['id']}/contract.pdf")
    assert copy.status_code == 200 and copy.content.startswith(b"%PDF")

    claim = lenders[1].get(f"me/investments/{loan['id']}/")
    assert sum(Decimal(row["principal"]) for row in claim["planned"]) == Decimal("6700.00")

    first_due = running["schedule"][0]
    paid = borrower.post(f"me/loans/{loan['id']}/repayments/", {"amount": "100.00"})
    assert paid["amount"] == "100.00"
    received = lenders[1].get(f"me/investments/{loan['id']}/")["received"]
    assert len(received) == 1
    after = borrower.get(f"me/loans/{loan['id']}/")["schedule"][0]
    assert Decimal(after["unpaid"]) == Decimal(first_due["unpaid"]) - 100

    borrower.deposit("5000.00")
    price = borrower.get(f"me/loans/{loan['id']}/settlement/")
    borrower.post(f"me/loans/{loan['id']}/settlement/", {"total": price["total"]})
    house.settle()
    ended = borrower.get(f"me/loans/{loan['id']}/")
    assert ended["state"] == "SETTLED" and all(row["unpaid"] == "0.00" for row in ended["schedule"])
    back = [lender.get(f"me/investments/{loan['id']}/") for lender in lenders]
    assert [row["principal_received"] for row in back] == ["3300.00", "6700.00"]

    card = lenders[0].get("me/cards/")["results"][0]
    order = lenders[0].post("me/withdrawals/", {"amount": "500.00", "card": card["id"]})
    house.settle()
    house.take_callbacks()
    house.settle()
    assert lenders[0].get(f"me/withdrawals/{order['id']}/")["status"] == "SUCCEEDED"
    statement = lenders[0].get("me/account/entries/?page_size=2")
    assert len(statement["results"]) == 2 and statement["next"]
    older = lenders[0].get(statement["next"].split("testserver")[1])
    assert older["results"][0]["balance"] != statement["results"][0]["balance"]


def test_a_borrower_may_go_back(house: House, make_person: Make) -> None:
    borrower, lender = make_person(), make_person("李投资", is_investor=True, balance="5000.00")
    application = borrower.apply()
    assert borrower.post(f"me/applications/{application['id']}/withdraw/")["state"] == "WITHDRAWN"
    listing = house.make_listing(borrower)
    lender.bid(listing, "1000.00")
    assert borrower.post(f"me/listings/{listing['id']}/cancel/")["state"] == "CANCELLED"
    assert lender.get("me/account/")["available"] == "5000.00"
    assert lender.get("me/bids/")["results"][0]["state"] == "RELEASED"


def test_profile_changes_need_the_version_they_change(house: House) -> None:
    person = house.register()
    assert person.call("patch", "me/profile/", {"occupation": "教师"}).status_code == 428
    etag = person.call("get", "me/")["ETag"]
    assert person.call("patch", "me/profile/", {"occupation": "教师"}, HTTP_IF_MATCH=etag).status_code == 200
    stale = person.call("patch", "me/profile/", {"occupation": "医生"}, HTTP_IF_MATCH=etag)
    assert stale.status_code == 412 and stale.json()["code"] == "version_changed"
    assert person.get("me/")["profile"]["occupation"] == "教师"


def test_log_in_and_out(house: House) -> None:
    person = house.register()
    code = house.send_code(Person(house=house, phone=person.phone), {"phone": person.phone, "purpose": "LOGIN"})
    answer = person.post("auth/login/", {"phone": person.phone, "code": code})
    other = Person(token=answer["token"])
    assert other.get("me/")["phone"] == person.get("me/")["phone"]
    other.post("auth/logout/")
    assert other.call("get", "me/").status_code == 401
    assert person.call("get", "me/").status_code == 200
