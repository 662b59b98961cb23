"""A decision table in a real browser: typed into like a spreadsheet, read on a phone."""

import pytest
from playwright.sync_api import Page, expect

from risk.models import DecisionTable
from tests.fixtures.browser import expect_document
from tests.web.conftest import Book, log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_draft_is_typed_into_without_a_mouse(page: Page, live_server: object, live_book: Book) -> None:
    log_in(page, str(live_server), "wang")
    page.goto(f"{live_server}/risk/tables/standard/1/")
    with expect_document(page):
        page.get_by_role("button", name="Edit in a draft").press("Enter")
    state = page.locator("[data-grid-state]")
    expect(state).to_have_text("All 30 test cases pass and every row has one.")

    cell = page.locator("[id='cell-policy/P4/max_dpd_24_months']")
    cell.focus()
    page.keyboard.type(">> 60")
    page.keyboard.press("Enter")
    below = page.locator("[id='cell-policy/P5/max_dpd_24_months']")
    expect(below).to_be_focused()
    expect(page.locator("[data-problem='policy/P4/max_dpd_24_months']")).to_contain_text("comparisons or intervals")
    expect(cell).to_have_attribute("aria-invalid", "true")

    page.keyboard.press("ArrowUp")
    page.keyboard.type("＞ 80")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(cell).to_have_value("> 80")
    expect(cell).not_to_have_attribute("aria-invalid", "true")
    expect(state).to_contain_text("1 fail")
    draft = DecisionTable.objects.get(version=2)
    assert draft.step == 3

    cell.focus()
    with page.expect_response("**/undo/"):
        page.keyboard.press("Control+z")
    expect(cell).to_have_value(">> 60")
    expect(cell).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    rows = page.locator("[aria-labelledby=table-policy] tbody tr")
    expect(rows.nth(2)).to_have_attribute("id", "row-policy-P4")

    page.set_viewport_size({"width": 390, "height": 844})
    expect(cell).to_be_hidden()
    expect(page.locator(".grid-list").first).to_contain_text("> 7000")
