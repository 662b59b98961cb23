"""Papers over the API: sent in and opened by the customer and by staff."""

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.api.tokens import issue_token
from core.models import AuditEntry, User
from customers.models import Customer, Document
from customers.operations import documents
from staff import rights
from tests.api.people import Caller
from tests.pictures import unchanged
from tests.web.conftest import NOW, Book, _kept_book, book

__all__ = ["_kept_book", "book"]

PDF = b"%PDF-1.7\n" + b"x" * 4000
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 500


@pytest.fixture
def staff(book: Book) -> Callable[..., Caller]:
    def make(user: User, *scopes: str) -> Caller:
        return Caller(token=issue_token(user=user, scopes=list(scopes), now=NOW)["token"])

    return make


@pytest.fixture
def own(book: Book) -> Caller:
    if book.borrower.user is None:
        user = User.objects.create(username="c-own", kind=User.Kind.CUSTOMER)
        Customer.objects.filter(pk=book.borrower.pk).update(user=user)
        book.borrower.user = user
    return Caller(token=issue_token(user=book.borrower.user, scopes=["customer"], now=NOW)["token"])


def pack(content: bytes, **given: Any) -> dict[str, Any]:
    return {"kind": "INCOME", "content": base64.b64encode(content).decode(), **given}


def there(book: Book, *parts: str) -> str:
    return "/".join(["staff/customers", book.borrower.public_id, "documents", *parts, ""])


def test_a_customer_sends_a_paper_in_and_gets_it_back(book: Book, own: Caller) -> None:
    sent = own.call("post", "me/documents/", pack(PDF, title="工资流水", valid_until_date="2027-01-31"))
    assert sent.status_code == 201, sent.content
    assert sent.json()["content_type"] == "application/pdf"
    assert sent.json()["sha256"] == hashlib.sha256(PDF).hexdigest()
    row = Document.objects.get()
    assert (row.customer_id, row.uploaded_by_id, row.size) == (book.borrower.pk, book.borrower.user_id, len(PDF))
    assert [one["id"] for one in own.get("me/documents/")["results"]] == [row.public_id]
    answer = own.call("get", f"me/documents/{row.public_id}/")
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    assert "attachment" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
    assert AuditEntry.objects.filter(action="customers.document_downloaded", is_sensitive_read=True).count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (pack(b"<html>"), 422),
        (pack(b"MZ" + b"\0" * 100), 422),
        (pack(b""), 422),
        (pack(PDF, kind="SECRET"), 422),
        (pack(PDF, title="x" * 121), 422),
        ({"kind": "INCOME", "content": "no base64!"}, 422),
        (pack(b"%PDF-" + b"x" * (8 * 1024 * 1024)), 422),
        (pack(b"%PDF-" + b"x" * (10 * 1024 * 1024)), 413),
    ],
    ids=["html", "program", "empty", "kind", "title", "base64", "large", "huge"],
)
def test_what_is_no_paper_is_refused(own: Caller, body: dict[str, Any], status: int) -> None:
    with unchanged():
        refused = own.call("post", "me/documents/", body)
    assert refused.status_code == status


def test_the_same_file_twice_and_one_too_many_are_refused(
    book: Book, own: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own.call("post", "me/documents/", pack(PDF)).status_code == 201
    monkeypatch.setattr(documents, "MOST_DOCUMENTS", 1)
    with unchanged():
        assert own.call("post", "me/documents/", pack(PDF)).json()["code"] == "document_known"
        assert own.call("post", "me/documents/", pack(PNG)).json()["code"] == "documents_full"


def test_photos_of_visits_and_papers_of_others_are_not_there(book: Book, own: Caller) -> None:
    for customer, kind in ((book.borrower, "VISIT"), (book.investor, "INCOME")):
        documents.keep_paper(
            customer=customer, kind=kind, title="x", content=PNG, actor=book.rm, now=NOW - timedelta(days=1)
        )
    assert own.get("me/documents/")["results"] == []
    with unchanged():
        for row in Document.objects.all():
            assert own.call("get", f"me/documents/{row.public_id}/").status_code == 404


def test_staff_send_papers_of_their_own_customers_in(book: Book, staff: Callable[..., Caller]) -> None:
    caller = staff(book.rm, rights.VIEW_CUSTOMERS, rights.EDIT_CUSTOMERS, rights.UNMASK)
    sent = caller.call("post", there(book), pack(PNG, kind="ASSET"))
    assert sent.status_code == 201 and sent.json()["content_type"] == "image/png"
    assert [row["kind"] for row in caller.get(there(book))["results"]] == ["ASSET"]
    opened = caller.call("get", there(book, sent.json()["id"]))
    assert opened.content == PNG and opened["X-Content-Type-Options"] == "nosniff"
    stranger = staff(book.other_rm, rights.VIEW_CUSTOMERS, rights.EDIT_CUSTOMERS, rights.UNMASK)
    narrow = staff(book.rm, rights.VIEW_CUSTOMERS)
    with unchanged():
        assert stranger.call("post", there(book), pack(PDF)).status_code == 404
        assert stranger.call("get", there(book)).status_code == 404
        assert stranger.call("get", there(book, sent.json()["id"])).status_code == 404
        assert narrow.call("post", there(book), pack(PDF)).status_code == 403
        assert narrow.call("get", there(book, sent.json()["id"])).status_code == 403
