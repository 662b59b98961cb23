"""What nobody types by accident: no page fails of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Collaborator, Opportunity, Pool
from staff.models import StaffMember
from tests.web.conftest import NOW, Book, as_user

# A digit that is no number, one that Python reads as 7, what no key is, and what int() itself refuses.
NUMBERS = ["²", "٧", "9" * 19, "9" * 5000, "-1", "1.5", ""]


@pytest.mark.parametrize("query", ["until=0001-01-01", "since=0001-01-01", "since=9999-12-31&until=9999-12-31"])
@pytest.mark.parametrize("url", ["/analytics/", "/leads/funnel/"])
def test_figures_take_any_time(book: Book, url: str, query: str) -> None:
    assert as_user(book.manager if url == "/analytics/" else book.rm).get(f"{url}?{query}").status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "yesterday"])
def test_a_timeline_and_a_calendar_take_any_day(book: Book, day: str) -> None:
    client = as_user(book.rm)
    assert client.get(f"/customers/{book.borrower.public_id}/timeline/?until={day}").status_code == 200
    assert client.get(f"/calendar/?span=month&day={day}").status_code == 200


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_no_key_names_nobody(book: Book, number: str) -> None:
    Pool.objects.create(name="公海", department=book.rm.staff_member.department)
    lead = as_user(book.lead)
    page = f"/customers/{book.borrower.public_id}/team"
    before = (Collaborator.objects.count(), StaffMember.objects.filter(is_active=True).count())
    assert lead.post(f"{page}/remove/", {"member": number}).status_code == 404
    assert lead.get("/pools/", {"pool": number or "0"}).status_code == 404
    assert lead.get("/customers/condition/", {"path": number, "field": "stage"}).status_code == 200
    assert lead.get("/customers/", {"path": number, "field": "stage", "op": "in", "value": "NEW"}).status_code == 302
    assert (Collaborator.objects.count(), StaffMember.objects.filter(is_active=True).count()) == before


def test_a_board_asks_as_little_for_many_cards_as_for_one(book: Book) -> None:
    def add(count: int) -> None:
        for number in range(count):
            Opportunity.objects.create(
                customer=book.borrower,
                role="BORROWER",
                title=f"{number}",
                amount="1000.00",
                created_at=NOW,
                stage_at=NOW,
            )

    def count_queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert as_user(book.rm).get("/opportunities/").status_code == 200
        return len(queries)

    add(1)
    few = count_queries()
    add(5)
    assert count_queries() == few
