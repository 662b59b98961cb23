"""Profile, changes, relations and documents by HTTP."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.models import AuditEntry, OutboxEvent
from customers.models import (
    Collaborator,
    Customer,
    CustomerRole,
    CustomField,
    Document,
    FieldChange,
    FinancialProfile,
    Household,
    Relation,
)
from customers.operations.facts import set_facts
from tests.web.conftest import NOW, TODAY, Book, _kept_book, as_user, book

__all__ = ["_kept_book", "book"]

SECRETS = {
    "address": "深圳市南山区科技园南路99号",
    "email": "secret.person@example.com",
    "monthly_income": "76543.21",
    "phone": "13911112222",
}


def url_of(customer: Customer, *parts: str) -> str:
    return "/".join(["/customers", customer.public_id, *parts, ""])


def seen_in(html: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', html)
    assert found
    return found[1]


def open_field(client: Client, customer: Customer, field: str) -> str:
    answer = client.get(url_of(customer, "profile", field), HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    return seen_in(answer.content.decode())


def save(client: Client, customer: Customer, field: str, value: str, seen: str) -> Any:
    return client.post(url_of(customer, "profile", field), {"value": value, "seen": seen}, HTTP_HX_REQUEST="true")


def test_a_field_is_edited_in_place(book: Book) -> None:
    client = as_user(book.rm)
    seen = open_field(client, book.borrower, "likes")
    answer = save(client, book.borrower, "likes", "钓鱼", seen)
    assert answer.status_code == 200 and "钓鱼" in answer.content.decode() and "Saved" in answer["HX-Trigger"]
    book.borrower.refresh_from_db()
    assert book.borrower.likes == "钓鱼"
    row = FieldChange.objects.get()
    assert (row.source, row.actor) == ("RM", book.rm)
    assert "钓鱼" in client.get(url_of(book.borrower, "profile")).content.decode()
    plain = client.post(
        url_of(book.borrower, "profile", "likes"), {"value": "下棋", "seen": open_field(client, book.borrower, "likes")}
    )
    assert plain.status_code == 302


def test_a_wrong_value_stays_in_the_form_with_the_reason(book: Book) -> None:
    client = as_user(book.rm)
    before = OutboxEvent.objects.count(), AuditEntry.objects.count()
    answer = save(client, book.borrower, "email", "nobody", open_field(client, book.borrower, "email"))
    html = answer.content.decode()
    assert answer.status_code == 422 and 'value="nobody"' in html and "wang@example.com" in html
    assert not FieldChange.objects.exists() and (OutboxEvent.objects.count(), AuditEntry.objects.count()) == before


def test_two_editors_meet_and_the_second_one_decides(book: Book) -> None:
    first, second = as_user(book.rm), as_user(book.lead)
    save(first, book.borrower, "likes", "钓鱼", open_field(first, book.borrower, "likes"))
    seen = open_field(second, book.borrower, "likes")
    save(first, book.borrower, "likes", "下棋", open_field(first, book.borrower, "likes"))
    answer = save(second, book.borrower, "likes", "登山", seen)
    html = answer.content.decode()
    assert answer.status_code == 422 and all(word in html for word in ("登山", "下棋", "钓鱼"))
    book.borrower.refresh_from_db()
    assert book.borrower.likes == "下棋"
    # Who saves again has both values before him.
    assert save(second, book.borrower, "likes", "登山", seen_in(html)).status_code == 200
    book.borrower.refresh_from_db()
    assert book.borrower.likes == "登山" and FieldChange.objects.count() == 3


def test_what_the_identity_check_settled_is_not_editable(book: Book) -> None:
    Customer.objects.filter(pk=book.borrower.pk).update(identified_at=NOW)
    client = as_user(book.rm)
    html = client.get(url_of(book.borrower, "profile")).content.decode()
    assert "profile/likes/" in html and "profile/name/" not in html and "profile/identity_number/" not in html
    answer = save(client, book.borrower, "name", "王大明", open_field(client, book.borrower, "name"))
    assert answer.status_code == 422
    book.borrower.refresh_from_db()
    assert book.borrower.name == "王小明" and not FieldChange.objects.exists()


def test_no_page_says_a_sensitive_value(book: Book) -> None:
    # Who has a log-in changes his phone himself.
    Customer.objects.filter(pk=book.borrower.pk).update(user=None)
    for values in (SECRETS, {**SECRETS, "phone": "13933334444", "address": "上海市黄浦区南京东路100号"}):
        set_facts(customer_id=book.borrower.pk, values=values, source="RM", actor=book.rm, now=NOW, is_confirmed=True)
    set_facts(customer_id=book.borrower.pk, values={"address": SECRETS["address"]}, source="WEB", actor=None, now=NOW)
    client = as_user(book.rm)
    pages = [client.get(url_of(book.borrower, part)).content.decode() for part in ("profile", "changes", "relations")]
    pages.append(client.get(f"/customers/{book.borrower.public_id}/").content.decode())
    pages += [
        client.get(url_of(book.borrower, "profile", name)).content.decode() for name in (*SECRETS, "identity_number")
    ]
    text = "".join(pages)
    assert "深圳市南山区****" in text and "Sources disagree" in text
    for secret in (*SECRETS.values(), book.borrower.identity_number):
        assert secret not in text


def test_a_disagreement_is_settled_on_the_page(book: Book) -> None:
    set_facts(customer_id=book.borrower.pk, values={"likes": "钓鱼"}, source="RM", actor=book.rm, now=NOW)
    set_facts(customer_id=book.borrower.pk, values={"likes": "下棋"}, source="SURVEY:1", actor=None, now=NOW)
    client = as_user(book.rm)
    assert "Sources disagree" in client.get(url_of(book.borrower, "changes")).content.decode()
    settle = url_of(book.borrower, "profile", "likes", "settle")
    assert client.post(settle, {"source": "nobody"}).status_code == 404
    assert as_user(book.other_rm).post(settle, {"source": "SURVEY:1"}).status_code == 404
    assert as_user(book.officer).post(settle, {"source": "SURVEY:1"}).status_code == 403
    assert client.post(settle, {"source": "SURVEY:1"}).status_code == 302
    book.borrower.refresh_from_db()
    assert book.borrower.likes == "下棋"
    assert "Sources disagree" not in client.get(url_of(book.borrower, "changes")).content.decode()


def test_custom_fields_are_shown_and_edited(book: Book) -> None:
    CustomField.objects.create(code="club", label="俱乐部", label_en="Club", type="CHOICE", choices=["金", "银"])
    client = as_user(book.rm)
    assert "Club" in client.get(url_of(book.borrower, "profile")).content.decode()
    seen = open_field(client, book.borrower, "custom.club")
    assert save(client, book.borrower, "custom.club", "铜", seen).status_code == 422
    assert save(client, book.borrower, "custom.club", "金", seen).status_code == 200
    book.borrower.refresh_from_db()
    assert book.borrower.custom == {"club": "金"}


def test_the_head_says_roles_completeness_and_team(book: Book) -> None:
    # Of one role the labels of the customer say it; of two each has its own.
    CustomerRole.objects.create(customer=book.borrower, role="BORROWER", since_date=TODAY, stage="MATURE", value=3000)
    CustomerRole.objects.create(customer=book.borrower, role="INVESTOR", since_date=TODAY, stage="NEW", value=1)
    Collaborator.objects.create(
        customer=book.borrower, member=book.lead.staff_member, level="READ", title="基金顾问", added_at=NOW
    )
    html = as_user(book.rm).get(url_of(book.borrower)).content.decode()
    assert "mature" in html and "基金顾问" in html and "Complete" in html and "¥3,000.00" in html


def test_finances_come_to_a_ratio_with_source_and_date(book: Book) -> None:
    FinancialProfile.objects.create(
        customer=book.borrower, as_of_date=TODAY, source="SELF", monthly_income="20000.00",
        monthly_debt_payment=5000, assets=500000, liabilities=100000,
    )  # fmt: skip
    html = as_user(book.rm).get(url_of(book.borrower, "profile")).content.decode()
    assert "25.00%" in html and "¥185,000.00" in html and "the customer himself" in html and TODAY.isoformat() in html


def test_relations_and_household_by_their_forms(book: Book) -> None:
    client, relations = as_user(book.rm), url_of(book.borrower, "relations")
    given = {"kind": "SPOUSE", "other": "C-2", "amount": "", "note": ""}
    assert as_user(book.other_rm).post(relations, given).status_code == 404
    assert as_user(book.officer).post(relations, given).status_code in {403, 404}
    assert client.post(relations, {**given, "other": "C-99"}).status_code == 422
    assert not Relation.objects.exists()
    assert client.post(relations, given).status_code == 302
    assert client.post(url_of(book.borrower, "household"), {"act": "form", "other": "C-2"}).status_code == 302
    html = client.get(relations).content.decode()
    assert "欧阳娜娜" in html and "¥1,020.00" in html and "spouse" in html
    relation = Relation.objects.get()
    answer = client.post(url_of(book.borrower, "relations", relation.public_id, "end"), HTTP_HX_REQUEST="true")
    assert "/undo/" in answer["HX-Trigger"]
    client.post(url_of(book.borrower, "household"), {"act": "leave"})
    assert Household.objects.count() == 1 and not Customer.objects.filter(household__isnull=False).exists()


def test_who_does_not_look_after_a_member_learns_nothing_of_him(book: Book) -> None:
    Customer.objects.filter(pk=book.investor.pk).update(rm=book.other_rm.staff_member)
    household = Household.objects.create(name="王家", formed_at=NOW)
    Customer.objects.filter(pk__in=[book.borrower.pk, book.investor.pk]).update(household=household)
    Relation.objects.create(
        customer=book.investor, other=book.borrower, kind="GUARANTOR", amount=777, source="RM", created_at=NOW
    )
    html = as_user(book.other_rm).get(url_of(book.investor, "relations")).content.decode()
    assert "王小明" not in html and book.borrower.public_id not in html
    assert "¥1,020.00" not in html and "is not counted here" in html


def test_documents_are_added_opened_and_removed(book: Book) -> None:
    client, documents = as_user(book.rm), url_of(book.borrower, "documents")

    def file(content: bytes) -> SimpleUploadedFile:
        return SimpleUploadedFile("工资.pdf", content, content_type="application/pdf")

    assert client.post(documents, {"file": file(b"<html>"), "kind": "INCOME"}).status_code == 302
    assert not Document.objects.exists()
    assert as_user(book.other_rm).post(documents, {"file": file(b"%PDF-1"), "kind": "INCOME"}).status_code == 404
    client.post(documents, {"file": file(b"%PDF-1.7 x"), "kind": "INCOME", "title": "工资单"})
    document = Document.objects.get()
    assert "工资单" in client.get(documents).content.decode()
    one = url_of(book.borrower, "documents", document.public_id)
    answer = client.get(one)
    assert answer.content == b"%PDF-1.7 x" and answer["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.filter(action="customers.document_downloaded", actor=book.rm).count() == 1
    assert as_user(book.other_rm).get(one).status_code == 404
    assert as_user(book.manager).get(one).status_code == 403
    removed = client.post(f"{one}remove/", HTTP_HX_REQUEST="true")
    undo = re.search(r"/undo/[^\"]+/", removed["HX-Trigger"])
    assert undo and client.get(one).status_code == 404
    client.post(undo[0], HTTP_HX_REQUEST="true")
    assert client.get(one).status_code == 200


@pytest.mark.parametrize("field", ["nothing", "custom.none", "completeness", "rm"])
def test_no_other_column_is_a_field(book: Book, field: str) -> None:
    client = as_user(book.rm)
    assert client.get(url_of(book.borrower, "profile", field)).status_code == 404
    assert save(client, book.borrower, field, "x", "").status_code == 404
