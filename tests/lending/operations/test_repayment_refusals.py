"""Repayments that are refused, by operation and by API: not one row changes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import clock
from core.errors import NotFound
from core.models import User
from core.money import InexactAmount
from lending.models import Loan
from lending.operations.repayments import KeyUsedForOther, LoanNotRunning, MoreThanPayable, record_repayment
from lending.operations.settlements import get_settlement_price, settle_early
from tests.lending.operations import markets
from tests.lending.operations.markets import DAY, at
from tests.pictures import refused, unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
D = Decimal


@pytest.fixture
def loan(house: None) -> Loan:
    """A running loan whose borrower could pay all of it."""
    loan = markets.make_running_loan()
    markets.pay_in(loan.borrower, "20000.00")
    return loan


def pay(loan_id: int, amount: str | None, **changes: Any) -> None:
    given = {"idempotency_key": "k", "business_date": DAY, "now": at(), "actor": None}
    record_repayment(loan_id=loan_id, amount=None if amount is None else D(amount), **{**given, **changes})


def test_nothing_and_less_than_nothing(loan: Loan) -> None:
    for amount in ("0.00", "-0.01", "-100.00"):
        with refused(MoreThanPayable):
            pay(loan.pk, amount)


def test_nothing_is_due_yet(loan: Loan) -> None:
    with refused(MoreThanPayable):
        pay(loan.pk, None)


def test_a_fen_more_than_the_next_instalment(loan: Loan) -> None:
    row = loan.instalments.get(n=1)
    whole = row.principal + row.interest + row.fee
    with refused(MoreThanPayable):
        pay(loan.pk, str(whole + D("0.01")))
    pay(loan.pk, str(whole))
    with refused(KeyUsedForOther):
        pay(loan.pk, str(whole - D("0.01")))
    with unchanged():
        pay(loan.pk, str(whole))


def test_more_than_two_decimals(loan: Loan) -> None:
    for amount in ("1.001", "0.005", "100.0000001"):
        with refused(InexactAmount):
            pay(loan.pk, amount)


def test_an_unknown_loan_and_one_that_has_ended(loan: Loan) -> None:
    with refused(NotFound):
        pay(10**9, "1.00")
    day = DAY + timedelta(days=3)
    price = get_settlement_price(loan=loan, business_date=day)
    settle_early(
        loan_id=loan.pk, expected_total=price.total, idempotency_key="s", business_date=day, now=at(day), actor=None
    )
    with refused(LoanNotRunning):
        pay(loan.pk, "1.00")
    # The settlement's key is not a repayment's.
    with refused(KeyUsedForOther):
        pay(loan.pk, str(price.total), idempotency_key="s")


class TestApi:
    """The same through the door that borrowers use."""

    @pytest.fixture
    def client(self, loan: Loan) -> Any:
        from rest_framework.test import APIClient

        user = User.objects.create(username="borrower", kind=User.Kind.CUSTOMER)
        type(loan.borrower).objects.filter(pk=loan.borrower_id).update(user=user)
        client = APIClient()
        client.force_authenticate(user)
        with clock.use_clock(at()):
            yield client

    def post(self, client: Any, loan: Loan, key: str, body: Any, path: str = "repayments") -> Any:
        return client.post(
            f"/api/v1/me/loans/{loan.public_id}/{path}/", body, format="json", headers={"idempotency-key": key}
        )

    @pytest.mark.parametrize("amount", ["0.00", "-1.00", "1.001", "1e400", "NaN", "Infinity", "many", "", [], {}, True])
    @pytest.mark.parametrize("path", ["repayments", "settlement"])
    def test_an_amount_that_is_none(self, client: Any, loan: Loan, amount: Any, path: str) -> None:
        name = "amount" if path == "repayments" else "total"
        with unchanged():
            answer = self.post(client, loan, "k", {name: amount}, path)
        assert answer.status_code in {400, 409, 422}, answer.content
        assert answer["Content-Type"].startswith("application/problem+json")

    def test_anothers_loan(self, client: Any) -> None:
        foreign = markets.make_running_loan()
        for path, body in (("repayments", {"amount": "1.00"}), ("settlement", {"total": "1.00"})):
            with unchanged():
                assert self.post(client, foreign, "k", body, path).status_code == 404

    def test_more_than_payable(self, client: Any, loan: Loan) -> None:
        with unchanged():
            answer = self.post(client, loan, "k", {"amount": "19000.00"})
        assert (answer.status_code, answer.json()["code"]) == (422, "more_than_payable")

    def test_the_same_key_with_another_body(self, client: Any, loan: Loan) -> None:
        assert self.post(client, loan, "k", {"amount": "10.00"}).status_code == 201
        with unchanged():
            assert self.post(client, loan, "k", {"amount": "10.00"}).status_code == 201
            assert self.post(client, loan, "k", {"amount": "10.01"}).status_code == 422
            assert self.post(client, loan, "k", {"total": "10.00"}, "settlement").status_code == 422
