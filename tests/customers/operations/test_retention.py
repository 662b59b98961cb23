"""Groups of fields go when their retention has ended, and only then."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from core.errors import NotFound
from core.fields import blind_index
from core.models import AuditEntry, User
from customers.models import (
    BankCard,
    Customer,
    Document,
    Erasure,
    FieldChange,
    FieldClaim,
    FinancialProfile,
    TimelineEntry,
)
from customers.operations import documents, retention
from customers.queries.retention import list_expired
from lending.models import Contract, Loan
from lending.queries import own
from messaging.models import Message, Template
from tests.customers.operations.desk import make_customer, make_member
from tests.customers.operations.workday import NOW, TODAY, Workday, desk, refuse
from tests.pictures import unchanged
from tests.web.conftest import make_loan

__all__ = ["desk"]

PHONE, IDENTITY = "13700009999", "11010519491231002X"


def make_old(desk: Workday, years: float, **given: Any) -> Customer:
    """A customer whose last contact was so many years ago, with something in every group."""
    at = NOW - timedelta(days=round(365.25 * years))
    user = User.objects.create(username=f"c-old-{years}", kind=User.Kind.CUSTOMER, display_name="周芷若")
    customer = make_customer(
        desk.rm,
        NOW,
        **{
            "name": "周芷若",
            "user": user,
            "phone": PHONE,
            "phone_index": blind_index(PHONE, "phone"),
            "phone_tail_index": "tail",
            "identity_number": IDENTITY,
            "identity_index": blind_index(IDENTITY, "identity"),
            "status": "IDENTIFIED",
            "address": "北京市朝阳区建国路1号",
            "email": "old@example.com",
            "interests": ["基金"],
            "likes": "钓鱼",
            "custom": {"club": "x"},
            "registered_at": at - timedelta(days=400),
            "latest_contact_at": at,
            **given,
        },
    )
    for field in ("likes", "phone", "address"):
        FieldClaim.objects.create(customer=customer, field=field, source="RM", value="x", value_index="i", as_of=at)
        FieldChange.objects.create(customer=customer, field=field, old="o", new="n", source="RM", at=at)
    FinancialProfile.objects.create(customer=customer, as_of_date=at.date(), source="RM", monthly_income="8000.00")
    BankCard.objects.create(
        customer=customer, number="6222020200112230018", number_index="card", tail="0018", reserved_phone=PHONE,
        state="BOUND", asked_at=at,
    )  # fmt: skip
    documents.keep_paper(customer=customer, kind="INCOME", title="x", content=b"%PDF-1", actor=None, now=at)
    return customer


def close() -> int:
    return retention.erase_expired(TODAY, 0, 0, NOW)


def test_preferences_go_first_and_the_rest_stays(desk: Workday) -> None:
    customer = make_old(desk, 4)
    assert close() == 2
    customer.refresh_from_db()
    assert (customer.likes, customer.interests, customer.custom) == ("", [], {})
    assert (customer.phone, customer.identity_number, customer.status) == (PHONE, IDENTITY, "IDENTIFIED")
    assert set(FieldClaim.objects.values_list("field", flat=True)) == {"phone", "address"}
    assert FieldChange.objects.get(field="likes").old == "" and FieldChange.objects.get(field="phone").old == "o"
    assert set(Erasure.objects.values_list("group", flat=True)) == {"custom", "preferences"}
    assert TimelineEntry.objects.filter(text_code="customers.fields_erased").count() == 2
    entry = AuditEntry.objects.get(action="customers.fields_erased")
    assert entry.data["groups"] == {"custom": 1, "preferences": 1} and entry.data["customers"] == 1
    with unchanged():
        assert close() == 0


def test_after_ten_years_nothing_of_the_person_is_left(desk: Workday) -> None:
    customer = make_old(desk, 10.5)
    assert close() == 6
    customer.refresh_from_db()
    assert customer.status == "CLOSED" and customer.user is not None and not customer.user.is_active
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, name_key, phone, phone_index, phone_tail_index, identity_number, identity_index, address, email"
            " FROM customers_customer WHERE id = %s",
            [customer.pk],
        )
        assert set(cursor.fetchone()) == {""}
        cursor.execute("SELECT content, title FROM customers_document")
        assert cursor.fetchone() == ("", "")
    assert Document.objects.get().removed_at == NOW
    assert (FinancialProfile.objects.get().monthly_income, BankCard.objects.get().number_index) == ("", "")
    assert not FieldClaim.objects.exists()
    assert set(FieldChange.objects.values_list("old", "new")) == {("", "")}
    assert customer.user.display_name == ""


@pytest.mark.parametrize(
    "given",
    [{"status": "FROZEN"}, {"latest_contact_at": NOW - timedelta(days=30)}, {"next_promise_at": NOW}],
    ids=["frozen", "contact", "promise"],
)
def test_who_is_frozen_or_still_dealt_with_keeps_everything(desk: Workday, given: dict[str, Any]) -> None:
    make_old(desk, 12, **given)
    with unchanged():
        assert close() == 0


def test_the_last_payment_counts_and_running_business_keeps_everything(desk: Workday) -> None:
    customer = make_old(desk, 12)
    entry = TimelineEntry.objects.create(customer=customer, at=NOW - timedelta(days=300), kind="money", key="paid")
    assert list_expired(TODAY, limit=10) == []
    entry.delete()
    assert [row.customer_id for row in list_expired(TODAY, limit=10)] == [customer.pk]
    make_loan(900, customer, desk.customer)
    with unchanged():
        assert close() == 0


def test_a_legal_hold_keeps_everything_until_it_is_lifted(desk: Workday, client: Any) -> None:
    customer = make_old(desk, 12)
    officer = make_member("data-officer", desk.place, None).user
    refuse("invalid_input", retention.place_hold, customer_id=customer.pk, reason=" ", actor=officer, now=NOW)
    retention.place_hold(customer_id=customer.pk, reason="诉讼", actor=officer, now=NOW)
    refuse("already_held", retention.place_hold, customer_id=customer.pk, reason="诉讼", actor=officer, now=NOW)
    with unchanged():
        assert close() == 0
    retention.lift_hold(customer_id=customer.pk, actor=officer, now=NOW)
    refuse("not_held", retention.lift_hold, customer_id=customer.pk, actor=officer, now=NOW)
    assert close() == 6


def test_the_workbench_shows_what_would_go_and_writes_nothing(desk: Workday, client: Any) -> None:
    customer = make_old(desk, 4)
    client.force_login(make_member("data-officer", desk.place, None).user)
    with unchanged(but=["django_session", "core_session"]):
        page = client.get("/quality/retention/").content.decode()
    assert customer.public_id in page and PHONE not in page
    answer = client.post("/quality/retention/", {"customer": customer.public_id, "reason": "诉讼"})
    assert answer.status_code == 302 and list_expired(TODAY, limit=10) == []
    assert "诉讼" in client.get("/quality/retention/").content.decode()
    client.post("/quality/retention/", {"customer": customer.public_id, "act": "lift"})
    assert len(list_expired(TODAY, limit=10)) == 1
    client.force_login(desk.rm.user)
    assert client.get("/quality/retention/").status_code == 403


def make_message(customer: Customer, key: str) -> Message:
    return Message.objects.create(
        customer=customer, template=Template.objects.filter(kind="NOTICE").earliest("pk"), channel="SMS", kind="NOTICE",
        address=PHONE, subject="x", text="周女士您好", dedup_key=key, created_at=NOW, send_after=NOW,
    )  # fmt: skip


def test_where_messages_went_and_what_they_said_goes_with_the_person(desk: Workday) -> None:
    old, kept = make_message(make_old(desk, 10.5), "old"), make_message(desk.customer, "kept")
    close()
    for message in (old, kept):
        message.refresh_from_db()
    assert (old.address, old.subject, old.text, old.state) == ("", "", "", "QUEUED")
    assert (kept.address, kept.subject, kept.text) == (PHONE, "x", "周女士您好")


def test_the_files_of_a_contract_go_with_the_papers_of_its_last_party(desk: Workday) -> None:
    borrower = make_old(desk, 10.5)
    lender = make_customer(desk.rm, NOW, registered_at=NOW - timedelta(days=6000))
    loan = make_loan(1, borrower, lender)
    Loan.objects.filter(pk=loan.pk).update(state="SETTLED")
    contract = Contract.objects.create(
        loan=loan, number="CT-1", template_version="1", state="SIGNED", pdf=b"%PDF-1", pdf_hash="h",
        signed_pdf=b"%PDF-2", signed_hash="s", made_at=NOW, signed_at=NOW,
    )  # fmt: skip
    Customer.objects.filter(pk=lender.pk).update(latest_contact_at=NOW)
    close()
    assert Erasure.objects.filter(customer=borrower, group="documents").exists()
    assert own.read_contract_file(contract.pk) == b"%PDF-2"
    Customer.objects.filter(pk=lender.pk).update(latest_contact_at=NOW - timedelta(days=4000))
    close()
    contract.refresh_from_db()
    assert (bytes(contract.pdf), contract.signed_pdf, contract.signed_hash) == (b"", None, "s")
    with pytest.raises(NotFound):
        own.read_contract_file(contract.pk)
