"""Arranging Today: its parts, their order, the morning's summary, charts after the list."""

import re

from django.test import Client

from customers.models import UserSetting
from customers.queries.digest import list_digest_readers
from tests.web.conftest import Book, as_user

MARKS = {"book": "Loan balance", "bench": "Cases with us", "work": 'id="work"', "charts": 'id="today-charts"'}


def order_of(client: Client) -> list[str]:
    html = client.get("/").content.decode()
    body = html[html.index("</header>", html.index('class="page-head"')) :]
    return sorted((part for part, mark in MARKS.items() if mark in body), key=lambda part: body.index(MARKS[part]))


def arrange(client: Client, order: str, shown: str, **more: str) -> None:
    client.post("/today/arrange/", {"order": order.split(), "shown": shown.split(), **more})


def test_parts_are_ordered_hidden_and_put_back(book: Book) -> None:
    client = as_user(book.rm)
    assert order_of(client) == ["book", "bench", "work", "charts"]
    arrange(client, "work charts book bench", "charts bench")
    assert order_of(client) == ["work", "charts", "bench"]
    arrange(client, "work charts book bench", "charts bench", move="down:work")
    assert order_of(client) == ["charts", "work", "bench"]
    assert order_of(as_user(book.lead)) == ["book", "bench", "work", "charts"]
    client.post("/today/arrange/", {"usual": "1"})
    assert order_of(client) == ["book", "bench", "work", "charts"]


def test_nonsense_hides_nothing_that_must_stay(book: Book) -> None:
    client = as_user(book.rm)
    arrange(client, "nothing work work <b>", "", move="up:nothing")
    assert order_of(client) == ["work"]
    UserSetting.objects.filter(key="today.parts").update(value=["odd"])
    assert order_of(client) == ["book", "bench", "work", "charts"]


def test_the_summary_is_switched_off_by_oneself(book: Book) -> None:
    client = as_user(book.rm)
    everybody = set(list_digest_readers())
    assert book.rm.staff_member in everybody
    arrange(client, "", "")
    assert everybody - set(list_digest_readers()) == {book.rm.staff_member}
    assert not re.search(r'name="digest"[^>]*checked', client.get("/").content.decode())
    arrange(client, "", "", digest="1")
    assert set(list_digest_readers()) == everybody
    officer = as_user(book.officer)
    arrange(officer, "", "", digest="1")
    assert not UserSetting.objects.filter(user=book.officer, key="digest").exists()
    assert 'name="digest"' not in officer.get("/").content.decode()


def test_every_line_can_be_moved_by_keyboard(book: Book) -> None:
    html = as_user(book.rm).get("/").content.decode()
    for part in MARKS:
        assert f'name="move" value="up:{part}"' in html and f'name="move" value="down:{part}"' in html
    assert 'aria-label="Move Charts up"' in html


def test_charts_come_after_the_page(book: Book) -> None:
    html = as_user(book.rm).get("/today/charts/").content.decode()
    assert html.count("<figure") == 2 or html.count("data-chart") == 2
    assert as_user(book.customer_user).get("/today/charts/").status_code == 403
    assert as_user(book.customer_user).post("/today/arrange/", {"order": "work"}).status_code == 403
    assert not UserSetting.objects.filter(user=book.customer_user).exists()
