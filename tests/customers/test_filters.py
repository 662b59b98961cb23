"""The customer list's conditions against real rows: every field and operator compiles, and finds whom it should."""

from datetime import timedelta

import pytest
from django.http import QueryDict

from core.rules.conditions import Operator, Type
from customers.models import Customer, CustomField
from customers.queries.filters import list_custom_fields, list_filters
from customers.web.selection import canonical, edit, select
from staff.queries import Access, get_access
from tests.web.conftest import NOW, Book, _kept_book, book, browser, page

__all__ = ["_kept_book", "book", "browser", "page"]
SAMPLES = {
    Type.TEXT: "x",
    Type.NUMBER: "5",
    Type.MONEY: "5.50",
    Type.DATE: "2026-03-01",
    Type.MOMENT: "2026-03-01",
    Type.YES_NO: "yes",
    Type.LIST: "tea",
}


def access_of(book: Book) -> Access:
    found = get_access(book.rm)
    assert found is not None
    return found


def names(book: Book, where: str, **others: str) -> set[str]:
    query = QueryDict(mutable=True)
    query.update({"where": where, **others})
    found = select(access_of(book), query)
    assert not found.error, found.error
    return {customer.name for customer in found.rows}


@pytest.fixture
def prepared(book: Book) -> Book:
    CustomField.objects.create(code="gte", label="数", type="NUMBER")
    CustomField.objects.create(code="contains", label="选", type="CHOICE", choices=["A", "B"])
    CustomField.objects.create(code="on", label="日", type="DATE")
    CustomField.objects.create(code="text", label="文", type="TEXT")
    Customer.objects.filter(pk=book.borrower.pk).update(
        stage="ACTIVE",
        likes="钓鱼, 茶",
        interests=["tea"],
        latest_contact_at=NOW - timedelta(days=20),
        birth_date="1980-03-05",
        custom={"gte": "12.5", "contains": "A", "on": "2026-03-04", "text": "100% 可靠"},
    )
    Customer.objects.filter(pk=book.investor.pk).update(stage="NEW", custom={"gte": "text left behind"})
    return book


def test_every_field_and_operator_compiles(prepared: Book) -> None:
    custom = list_custom_fields()
    filters = list_filters(access_of(prepared), {"rm", "pool"}, custom)
    assert {"rm", "overdue", "custom.gte"} <= set(filters)
    for key, item in filters.items():
        for operator in item.field.operators:
            value = item.field.choices[0][0] if item.field.choices else SAMPLES.get(item.field.type, "1")
            values = {Operator.BETWEEN: f":{value},{value}", Operator.EMPTY: "", Operator.FILLED: ""}
            if operator in {Operator.LAST, Operator.NEXT, Operator.NOT_LAST}:
                value = "7"
            if key == "pool" and not item.field.choices and operator not in {Operator.EMPTY, Operator.FILLED}:
                continue
            names(prepared, f"{key}:{operator}{values.get(operator, f':{value}')}")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("stage:in:ACTIVE", "王小明"),
        ("stage:not:ACTIVE", "欧阳娜娜"),
        ("or(stage:is:NEW;overdue:min:1000)", "王小明 欧阳娜娜"),
        ("overdue:min:1000.01;overdue:max:1020", "王小明"),
        ("overdue:empty", "欧阳娜娜"),
        ("contact:last:20", "王小明"),
        ("contact:notlast:14", "王小明 欧阳娜娜"),
        ("contact:empty", "欧阳娜娜"),
        ("likes:has:茶", "王小明"),
        ("likes:has:%", ""),
        ("interests:has:tea", "王小明"),
        ("birth:between:1980-01-01,1980-12-31", "王小明"),
        ("rm:is:me", "王小明 欧阳娜娜"),
        ("borrower:is:yes;investor:is:no", "王小明"),
        ("custom.gte:between:12,13", "王小明"),
        ("custom.contains:in:A,B", "王小明"),
        ("custom.contains:not:A", "欧阳娜娜"),
        ("custom.on:next:7", "王小明"),
        ("custom.text:has:0%", "王小明"),
        ("custom.text:empty", "欧阳娜娜"),
    ],
)
def test_conditions_find_whom_they_say(prepared: Book, where: str, found: str) -> None:
    assert names(prepared, where) == set(found.split())


@pytest.mark.parametrize(
    "where", ["nonsense", "phone:is:13800138000", "rm:is:999999", "stage:is:x' OR 1=1 --", "likes:has:a\x00b"]
)
def test_what_cannot_be_read_finds_nobody_and_says_why(prepared: Book, where: str) -> None:
    query = QueryDict(mutable=True)
    query["where"] = where
    found = select(access_of(prepared), query)
    assert found.error and not found.rows.exists()


def test_simple_parameters_are_conditions(prepared: Book) -> None:
    query = QueryDict("overdue=on&role=borrower&stage=ACTIVE&stage=NEW&registered_from=2026-01-01")
    found = select(access_of(prepared), query)
    assert canonical(query, found.group) == (
        "where=stage:in:ACTIVE,NEW;borrower:is:yes;overdue:min:0.01;registered:min:2026-01-01"
    )
    assert {customer.name for customer in found.rows} == {"王小明"}


def test_an_edit_changes_one_part(prepared: Book) -> None:
    fields = select(access_of(prepared), QueryDict("")).fields
    added = edit(QueryDict("where=stage:is:NEW&path=1&field=likes&op=has&value=a,b;c&any=1"), fields)
    query = QueryDict("where=stage:is:NEW")
    assert canonical(query, added) == "where=stage:is:NEW;or(likes:has:a%5C,b%5C;c)"
    dropped = edit(QueryDict("where=stage:is:NEW;likes:empty&path=0&drop=1"), fields)
    assert canonical(query, dropped) == "where=likes:empty"
