"""How the list of customers is read: how many questions a page takes, and that page and count belong together."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.utils.safestring import mark_safe

from core.templatetags.ui_parts.pieces import badge
from core.web import listing as listing_module
from core.web.listing import Slice
from customers.models import Customer
from customers.queries.staff import is_exact
from customers.web.selection import Selection, select
from customers.web.views.listing import read_rows
from staff.queries import get_access
from tests.web.conftest import NOW, Book, _kept_book, book, browser, page

__all__ = ["_kept_book", "book", "browser", "page"]
SIXTY = 60


@pytest.fixture
def sixty(book: Book) -> Book:
    Customer.objects.bulk_create(
        [
            Customer(
                number=f"K{n}",
                public_id=f"k{n}",
                name=f"龘{n}",
                search_grams=["龘"],
                rm=book.borrower.rm,
                phone_index=f"k{n}",
                phone_tail_index=f"k{n}",
                registered_at=NOW,
                likes="骑行",
            )
            for n in range(SIXTY)
        ]
    )
    return book


def selected(book: Book, address: str) -> Selection:
    access = get_access(book.rm)
    assert access is not None
    return select(access, QueryDict(address))


def read(book: Book, address: str, cursor: str = "") -> Slice:
    query = QueryDict(address, mutable=True)
    query["cursor"] = cursor
    return read_rows(selected(book, address), query)


@pytest.mark.parametrize(
    "address", ["q=龘", "where=likes:has:骑行", "where=likes:has:骑行&sort=-name", "q=龘&sort=name"]
)
def test_the_few_that_conditions_find_come_with_their_count(
    sixty: Book, address: str, django_assert_num_queries: Callable[..., Any]
) -> None:
    selection = selected(sixty, address)
    # What the planner expects, then the rows with their count.
    with django_assert_num_queries(2):
        first = read_rows(selection, QueryDict(address))
    assert (len(first.rows), first.total, bool(first.next_cursor)) == (50, SIXTY, True)
    last = read(sixty, address, first.next_cursor)
    assert (len(last.rows), last.total, last.next_cursor) == (10, SIXTY, "")
    assert len({row.pk for row in first.rows + last.rows}) == SIXTY
    back = read(sixty, address, last.previous_cursor)
    assert [row.pk for row in back.rows] == [row.pk for row in first.rows]


def test_more_than_can_be_counted_is_marked_as_an_estimate(sixty: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing_module, "COUNT_LIMIT", SIXTY - 1)
    assert getattr(read(sixty, "q=龘").total, "is_estimate", False)
    monkeypatch.setattr(listing_module, "COUNT_LIMIT", SIXTY)
    assert not getattr(read(sixty, "q=龘").total, "is_estimate", False)


@pytest.mark.parametrize("text", ["13800000009", "138 0000 0009", "0009", "K7"])
def test_a_whole_phone_its_tail_or_a_number_is_one_question(
    sixty: Book, text: str, django_assert_num_queries: Callable[..., Any]
) -> None:
    assert is_exact(text)
    selection = selected(sixty, f"q={text}")
    with django_assert_num_queries(1):
        found = read_rows(selection, QueryDict(f"q={text}"))
    assert [row.number for row in found.rows] == (["K7"] if text == "K7" else [])
    assert found.total == len(found.rows)


@pytest.mark.parametrize("text", ["a", "…", "没有这个人"])
def test_a_search_that_finds_nobody_is_an_empty_page(sixty: Book, text: str) -> None:
    assert not is_exact(text)
    found = read(sixty, f"q={text}")
    assert (found.rows, found.total) == ([], 0)


def test_safe_text_in_a_badge_never_stands_in_for_unsafe_text() -> None:
    assert "<i>" in badge(mark_safe("<i>x</i>"))
    assert "<i>" not in badge("<i>x</i>")
    assert "<i>" in badge(mark_safe("<i>x</i>"))
