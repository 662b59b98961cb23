"""The way to the first deal and a product on one page, as a customer reads them."""

from decimal import Decimal
from typing import Any

from django.test import Client

from core import clock
from core.api.tokens import issue_token
from core.models import User
from customers.models import BankCard, Consent, Customer
from lending.api.product_sheet import write_sheet
from lending.queries.disclosure import list_products
from lending.queries.guide import BORROWER_STEPS, read_guide
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
    products = list_products()
    for product in products:
        text = "\n".join(write_sheet(product, TODAY))
        assert "early" in text and "late" in text and "Example" in text and "%(" not in text
    assert len(Client().get("/api/v1/products/").json()[0]["sheet"]) >= 6
    late = {**products[0], "methods": ["equal_principal"]}
    grace = [line for line in write_sheet({**late, "principal_grace": 2}, TODAY) if "Example" in line]
    assert grace and grace[0] not in write_sheet(late, TODAY), "interest is higher where principal comes later"
    odd = {**products[0], "amount_min": Decimal("0.01"), "rate_by_grade": {}, "fees": []}
    assert not any("Example" in line for line in write_sheet(odd, TODAY))
