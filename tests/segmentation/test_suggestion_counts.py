"""What was shown and taken is counted by a job; pages read a row an RM, however much there was."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from lending.models import Product
from segmentation import tasks
from segmentation.models import Suggestion, SuggestionCount
from segmentation.queries.recommend_counts import count_shown
from staff.queries import get_access
from tests.web.conftest import NOW, Book, _kept_book, as_user, book, make_customer

__all__ = ["_kept_book", "book"]


@pytest.fixture
def shown(book: Book) -> list[Customer]:
    """Four customers of the RM and two of another, each shown two products; every second one took the first."""
    first, second = Product.objects.order_by("pk")[:2]
    people = [make_customer(840 + n, "李雷", book.rm if n < 4 else book.other_rm) for n in range(6)]
    for n, customer in enumerate(people):
        for place, product in enumerate((first, second)):
            taken = NOW if place == 0 and n % 2 == 0 else None
            Suggestion.objects.create(
                customer=customer, product=product, place=place + 1, is_personal=n > 0, accepted_at=taken,
                first_shown_at=NOW - timedelta(days=100), last_shown_at=NOW - timedelta(days=1),
            )  # fmt: skip
    Suggestion.objects.filter(customer=people[5]).update(last_shown_at=NOW - timedelta(days=91))
    return people


def see(book: Book, who: str) -> list[tuple[bool, int, int]]:
    access = get_access(getattr(book, who))
    assert access is not None
    counts, _at = count_shown(access)
    return [(row["is_personal"], row["shown"], row["taken"]) for row in counts]


def test_everybody_sees_the_count_of_his_own(book: Book, shown: list[Customer]) -> None:
    assert see(book, "manager") == []
    assert tasks.count_suggestions() == 3
    assert see(book, "manager") == [(True, 8, 2), (False, 2, 1)]
    assert see(book, "rm") == [(True, 6, 1), (False, 2, 1)] and see(book, "other_rm") == [(True, 2, 1)]
    # Who has got another RM counts with him from the next count on, and none is counted twice.
    Customer.objects.filter(pk=shown[0].pk).update(rm=book.other_rm.staff_member)
    Customer.objects.filter(pk=shown[1].pk).update(rm=None)
    tasks.count_suggestions()
    assert see(book, "rm") == [(True, 4, 1)] and see(book, "other_rm") == [(True, 2, 1), (False, 2, 1)]
    assert see(book, "manager") == [(True, 8, 2), (False, 2, 1)]


def test_the_page_adds_nothing_up(book: Book, shown: list[Customer]) -> None:
    tasks.count_suggestions()
    SuggestionCount.objects.update(counted_at=NOW)
    client = as_user(book.manager)
    client.get("/segments/recommendations/")
    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/segments/recommendations/")
    about = [row["sql"] for row in asked if '"segmentation_suggestion"' in row["sql"]]
    assert len(asked) <= 22 and len(about) == 1 and "COUNT(" not in about[0] and "LIMIT 30" in about[0]
    text = answer.content.decode()
    assert "2026-03-02 10:00" in text and "25.00%" in text
