"""The way to the first deal and a product on one page, as a customer reads them."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.api.tokens import issue_token
from core.models import User
from core.rules.formats import money_text
from customers.models import BankCard, Consent, Customer
from lending.api.product_sheet import write_sheet
from lending.models import Application, Product
from lending.queries.disclosure import list_products
from lending.queries.guide import BORROWER_STEPS, read_guide
from lending.queries.terms import Quoter
from tests.web.conftest import NOW, TODAY, Book, _kept_book, book

__all__ = ["_kept_book", "book"]


def test_the_guide_names_the_first_step_that_is_open(book: Book) -> None:
    customer = Customer.objects.get(pk=book.borrower.pk)
    before = read_guide(customer, TODAY).borrower
    assert list(before) == list(BORROWER_STEPS) and before["identity"] and not before["consents"]
    for purpose in ("CREDIT_QUERY", "SIGNATURE"):
        Consent.objects.create(
            customer=customer, purpose=purpose, notice_version="1", channel="app", given_at=NOW, evidence_hash="h"
        )
    assert read_guide(customer, TODAY).borrower["consents"]
    Customer.objects.filter(pk=customer.pk).update(status="REGISTERED")
    BankCard.objects.filter(customer=customer).update(state="REFUSED")
    token = issue_token(user=User.objects.get(username="customer"), scopes=[], now=clock.now())["token"]
    answer = Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"}).get("/api/v1/me/guide/")
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 200 and body["next_for_borrower"] == "identity"
    assert [step["code"] for step in body["investor"]][-1] == "bid"


def test_a_product_stands_on_one_page_in_plain_sentences(book: Book) -> None:
    for product in list_products(TODAY):
        text = "\n".join(write_sheet(product))
        assert "early" in text and "late" in text and "Example" in text and "%(" not in text
    shown = Client().get("/api/v1/products/").json()[0]
    assert len(shown["sheet"]) >= 6 and shown["example"]["total_interest"] == str(
        list_products(TODAY)[0]["example"].total_interest
    )


def test_the_example_is_what_such_a_loan_would_cost(book: Book) -> None:
    product = Product.objects.get(code="xinyong-debx")
    rate = max(Decimal(each) for each in product.rate_by_grade.values())
    found = Quoter().quote_example(product, disbursed_on=TODAY)
    as_offered = Application(
        product=product,
        method=product.methods[0],
        approved_amount=product.amount_min,
        annual_rate=rate,
        periods=max(product.periods_allowed),
    )
    assert found is not None and found == Quoter().quote(as_offered, disbursed_on=TODAY) and found.total_fees > 0
    sheet = next(write_sheet(each) for each in list_products(TODAY) if each["code"] == product.code)
    assert any(
        money_text(found.total_interest) in line and f"{money_text(found.total_fees)} of fees" in line for line in sheet
    )
    product.methods = ["equal_principal"]
    at_once = Quoter().quote_example(product, disbursed_on=TODAY)
    product.principal_grace = 2
    later = Quoter().quote_example(product, disbursed_on=TODAY)
    assert at_once is not None and later is not None and later.total_interest > at_once.total_interest


@pytest.mark.parametrize("change", [{"rate_by_grade": {}}, {"principal_grace": 99}])
def test_no_example_is_made_up_where_no_offer_could_be(book: Book, change: dict[str, Any]) -> None:
    product = Product.objects.get(code="xinyong-debx")
    for name, value in change.items():
        setattr(product, name, value)
    assert Quoter().quote_example(product, disbursed_on=TODAY) is None
