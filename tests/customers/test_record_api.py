"""One customer over the staff API, and the customer's own team."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from core.api.counters import counters
from core.api.tokens import issue_token
from core.models import AuditEntry, OutboxEvent, User
from customers.models import Collaborator, Customer, CustomField, FieldChange, Relation
from customers.operations.facts import set_facts
from customers.queries.facts import list_fields
from staff import rights
from tests.api.people import Caller
from tests.api.test_bad_input import VALUES
from tests.web.conftest import NOW, Book, _kept_book, book

pytestmark = pytest.mark.slow

__all__ = ["_kept_book", "book"]

SCOPES = [rights.VIEW_CUSTOMERS, rights.EDIT_CUSTOMERS]


@pytest.fixture
def call(book: Book) -> Callable[..., Any]:
    counters.clear()

    def make(user: User, scopes: list[str] | None = None) -> Caller:
        return Caller(token=issue_token(user=user, scopes=SCOPES if scopes is None else scopes, now=NOW)["token"])

    return make


def path(customer: Customer, *parts: str) -> str:
    return "/".join(["staff/customers", customer.public_id, *parts, ""])


def test_a_customer_is_read_and_changed_under_his_version(book: Book, call: Callable[..., Caller]) -> None:
    caller = call(book.rm)
    read = caller.call("get", path(book.borrower))
    facts = read.json()["facts"]
    assert facts["address"]["value"] == "北京市朝阳区****" and facts["name"]["value"] == "王**"
    body = {"facts": {"likes": "钓鱼", "interests": ["基金", "保险"], "employer": "长城厂"}}
    assert caller.call("patch", path(book.borrower), body).status_code == 428
    changed = caller.call("patch", path(book.borrower), body, HTTP_IF_MATCH=read["ETag"])
    assert changed.status_code == 200, changed.content
    assert changed.json()["facts"]["interests"]["value"] == "基金、保险"
    assert {row.field for row in FieldChange.objects.all()} == {"likes", "interests", "employer"}
    before = AuditEntry.objects.count(), OutboxEvent.objects.count()
    stale = caller.call("patch", path(book.borrower), {"facts": {"likes": "下棋"}}, HTTP_IF_MATCH=read["ETag"])
    assert stale.status_code == 412
    for wrong in ({"likes": "x" * 201}, {"nothing": 1}, {"phone": "1"}, {"interests": {"a": 1}}, {"address": ["x"]}):
        refused = caller.call("patch", path(book.borrower), {"facts": wrong}, HTTP_IF_MATCH=changed["ETag"])
        assert refused.status_code == 422, refused.content
    assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == before
    book.borrower.refresh_from_db()
    assert book.borrower.likes == "钓鱼"


def test_nobody_out_of_scope_reads_or_writes(book: Book, call: Callable[..., Caller]) -> None:
    etag = call(book.rm).call("get", path(book.borrower))["ETag"]
    body = {"facts": {"likes": "x"}}
    assert call(book.other_rm).call("get", path(book.borrower)).status_code == 404
    assert call(book.other_rm).call("patch", path(book.borrower), body, HTTP_IF_MATCH=etag).status_code == 404
    assert call(book.officer).call("patch", path(book.borrower), body, HTTP_IF_MATCH=etag).status_code == 403
    narrow = call(book.rm, [rights.VIEW_CUSTOMERS])
    assert narrow.call("patch", path(book.borrower), body, HTTP_IF_MATCH=etag).status_code == 403
    assert not FieldChange.objects.exists()


def test_no_answer_says_a_sensitive_value(book: Book, call: Callable[..., Caller]) -> None:
    secrets = {"phone": "13911112222", "email": "secret.person@example.com", "monthly_income": "76543.21"}
    set_facts(customer_id=book.borrower.pk, values=secrets, source="RM", actor=book.rm, now=NOW, is_confirmed=True)
    text = call(book.rm).call("get", path(book.borrower)).content.decode()
    assert "¥*****" in text
    for secret in (*secrets.values(), book.borrower.identity_number, "北京市朝阳区建国路1号"):
        assert secret not in text


def test_every_field_takes_any_value_without_an_error_of_ours(book: Book, call: Callable[..., Caller]) -> None:
    CustomField.objects.bulk_create(
        CustomField(code=kind.lower(), label=kind, type=kind, choices=["a"] if kind == "CHOICE" else [])
        for kind in CustomField.Type.values
    )
    caller = call(book.rm)
    values = [*VALUES, 10**400, "9" * 50, "2026-02-30", "0000-00-00", ["\u202e"], "\u202e"]
    etag = caller.call("get", path(book.borrower))["ETag"]
    # Fields of one kind share their reading: each takes every third value, and every value meets each kind.
    for place, name in enumerate(list_fields()):
        for value in values[place % 3 :: 3]:
            counters.clear()
            answer = caller.call("patch", path(book.borrower), {"facts": {name: value}}, HTTP_IF_MATCH=etag)
            assert answer.status_code in {200, 400, 409, 422}, (name, value, answer.content)
            if answer.status_code == 200:
                etag = answer["ETag"]
    for body in ({}, {"facts": {}}, {"facts": []}, {"facts": {"x" * 500: 1}}, {"facts": {"likes": "x"}, "more": 1}):
        etag = caller.call("get", path(book.borrower))["ETag"]
        assert caller.call("patch", path(book.borrower), body, HTTP_IF_MATCH=etag).status_code == 422, body
    for field in ("kind", "other", "amount", "note"):
        for value in VALUES:
            body = {"kind": "GUARANTOR", "other": "x" * 22, "amount": "1.00", "note": "", field: value}
            answer = caller.call("post", path(book.borrower, "relations"), body)
            assert answer.status_code in {400, 404, 422}, (field, value, answer.content)


def test_relations_and_documents(book: Book, call: Callable[..., Caller]) -> None:
    caller = call(book.rm)
    body = {"kind": "GUARANTOR", "other": book.investor.public_id, "amount": "5000.00"}
    made = caller.call("post", path(book.borrower, "relations"), body)
    assert made.status_code == 201, made.content
    assert caller.call("post", path(book.borrower, "relations"), body).status_code == 409
    (seen,) = caller.call("get", path(book.investor, "relations")).json()["results"]
    assert (seen["is_from_here"], seen["customer"], seen["amount"]) == (False, book.borrower.public_id, "5000.00")
    Customer.objects.filter(pk=book.investor.pk).update(rm=book.other_rm.staff_member)
    (hidden,) = call(book.other_rm).call("get", path(book.investor, "relations")).json()["results"]
    assert (hidden["customer"], hidden["name"]) == (None, "王**")
    outside = {**body, "kind": "FRIEND", "amount": None}
    assert caller.call("post", path(book.borrower, "relations"), outside).status_code == 404
    ended = caller.call("delete", path(book.borrower, "relations", made.json()["id"]))
    assert ended.status_code == 204 and Relation.objects.get().ended_at is not None
    assert caller.call("get", path(book.borrower, "documents")).json() == {"results": []}


def test_a_customer_sees_his_team(book: Book, call: Callable[..., Caller], now: datetime) -> None:
    Customer.objects.filter(pk=book.borrower.pk).update(backup_rm=book.other_rm.staff_member)
    Collaborator.objects.create(
        customer=book.borrower, member=book.lead.staff_member, level="READ", title="基金顾问", added_at=NOW
    )
    team = call(book.customer_user, ["customer"]).call("get", "me/team/").json()["results"]
    assert [one["name"] for one in team] == ["lijing", "zhangqiang", "chen"]
    assert team[2]["role"] == "基金顾问"
    assert call(book.rm).call("get", "me/team/").status_code == 403


def test_a_company_and_a_person_are_entered_over_the_api(book: Book, call: Callable[..., Caller]) -> None:
    caller = call(book.rm)
    firm = {
        "kind": "COMPANY",
        "name": "顺达物流有限公司",
        "identity_number": "91110108MA01KPQW2H",
        "legal_representative": "司马懿",
        "phone": "13700002222",
    }
    answer = caller.call("post", "staff/customers/", firm)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["kind"], answer.json()["rm_name"]) == ("COMPANY", book.rm.display_name)
    assert firm["name"] not in answer.content.decode()
    made = Customer.objects.get(public_id=answer.json()["id"])
    facts = caller.call("get", path(made)).json()["facts"]
    assert facts["legal_representative"]["value"] == "司马懿" and "birth_date" not in facts
    person = {"kind": "PERSON", "name": "司马昭", "phone": "13700003333"}
    assert caller.call("post", "staff/customers/", person).json()["kind"] == "PERSON"
    before = Customer.objects.count()
    for wrong in (
        {**firm, "identity_number": "91110108MA01KPQW2A", "phone": "13700004444"},
        {**firm, "phone": ""},
        {**person, "phone": "13700005555", "nothing": "x"},
    ):
        assert caller.call("post", "staff/customers/", wrong).status_code == 422
    assert Customer.objects.count() == before
