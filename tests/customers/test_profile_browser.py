"""A field edited by keyboard and by mouse in a real browser."""

import pytest
from playwright.sync_api import Browser, Page, expect

from customers.models import Customer
from customers.operations.facts import set_facts
from tests.web.conftest import NOW, Book, browser, live_book, log_in, page

__all__ = ["browser", "live_book", "page"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_field_by_keyboard_and_by_mouse(page: Page, live_server: object, live_book: Book) -> None:
    server, customer = str(live_server), live_book.borrower
    log_in(page, server, "lijing")
    page.goto(f"{server}/customers/{customer.public_id}/?tab=profile")
    fact = page.locator("[data-fact]", has=page.locator('a[href$="/profile/likes/"]'))
    # By keyboard: `e` on the focused field, type, Enter; the focus is back on the pencil.
    fact.locator("[data-fact-edit]").focus()
    page.keyboard.press("e")
    expect(page.locator("#fact-input")).to_be_focused()
    page.keyboard.type("钓鱼")
    page.keyboard.press("Enter")
    expect(fact.locator(".fact-value")).to_have_text("钓鱼")
    expect(fact.locator("[data-fact-edit]")).to_be_focused()
    # Esc leaves everything as it was.
    page.keyboard.press("e")
    page.locator("#fact-input").fill("something else")
    page.keyboard.press("Escape")
    expect(fact.locator(".fact-value")).to_have_text("钓鱼")
    # By mouse: a click on the value opens it.
    fact.locator(".fact-value").click()
    page.locator("#fact-input").fill("下棋")
    page.locator("[data-editing] .btn-primary").click()
    expect(fact.locator(".fact-value")).to_have_text("下棋")
    customer.refresh_from_db()
    assert customer.likes == "下棋"
    page.goto(f"{server}/customers/{customer.public_id}/?tab=changes")
    expect(page.locator("#tab")).to_contain_text("钓鱼")


def test_two_people_on_one_field(browser: Browser, live_server: object, live_book: Book) -> None:
    # A context of its own: the browser itself writes an error for every 422.
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, server, customer = context.new_page(), str(live_server), live_book.borrower
    log_in(page, server, "lijing")
    page.goto(f"{server}/customers/{customer.public_id}/?tab=profile")
    page.locator('a[href$="/profile/likes/"]').click()
    page.locator("#fact-input").fill("登山")
    set_facts(customer_id=customer.pk, values={"likes": "下棋"}, source="RM", actor=live_book.lead, now=NOW)
    page.keyboard.press("Enter")
    note = page.locator("[data-editing] [role=alert]")
    expect(note).to_contain_text("登山")
    expect(note).to_contain_text("下棋")
    assert Customer.objects.get(pk=customer.pk).likes == "下棋"
    page.get_by_role("button", name="Save mine").click()
    expect(page.locator("[data-fact]", has_text="登山")).to_be_visible()
    assert Customer.objects.get(pk=customer.pk).likes == "登山"
    context.close()
