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
from lending.queries.terms import quote_application
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


def give_example(**changes: Any) -> dict[str, Any] | None:
    """Return the example of a product after changes to it."""
    Product.objects.filter(code="xinyong-debx").update(**changes)
    example: dict[str, Any] | None = next(
        each["example"] for each in list_products(TODAY) if each["code"] == "xinyong-debx"
    )
    return example


def test_a_product_stands_on_one_page_in_plain_sentences(book: Book) -> None:
    products = list_products(TODAY)
    for product in products:
        text = "\n".join(write_sheet(product))
        assert "early" in text and "late" in text and "Example" in text and "%(" not in text
    shown = Client().get("/api/v1/products/").json()[0]
    assert len(shown["sheet"]) >= 6
    assert shown["example"]["total_interest"] == str(products[0]["example"]["total_interest"])


def test_the_example_is_what_such_a_loan_would_cost(book: Book) -> None:
    example = give_example()
    product = Product.objects.get(code="xinyong-debx")
    as_approved = Application(
        product=product,
        method=product.methods[0],
        approved_amount=product.amount_min,
        annual_rate=max(Decimal(each) for each in product.rate_by_grade.values()),
        periods=max(product.periods_allowed),
    )
    priced = quote_application(as_approved, disbursed_on=TODAY)
    assert example is not None and priced.total_fees > 0
    assert example["total_cost"] == priced.total_cost and example["apr_nominal"] == priced.apr_nominal
    sheet = next(write_sheet(each) for each in list_products(TODAY) if each["code"] == product.code)
    said = (money_text(priced.total_interest), f"{money_text(priced.total_fees)} of fees")
    assert any(all(words in line for words in said) for line in sheet)
    at_once = give_example(methods=["equal_principal"])
    later = give_example(principal_grace=2)
    assert at_once is not None and later is not None and later["total_interest"] > at_once["total_interest"]


@pytest.mark.parametrize("change", [{"rate_by_grade": {}}, {"principal_grace": 99}])
def test_no_example_is_made_up_where_no_offer_could_be(book: Book, change: dict[str, Any]) -> None:
    assert give_example(**change) is None
