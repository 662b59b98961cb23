"""The rule builder in a real browser, by keys alone: conditions, a live count, what was kept."""

import pytest
from playwright.sync_api import Page, expect

from core.outbox import drain
from segmentation.models import Segment
from tests.fixtures.browser import browser, page
from tests.web.conftest import Book, live_book, log_in

__all__ = ["browser", "live_book", "page"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_rule_is_built_by_keys_and_counted_while_it_is_written(
    page: Page, live_server: object, live_book: Book
) -> None:
    log_in(page, str(live_server), "chen")
    page.goto(f"{live_server}/segments/new/")
    expect(page.locator("#segment-name")).to_be_focused()
    page.keyboard.type("Late borrowers")
    page.locator('[id="fact-r.0"]').select_option("overdue")
    expect(page.locator('[id="is-r.0"]')).to_have_value("min")
    page.locator('input[name="v:r.0"]').focus()
    page.keyboard.type("1000")
    page.keyboard.press("Tab")
    expect(page.locator("#preview")).to_contain_text("1 customer")
    expect(page.locator("#preview")).to_contain_text("王小明")
    page.locator('[id="add-did-r"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('[id="did-r.1"]')).to_be_visible()
    page.locator('[id="did-r.1"]').select_option("lending")
    expect(page.locator("#preview")).to_contain_text("0 customers")
    page.locator('[id="part-r.1"] button').focus()
    page.keyboard.press("Enter")
    expect(page.locator('[id="part-r.1"]')).to_have_count(0)
    page.locator('button[value="save"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator(".page-title h1")).to_contain_text("Late borrowers")
    drain()
    page.reload()
    expect(page.locator("#list")).to_contain_text("王小明")
    assert Segment.objects.get().rule == {"all": [{"fact": "overdue", "is": "min", "values": ["1000"]}]}
