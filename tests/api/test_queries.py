"""The first page of every list asks the database the same number of times with one row and with fifty."""

from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.api.tokens import issue_token
from core.models import User
from ledger.models import PaymentOrder
from ledger.operations import open_accounts
from lending.models import Bid, LenderShare, Loan, Repayment
from messaging.models import Message, Template
from risk.models import Alert
from staff import rights
from tests.api.people import Caller
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan, make_staff

LISTS = {
    "me/cards/": 4,
    "me/consents/": 4,
    "me/deposits/": 4,
    "me/applications/": 4,
    "me/bids/": 4,
    "me/loans/": 4,
    "me/loans/{loan}/": 8,
    "me/loans/{loan}/repayments/": 5,
    "me/investments/": 4,
    "me/investments/{loan}/": 8,
    "me/messages/": 4,
    "me/account/": 5,
    "me/account/entries/": 4,
    "listings/": 3,
    "listings/{listing}/": 9,
    # Products, their fees, the day of the terms in force, and which calendar the example goes by.
    "products/": 5,
}
STAFF_LISTS = ("staff/customers/", "staff/applications/", "staff/loans/", "staff/alerts/")


class _Book:
    """A customer with as many records of every kind as wanted, written as rows."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.customer = make_borrower(now=now)
        self.customer.user = User.objects.create(username="c", kind=User.Kind.CUSTOMER)
        self.customer.save()
        open_accounts(customer_ids=[self.customer.pk], now=now)
        self.other = make_borrower(now=now)
        self.count = 0

    def add(self) -> Loan:
        """Add one record of each kind."""
        self.count += 1
        n, now, customer = self.count, self.now, self.customer
        loan = make_loan(customer, LoanPlan(start_date=now.date()), now=now)
        Bid.objects.create(
            listing=loan.listing,
            investor=customer,
            amount=Decimal("100.00"),
            placed_at=now,
            risk_notice_version="1",
            idempotency_key=f"bid-{n}",
        )
        LenderShare.objects.create(loan=loan, investor=customer, principal=Decimal("12000.00"))
        Repayment.objects.create(
            loan=loan,
            kind="REPAYMENT",
            amount=Decimal("1.00"),
            fee=0,
            penalty=0,
            interest=0,
            principal=Decimal("1.00"),
            business_date=now.date(),
            received_at=now,
            transfer_id=n,
            idempotency_key=f"r-{n}",
        )
        PaymentOrder.objects.create(
            number=f"PO-{n}",
            kind="DEPOSIT",
            customer=customer,
            amount=Decimal("1.00"),
            gateway="wechat",
            purpose="TOP_UP",
            authorisation="a",
            idempotency_key=f"po-{n}",
            business_date=now.date(),
            created_at=now,
        )
        Message.objects.create(
            customer=customer,
            template=Template.objects.first(),
            channel="SMS",
            kind="NOTICE",
            text="x",
            dedup_key=f"m-{n}",
            created_at=now,
            send_after=now,
        )
        Alert.objects.create(
            kind="LOAN",
            key=f"loan:{loan.pk}",
            loan=loan,
            customer=customer,
            severity="LOW",
            reason_code="risk.loan_in_bucket",
            raised_at=now,
            business_date=now.date(),
        )
        return loan


def _count(caller: Caller, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        caller.get(path)
    return len(captured)


def test_lists_ask_as_often_with_fifty_rows_as_with_one(seeded: datetime) -> None:
    book = _Book(seeded)
    loan = book.add()
    places = {"loan": loan.public_id, "listing": loan.listing.public_id}
    customer = Caller(token=issue_token(user=book.customer.user, scopes=["customer"], now=seeded)["token"])
    manager = make_staff("manager")
    staff = Caller(
        token=issue_token(user=manager, scopes=list(rights.STANDARD_ROLES["manager"][2]), now=seeded)["token"]
    )
    # The years of the calendar stay in memory once they are read.
    customer.get("products/")
    asked = {path: _count(customer, path.format(**places)) for path in LISTS}
    asked |= {path: _count(staff, path) for path in STAFF_LISTS}
    for _ in range(49):
        book.add()
    for path, bound in LISTS.items():
        assert _count(customer, path.format(**places)) == asked[path] <= bound, path
    for path in STAFF_LISTS:
        assert _count(staff, path) == asked[path] <= 4, path
    first = customer.get("me/loans/?page_size=20")
    second = customer.get(first["next"].split("testserver")[1])
    ids = [row["id"] for row in first["results"] + second["results"]]
    assert len(ids) == len(set(ids)) == 40 and second["previous"]
    assert "id" not in first["next"].split("cursor=")[0]
