"""The list of customers in a real browser: conditions, saved views, acts on many with undo, keys, cells."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from core.models import User
from customers.models import Customer, CustomField, Note
from tests.fixtures.browser import expect_document
from tests.web.conftest import Book, log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROWS = "#list tbody tr[data-href]"


def test_a_condition_is_put_together_changed_and_dropped(page: Page, live_server: object, live_book: Book) -> None:
    log_in(page, str(live_server), "lijing")
    page.goto(f"{live_server}/customers/")
    expect(page.locator(ROWS)).to_have_count(2)
    page.keyboard.press("f")
    page.locator("#condition-new select[name=field]").select_option("borrower")
    page.locator("#condition-new input[value=yes]").check()
    page.locator("#condition-new button.btn-primary").click()
    expect(page).to_have_url(f"{live_server}/customers/?where=borrower:is:yes")
    expect(page.locator(ROWS)).to_have_count(1)
    page.locator("#conditions .chip-word").first.click()
    page.locator("#condition-0 input[value=no]").check()
    page.locator("#condition-0 button.btn-primary").click()
    expect(page.locator(ROWS)).to_contain_text("欧阳娜娜")
    page.locator("#conditions .chip-drop").click()
    expect(page.locator(ROWS)).to_have_count(2)


def test_a_view_is_saved_and_found_again(page: Page, live_server: object, live_book: Book) -> None:
    log_in(page, str(live_server), "lijing")
    page.goto(f"{live_server}/customers/?where=investor:is:yes")
    page.locator(".view-name").click()
    page.locator("#views input[name=name]").last.fill("Those who lend")
    page.locator("#views input[name=name]").last.press("Enter")
    expect(page.locator(".view-name")).to_contain_text("Those who lend")
    page.goto(f"{live_server}/customers/")
    page.locator(".view-name").click()
    entry = page.locator("#views a", has_text="Those who lend")
    expect(entry.locator(".menu-count")).to_have_text("1")
    entry.click()
    expect(page.locator(ROWS)).to_contain_text("欧阳娜娜")


def test_many_are_changed_and_the_change_taken_back(page: Page, live_server: object, live_book: Book) -> None:
    CustomField.objects.create(code="campaign", label="活动", label_en="Campaign", type="TEXT")
    log_in(page, str(live_server), "lijing")
    page.goto(f"{live_server}/customers/?columns=custom.campaign")
    page.locator("th.pick input").check()
    page.locator(".bulk button[value=field]").click()
    page.locator("#id_value").fill("spring")
    page.locator(".form-foot .btn-primary").click()
    expect(page.locator(ROWS).first).to_contain_text("spring")
    with expect_document(page):
        page.locator("[data-undo]").click()
    expect(page.locator(ROWS).first).not_to_contain_text("spring")
    assert not Customer.objects.filter(custom__has_key="campaign").exists()


def test_a_row_is_worked_on_by_keys_alone(page: Page, live_server: object, live_book: Book) -> None:
    log_in(page, str(live_server), "lijing")
    page.goto(f"{live_server}/customers/?columns=likes")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".bulk")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("e")
    page.locator("td [data-cell-form] [name=value]").fill("tea")
    page.keyboard.press("Enter")
    expect(page.locator(ROWS).first).to_contain_text("tea")
    page.keyboard.press("e")
    page.locator("td [data-cell-form] [name=value]").fill("coffee")
    page.keyboard.press("Escape")
    expect(page.locator(ROWS).first).to_contain_text("tea")
    page.keyboard.press("o")
    expect(page.locator("#side-panel-body .strip-name")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Pick the row")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    with expect_document(page):
        page.keyboard.press("t")
    expect(page).to_have_url(f"{live_server}/")


def test_the_palette_sets_a_reminder_on_the_open_record(page: Page, live_server: object, live_book: Book) -> None:
    log_in(page, str(live_server), "lijing")
    page.goto(f"{live_server}/customers/{live_book.borrower.public_id}/")
    page.keyboard.press("Control+k")
    page.keyboard.type("in 3 days")
    expect(page.locator("#palette-list [role=option]").first).to_contain_text("in 3 days")
    page.keyboard.press("Enter")
    expect(page.locator("#reminder")).to_be_visible()
    expect(page.locator("#reminder input[type=datetime-local]")).to_have_value(re.compile("T10:00"))


def test_a_form_ends_the_search_that_still_runs(page: Page, live_server: object, live_book: Book) -> None:
    log_in(page, str(live_server), "lijing")
    page.goto(f"{live_server}/customers/?columns=likes")
    searches: list[Route] = []
    acts: list[Route] = []
    page.route(re.compile(r"[?&]q="), lambda route: searches.append(route))
    page.route(re.compile(r"/bulk/"), lambda route: acts.append(route))
    page.locator("th.pick input").check()
    page.locator("#filter-search").fill("王")
    expect(page.locator("#busy")).to_have_class(re.compile("is-on"))
    with page.expect_event("requestfailed") as ended:
        page.locator(".bulk button[value=field]").click(no_wait_after=True)
    assert "q=" in ended.value.url
    assert len(searches) == 1
    while not acts:
        page.wait_for_timeout(20)
    acts[0].continue_()
    expect(page.locator("#id_value")).to_be_visible()


def test_a_colleague_is_named_by_pinyin_and_by_key(page: Page, live_server: object, live_book: Book) -> None:
    User.objects.filter(pk=live_book.manager.pk).update(display_name="周敏")
    log_in(page, str(live_server), "lijing")
    page.goto(f"{live_server}/customers/{live_book.borrower.public_id}/")
    page.locator("button[popovertarget=note]").click()
    text = page.locator("#note textarea")
    text.press_sequentially("请@zm")
    expect(page.locator(".mentions [role=option]")).to_have_count(1)
    text.press("Escape")
    expect(page.locator(".mentions")).to_have_count(0)
    expect(text).to_be_visible()
    # Letters that an input method still composes ask nothing and choose nothing.
    text.press("Backspace")
    text.evaluate("area => area.dispatchEvent(new InputEvent('input', { bubbles: true, isComposing: true }))")
    expect(page.locator(".mentions [role=option]")).to_contain_text("周敏")
    text.press("Enter")
    expect(text).to_have_value("请@周敏 ")
    text.press_sequentially("看一下")
    with expect_document(page):
        text.press("Control+Enter")
    assert Note.objects.get().mentions == [live_book.manager.staff_member.pk]
