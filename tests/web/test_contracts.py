"""The contract on the screen and as a file: for staff in scope, with a check of what was really signed."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client

from customers.models import Customer
from integrations.sandbox.client import SandboxControl
from lending.models import Contract, Loan
from lending.operations import contracts
from lending.sealing import seal_contract
from tests.fixtures.sandbox import sandbox, sandbox_process
from tests.lending.operations import markets
from tests.pictures import unchanged
from tests.web.conftest import NOW, Book, as_user

__all__ = ["sandbox", "sandbox_process"]

VALID = "Every party signed, nothing was changed since, and the document is closed."
BROKEN = "This file is not a valid contract."
AWAY = "The certificate authority cannot be reached."


@pytest.fixture
def drawn(book: Book) -> Contract:
    """A contract of a borrower of the RM, printed and not signed."""
    loan = markets.fill(markets.make_listing(), ("4000.00", "6000.00"))
    Customer.objects.filter(pk=loan.borrower_id).update(rm=book.rm.staff_member)
    return markets.draw(Loan.objects.get(pk=loan.pk))


@pytest.fixture
def signed(drawn: Contract, sandbox: SandboxControl) -> Contract:
    """The same, truly signed by all with certificates of the sandbox's authority."""
    sandbox.set_clock(NOW)
    contracts.declare_borrower_will(
        contract_id=drawn.pk,
        customer_id=drawn.loan.borrower_id,
        pdf_hash=drawn.pdf_hash,
        evidence="SMS code",
        now=NOW,
    )
    contract = Contract.objects.select_related("loan__borrower", "loan__product").get(pk=drawn.pk)
    sealed = seal_contract(contract, now=NOW)
    return contracts.record_signed(contract_id=contract.pk, signed_pdf=sealed.pdf, serials=sealed.serials, now=NOW)


def page_of(contract: Contract) -> str:
    return f"/loans/{contract.loan.public_id}/contract/"


@pytest.mark.parametrize("tail", ["", "file/"])
def test_only_staff_in_scope_read_a_contract(book: Book, drawn: Contract, tail: str) -> None:
    url = page_of(drawn) + tail
    with unchanged(but={"core_user", "django_session"}):
        assert Client().get(url).status_code == 302
        assert as_user(book.customer_user).get(url).status_code == 403
        assert as_user(book.other_rm).get(url).status_code == 404
        assert as_user(book.rm).get(url).status_code == 200
        assert as_user(book.rm).get(f"/loans/{book.loan.public_id}/contract/{tail}").status_code == 404
        assert as_user(book.rm).post(url).status_code == 405


def test_the_pages_and_the_file_show_nobody_in_full(book: Book, drawn: Contract) -> None:
    client = as_user(book.rm)
    html = client.get(page_of(drawn)).content.decode()
    assert drawn.number in html and drawn.pdf_hash in html
    assert html.count("data:image/png;base64,") >= 2
    assert "13800138000" not in html and drawn.loan.borrower.identity_number not in html
    answer = client.get(page_of(drawn) + "file/")
    assert answer["Content-Type"] == "application/pdf" and answer["Cache-Control"] == "private, no-store"
    assert answer.content.startswith(b"%PDF-") and drawn.number in answer["Content-Disposition"]
    assert answer.content != bytes(drawn.pdf)


def test_a_truly_signed_contract_is_shown_as_valid(book: Book, signed: Contract) -> None:
    client = as_user(book.rm)
    assert VALID not in client.get(page_of(signed)).content.decode()
    with unchanged(but={"core_user", "django_session", "integrations_outboundcall", "integrations_call"}):
        html = client.get(page_of(signed) + "?check=1").content.decode()
    assert VALID in html and BROKEN not in html
    assert len(re.findall(r">good<", html)) == signed.signatures.count() == 4
    assert signed.signed_hash in html


@pytest.mark.parametrize("damage", ["changed", "cut", "appended", "nothing"])
def test_a_broken_file_is_shown_as_broken(book: Book, signed: Contract, damage: str) -> None:
    pdf = bytearray(Contract.objects.get(pk=signed.pk).signed_pdf)
    if damage == "changed":
        pdf[len(bytes(signed.pdf)) // 2] ^= 1
    elif damage == "cut":
        pdf = pdf[: len(pdf) * 2 // 3]
    elif damage == "appended":
        pdf += b"\n1 0 obj\n<<>>\nendobj\n"
    else:
        pdf = bytearray(b"no contract at all")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE lending_contract SET signed_pdf = %s WHERE id = %s", [bytes(pdf), signed.pk])
    html = as_user(book.rm).get(page_of(signed) + "?check=1").content.decode()
    assert BROKEN in html and VALID not in html


def test_an_unsigned_contract_is_not_shown_as_valid(
    book: Book,
    drawn: Contract,
    sandbox: SandboxControl,
) -> None:
    html = as_user(book.rm).get(page_of(drawn) + "?check=1").content.decode()
    assert BROKEN in html and VALID not in html
    assert "not yet signed" in html


def test_an_authority_that_is_away_is_not_taken_for_a_yes(
    book: Book,
    signed: Contract,
    sandbox: SandboxControl,
) -> None:
    sandbox.behave("ca", fail_next=100)
    html = as_user(book.rm).get(page_of(signed) + "?check=1").content.decode()
    assert AWAY in html and VALID not in html


def test_the_lenders_of_the_contract_are_those_who_bid(book: Book, signed: Contract) -> None:
    lent = markets.lent_by(signed.loan)
    assert sum(lent.values()) == signed.loan.principal == Decimal("10000.00")
    html = as_user(book.rm).get(page_of(signed)).content.decode()
    for customer in Customer.objects.filter(pk__in=lent):
        assert f"/customers/{customer.public_id}/" in html
