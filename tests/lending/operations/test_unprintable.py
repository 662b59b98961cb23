"""A character that no font has stops an application at the door, and a contract with work for people."""

from datetime import datetime

import pytest

from core.models import AuditEntry, EventDelivery
from core.outbox import drain
from customers.models import Customer, WorkItem
from lending.documents.rendering import is_printable
from lending.models import Application, Contract, Loan
from lending.operations.applications import UnprintableText
from lending.operations.contracts import ContractNotOpen, ContractUnprintable, draw_contract_again
from tests.fixtures.borrowers import make_application, make_staff
from tests.lending.operations.markets import DAY, at, bid, make_borrower, make_investor, make_listing

pytestmark = pytest.mark.django_db
EMOJI = "\U0001f600"


def test_the_national_standard_is_printed_and_emoji_are_not() -> None:
    every = [bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF)]
    characters = "".join(code.decode("gb2312", errors="ignore") for code in every)
    assert len(characters) > 7_400
    # A rare character of a name makes the fonts themselves be asked about all of them.
    assert is_printable("䶮" + characters)
    assert is_printable("装修 kitchen，2026") and is_printable("北京市\u3000朝阳区") and is_printable("")
    assert not is_printable("装修" + EMOJI) and not is_printable("\ue000")


@pytest.mark.usefixtures("house")
def test_an_application_with_an_unprintable_purpose_is_refused() -> None:
    borrower = make_borrower()
    with pytest.raises(UnprintableText) as refusal:
        make_application(borrower, now=at(), business_date=DAY, purpose_text="装修" + EMOJI)
    assert set(refusal.value.fields) == {"purpose_text"}
    assert not Application.objects.exists()
    Customer.objects.filter(pk=borrower.pk).update(address="北京" + EMOJI)
    with pytest.raises(UnprintableText) as refusal:
        make_application(borrower, now=at(), business_date=DAY)
    assert set(refusal.value.fields) == {"address"}
    assert not Application.objects.exists()


@pytest.mark.usefixtures("house")
def test_a_contract_that_cannot_be_printed_becomes_work_and_is_drawn_again(now: datetime) -> None:
    investor, colleague = make_investor("10000.00"), make_staff("operations")
    listing = make_listing(amount="10000.00")
    Customer.objects.filter(pk=investor.pk).update(name="张" + EMOJI)
    bid(listing, investor, "10000.00")
    drain()
    loan = Loan.objects.get()
    delivery = EventDelivery.objects.get(handler="lending.make_contract")
    assert delivery.state == "DONE" and loan.state == Loan.State.CONTRACTING and not Contract.objects.exists()
    work = WorkItem.objects.get(kind="lending.contract_unprintable")
    assert (work.state, work.right, work.customer_id) == ("OPEN", "operations.configure", loan.borrower_id)
    assert AuditEntry.objects.filter(action="lending.contract_unprintable").count() == 1

    with pytest.raises(ContractUnprintable):
        draw_contract_again(loan_id=loan.pk, actor=colleague, now=at())
    work.refresh_from_db()
    assert work.state == "OPEN" and not Contract.objects.exists()

    Customer.objects.filter(pk=investor.pk).update(name="张三")
    draw_contract_again(loan_id=loan.pk, actor=colleague, now=at())
    work.refresh_from_db()
    loan.refresh_from_db()
    assert work.state == "DONE" and work.ended_by == colleague and loan.state == Loan.State.SIGNING
    with pytest.raises(ContractNotOpen):
        draw_contract_again(loan_id=loan.pk, actor=colleague, now=at())
    assert Contract.objects.count() == 1
