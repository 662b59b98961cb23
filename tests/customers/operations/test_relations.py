"""Relations, households with joint exposure, documents, roles."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from core.errors import BusinessError, NotFound
from core.models import AuditEntry
from customers.models import Customer, CustomerRole, Document, Relation, TimelineEntry
from customers.operations import documents, relations, roles
from customers.operations.undo import UndoOvertaken, take_back
from customers.queries.relations import find_other, household_exposure, list_documents, list_ties
from staff.queries import get_access
from tests.segmentation.labelling import label
from tests.web.conftest import NOW, TODAY, Book, _kept_book, book, make_customer, make_loan

__all__ = ["_kept_book", "book"]

PDF = b"%PDF-1.7 a paper about a person"


def relate(book: Book, **values: Any) -> Relation:
    given = {"customer_id": book.investor.pk, "other_id": book.borrower.pk, "kind": "GUARANTOR", "amount": "5000.00"}
    return relations.add_relation(
        **{**given, "note": "", "source": "RM", "actor": book.rm, "now": NOW, **values}  # type: ignore[arg-type]
    )


def test_a_relation_reads_from_both_ends_and_can_be_ended_and_taken_back(book: Book) -> None:
    relation = relate(book)
    access = get_access(book.rm)
    assert access is not None
    (here,), (there,) = list_ties(book.investor, access), list_ties(book.borrower, access)
    assert (str(here.label), str(there.label)) != ("", "") and here.label != there.label
    assert (here.other, there.other) == (book.borrower, book.investor) and here.is_in_scope
    outside = get_access(book.other_rm)
    assert outside is not None and not list_ties(book.investor, outside)[0].is_in_scope
    act = relations.end_relation(customer_id=book.borrower.pk, public_id=relation.public_id, actor=book.rm, now=NOW)
    assert list_ties(book.investor, access) == []
    take_back(public_id=act.public_id, actor=book.rm, now=NOW + timedelta(seconds=5))
    assert len(list_ties(book.investor, access)) == 1


def test_who_wrote_the_same_again_makes_the_way_back_impossible(book: Book) -> None:
    relation = relate(book)
    act = relations.end_relation(customer_id=book.investor.pk, public_id=relation.public_id, actor=book.rm, now=NOW)
    relate(book)
    with pytest.raises(UndoOvertaken):
        take_back(public_id=act.public_id, actor=book.rm, now=NOW)
    assert Relation.objects.filter(ended_at__isnull=True).count() == 1


@pytest.mark.parametrize("values", [
    {"amount": None}, {"amount": "0.00"}, {"amount": "1.001"}, {"kind": "ENEMY"}, {"kind": "FRIEND"}, {"note": "x" * 201},
])  # fmt: skip
def test_refused_relations_change_nothing(book: Book, values: dict[str, Any]) -> None:
    before = AuditEntry.objects.count(), TimelineEntry.objects.count()
    with pytest.raises(relations.InvalidRelation):
        relate(book, **values)
    with pytest.raises(relations.InvalidRelation):
        relate(book, other_id=book.investor.pk)
    assert not Relation.objects.exists()
    assert (AuditEntry.objects.count(), TimelineEntry.objects.count()) == before


def test_a_couple_is_written_once(book: Book) -> None:
    relate(book, kind="SPOUSE", amount=None)
    with pytest.raises(relations.RelationKnown):
        relate(book, kind="SPOUSE", amount=None, customer_id=book.borrower.pk, other_id=book.investor.pk)
    assert Relation.objects.count() == 1


def test_a_household_adds_up_what_its_people_owe_lend_and_answer_for(
    book: Book, django_assert_num_queries: Any
) -> None:
    third = make_customer(30, "李雷", book.rm)
    relate(book)
    household = relations.form_household(
        name="王家", customer_ids=[book.borrower.pk, book.investor.pk], actor=book.rm, now=NOW
    )
    relations.join_household(customer_id=third.pk, household_id=household.pk, actor=book.rm, now=NOW)
    people = list(household.members.all())
    with django_assert_num_queries(2):
        exposure = household_exposure(people)
    assert len(exposure.members) == 3
    assert (exposure.outstanding, exposure.invested) == (Decimal("3000.00"), Decimal("3000.00"))
    assert (exposure.overdue, exposure.guaranteed) == (Decimal("1020.00"), Decimal("5000.00"))
    with pytest.raises(relations.InAnotherHousehold):
        relations.form_household(name="二", customer_ids=[third.pk, book.borrower.pk], actor=book.rm, now=NOW)
    relations.leave_household(customer_id=third.pk, actor=book.rm, now=NOW)
    relations.leave_household(customer_id=book.borrower.pk, actor=book.rm, now=NOW)
    assert not Customer.objects.filter(household__isnull=False).exists()
    with pytest.raises(NotFound):
        relations.leave_household(customer_id=third.pk, actor=book.rm, now=NOW)


@pytest.mark.parametrize(("name", "many"), [("", 2), ("王家", 1), ("x" * 61, 2)])
def test_refused_households(book: Book, name: str, many: int) -> None:
    ids = [book.borrower.pk, book.investor.pk][:many]
    with pytest.raises(relations.InvalidHousehold):
        relations.form_household(name=name, customer_ids=ids, actor=book.rm, now=NOW)
    assert not Customer.objects.filter(household__isnull=False).exists()


def test_the_other_end_is_found_in_scope_only(book: Book) -> None:
    inside, outside = get_access(book.rm), get_access(book.other_rm)
    assert inside is not None and outside is not None
    assert find_other(inside, " c-2 ") == book.investor
    for text in ("C-2", "", "C", "%"):
        with pytest.raises(NotFound):
            find_other(outside, text)


def upload(book: Book, **values: Any) -> Document:
    given = {"customer_id": book.borrower.pk, "kind": "INCOME", "title": " 工资单 ", "content": PDF}
    return documents.upload_document(
        **{**given, "valid_until_date": None, "actor": book.rm, "now": NOW, **values}  # type: ignore[arg-type]
    )


def test_a_document_is_encrypted_handed_out_with_a_trace_and_removed_with_a_way_back(book: Book) -> None:
    document = upload(book)
    assert (document.title, document.content_type, document.size) == ("工资单", "application/pdf", len(PDF))
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM customers_document t")
        stored = cursor.fetchone()[0]
    assert "paper about" not in stored and "JVBERi0" not in stored
    taken = documents.download_document(
        customer_id=book.borrower.pk, public_id=document.public_id, actor=book.rm, now=NOW
    )
    assert taken.content == PDF
    assert AuditEntry.objects.get(action="customers.document_downloaded").is_sensitive_read
    act = documents.remove_document(customer_id=book.borrower.pk, public_id=document.public_id, actor=book.rm, now=NOW)
    assert not list_documents(book.borrower.pk).exists()
    with pytest.raises(NotFound):
        documents.download_document(customer_id=book.borrower.pk, public_id=document.public_id, actor=book.rm, now=NOW)
    take_back(public_id=act.public_id, actor=book.rm, now=NOW)
    assert list_documents(book.borrower.pk).get() == document
    with pytest.raises(NotFound):
        documents.download_document(customer_id=book.investor.pk, public_id=document.public_id, actor=book.rm, now=NOW)


@pytest.mark.parametrize("values", [
    {"content": b"<html><script>alert(1)</script>"}, {"content": b""}, {"content": b"PK\x03\x04 macros"},
    {"content": b"%PDF-" + b"0" * (8 * 1024 * 1024)}, {"kind": "SECRET"}, {"title": "x" * 121},
])  # fmt: skip
def test_refused_files_leave_nothing(book: Book, values: dict[str, Any]) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(documents.InvalidDocument):
        upload(book, **values)
    assert not Document.objects.exists() and AuditEntry.objects.count() == before


def test_the_same_file_twice_is_one(book: Book) -> None:
    upload(book)
    with pytest.raises(BusinessError) as refused:
        upload(book, title="again")
    assert refused.value.code == "document_known" and Document.objects.count() == 1


def test_a_role_begins_with_its_first_deal(book: Book) -> None:
    customer = make_customer(40, "韩梅", book.rm)
    roles.mark_investor(customer_id=customer.pk)
    roles.mark_investor(customer_id=customer.pk)
    role = CustomerRole.objects.get(customer=customer)
    customer.refresh_from_db()
    assert customer.is_investor and not customer.is_borrower
    assert (role.role, role.since_date, role.stage) == ("INVESTOR", TODAY, "POTENTIAL")


def test_each_role_has_a_value_stage_and_risk_of_its_own(book: Book) -> None:
    both = make_customer(41, "李雷", book.rm, is_borrower=True, is_investor=True, risk_tier="LOW", investor_type="C5")
    make_loan(41, both, book.investor)
    for number in range(4):
        make_loan(42 + number, book.borrower, both)
    label(120)
    held = {role.role: role for role in CustomerRole.objects.filter(customer=both)}
    assert (held["BORROWER"].value, held["BORROWER"].stage, held["BORROWER"].risk_tier) == (3000, "ACTIVE", "LOW")
    assert (held["INVESTOR"].value, held["INVESTOR"].stage, held["INVESTOR"].risk_tier) == (12000, "MATURE", "HIGH")
    before = list(CustomerRole.objects.values())
    assert label(120) == 0
    assert list(CustomerRole.objects.values()) == before
