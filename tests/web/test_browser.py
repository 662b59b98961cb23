"""The day of an RM and a risk officer in a real browser, in both languages; no script fails, no policy is broken."""

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import expect_document
from tests.web.conftest import Book, log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_day_of_an_rm(page: Page, live_server: object, live_book: Book, language: str) -> None:
    server = str(live_server)
    log_in(page, server, "lijing", language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    # Today: the overdue loan, done by one key, undone from the toast.
    expect(page.locator(".work-item")).to_have_count(1)
    # The customer: strip, plain phone only with a reason, a contact in two clicks.
    page.goto(f"{server}/customers/")
    page.locator("tr[data-href]", has_text="王小明").locator("a.row-link").click()
    expect(page.locator("#side-panel-body .strip-name")).to_have_text("王小明")
    page.goto(f"{server}/customers/{live_book.borrower.public_id}/")
    phone = page.locator(".strip [data-masked]")
    expect(phone.locator("[data-masked-value]")).to_have_text("138****8000")
    phone.locator("button.define").click()
    phone.locator("input[name=reason]").fill("calling about the instalment")
    phone.locator("form button").click()
    expect(phone.locator("[data-masked-value]")).to_have_text("13800138000")
    page.keyboard.press("l")
    page.locator("#contact textarea").fill("pays on Friday")
    page.locator("#contact .form-foot button").click()
    expect(page.locator(".timeline")).to_contain_text("pays on Friday")
    page.locator('.tabs a[href$="tab=money"]').click()
    page.wait_for_selector("[data-drawn] canvas")


def test_work_is_finished_by_one_key(page: Page, live_server: object, live_book: Book) -> None:
    log_in(page, str(live_server), "lijing")
    page.keyboard.press("j")
    expect(page.locator(".work-item")).to_be_focused()
    page.keyboard.press("d")
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(".work-item")).to_have_count(0)
    with expect_document(page):
        page.keyboard.press("z")
    expect(page.locator(".work-item")).to_have_count(1)


def test_the_palette_opens_a_customer_by_pinyin(page: Page, live_server: object, live_book: Book) -> None:
    log_in(page, str(live_server), "lijing")
    page.keyboard.press("Control+k")
    page.keyboard.type("wxm")
    expect(page.locator("#palette-list [role=option]").first).to_contain_text("王小明")
    with expect_document(page):
        page.keyboard.press("Enter")
    expect(page.locator(".strip-name")).to_have_text("王小明")


def test_a_review_is_proposed(page: Page, live_server: object, live_book: Book) -> None:
    server = str(live_server)
    log_in(page, server, "wang")
    page.goto(f"{server}/applications/{live_book.referred.public_id}/")
    page.locator("#id_outcome").select_option("DECLINE")
    page.locator("#id_reason_codes").select_option("SCORE_TOO_LOW")
    page.locator("#id_note").fill("too much debt for the income")
    page.get_by_role("button", name="Propose").click()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("main")).to_contain_text("too much debt for the income")


def test_the_loan_page_shows_the_split_and_the_dashboard_its_charts(
    page: Page, live_server: object, live_book: Book
) -> None:
    server = str(live_server)
    log_in(page, server, "lijing")
    page.goto(f"{server}/loans/{live_book.loan.public_id}/")
    page.locator("[data-hover]").first.hover()
    expect(page.locator(".hover-card")).to_contain_text("欧阳娜娜")
    page.goto(f"{server}/analytics/")
    page.wait_for_selector("[data-drawn] canvas")
    page.locator(".tile a", has_text="¥").first.click()
    expect(page.locator("table.table-data")).to_contain_text("LN-1")
