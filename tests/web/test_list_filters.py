"""Filters of the lists beside customers, and counts by view in one query."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.web import view_counts
from core.web.view_counts import count_views
from customers.models import Customer, Lead, Opportunity
from risk.models import Alert
from service.models import DepartmentCase
from staff.models import Department
from tests.web.conftest import NOW, Book, as_user


def open_case(book: Book, number: int, **fields: Any) -> DepartmentCase:
    home = book.rm.staff_member.department
    given = {
        "department": home,
        "home": home,
        "opener": book.rm.staff_member,
        "opened_at": NOW,
        "due_at": NOW + timedelta(days=1),
        **fields,
    }
    return DepartmentCase.objects.create(number=f"CS-{number}", title=f"question {number}", **given)


def test_counts_of_all_views_are_one_query(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = Customer.objects.all()
    views = {"all": everybody, "none": everybody.none(), "one": everybody.filter(pk=book.borrower.pk).order_by("name")}
    with CaptureQueriesContext(connection) as found:
        assert count_views(views) == {"all": 2, "none": 0, "one": 1}
    assert len(found) == 1
    monkeypatch.setattr(view_counts, "COUNT_LIMIT", 1)
    assert count_views({"all": everybody}) == {"all": 2}
    assert count_views({}) == {}


def test_cases_are_filtered_and_their_views_counted_at_once(book: Book) -> None:
    member = book.rm.staff_member
    open_case(book, 1, is_urgent=True, holder=member)
    open_case(book, 2, opened_at=NOW - timedelta(days=10))
    open_case(book, 3, department=Department.objects.exclude(pk=member.department_id).first() or member.department)
    client = as_user(book.rm)
    for query, shown in (
        ("", {1, 2, 3}),
        ("is_urgent=on", {1}),
        (f"holder={member.pk}", {1}),
        ("since=2026-03-01", {1, 3}),
        ("until=2026-03-01", {2}),
        ("state=CLOSED", set()),
        (f"holder={book.other_rm.staff_member.pk}", set()),
    ):
        html = client.get(f"/cases/?view=all&{query}").content.decode()
        assert {number for number in (1, 2, 3) if f"CS-{number}<" in html} == shown, query
    with CaptureQueriesContext(connection) as found:
        client.get("/cases/?view=all")
    assert sum("SELECT (SELECT count(*)" in query["sql"] for query in found) == 1
    alone = [query["sql"] for query in found if query["sql"].startswith("SELECT COUNT(*)")]
    assert not [sql for sql in alone if "service_departmentcase" in sql]


def test_leads_and_opportunities_are_filtered_by_rm_and_day(book: Book) -> None:
    for number, user in enumerate((book.rm, book.lead)):
        Lead.objects.create(
            number=f"LD-{number}",
            name=f"lead{number}",
            role="BORROWER",
            method="CONSULTATION",
            owner=user.staff_member,
            created_at=NOW - timedelta(days=number * 5),
        )
    client = as_user(book.lead)

    def shown(query: str) -> list[int]:
        html = client.get(f"/leads/?{query}").content.decode()
        return [number for number in (0, 1) if f">lead{number}<" in html]

    assert shown("") == [0, 1]
    assert shown(f"owner={book.rm.staff_member.pk}") == [0]
    assert shown("until=2026-02-28") == [1] and shown("since=2026-03-01") == [0]
    # Who is out of reach is no choice: the condition is not taken.
    assert shown(f"owner={book.other_rm.staff_member.pk}") == [0, 1]
    Opportunity.objects.create(
        customer=book.borrower,
        role="BORROWER",
        title="a deal",
        amount="1000.00",
        stage="NEED",
        stage_at=NOW,
        created_at=NOW,
        expected_date="2026-04-01",
    )
    for query, is_there in (
        (f"rm={book.rm.staff_member.pk}", True),
        (f"rm={book.lead.staff_member.pk}", False),
        ("expected_from=2026-04-02", False),
        ("expected_to=2026-04-02", True),
    ):
        assert ("a deal" in client.get(f"/opportunities/?view=list&{query}").content.decode()) is is_there, query


def test_alerts_and_applications_are_filtered_by_owner_and_day(book: Book) -> None:
    Alert.objects.filter(pk=book.alert.pk).update(owner=book.officer.staff_member, raised_at=NOW)
    client, url = as_user(book.lead), f"/risk/alerts/{book.alert.public_id}/"
    for query, is_there in (
        (f"owner={book.officer.staff_member.pk}", True),
        (f"owner={book.checker.staff_member.pk}", False),
        ("raised_from=2026-03-02", True),
        ("raised_to=2026-03-01", False),
    ):
        assert (url in client.get(f"/risk/alerts/?{query}").content.decode()) is is_there, query
    mine = client.get(f"/applications/?rm={book.rm.staff_member.pk}").content.decode()
    other = client.get(f"/applications/?rm={book.lead.staff_member.pk}").content.decode()
    assert "AP-9" in mine and "AP-9" not in other
