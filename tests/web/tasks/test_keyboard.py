"""The keyboard: safe while Chinese is composed or a field is filled in, the sheet tells the truth, the focus stays."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.web.keys import KEYS
from customers.models import Customer, Promise
from customers.operations import history
from tests.fixtures.browser import expect_document
from tests.web.tasks.hands import Way
from tests.web.tasks.stage import Stage, clear_desk, fresh

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROWS = "#list tbody tr[data-href]"
# Enter while an input method still composes: Chromium says so in the event, older engines by the code 229 alone.
COMPOSING = """([selector, how]) => {
  const input = document.querySelector(selector);
  input.dispatchEvent(new CompositionEvent("compositionstart", {bubbles: true, data: "wang"}));
  const key = {key: "Enter", bubbles: true, cancelable: true, isComposing: how === "composing", keyCode: how === "code" ? 229 : 13};
  return input.dispatchEvent(new KeyboardEvent("keydown", key));
}"""


def open_page(stage: Stage, path: str) -> Page:
    page = stage.open(stage.book.rm, "en", Way.KEYBOARD).page
    page.goto(f"{stage.server}{path}")
    return page


def where(page: Page) -> str:
    """Tell what has the focus."""
    return str(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))


@pytest.mark.parametrize("how", ["composing", "code"])
def test_enter_in_a_composition_opens_nothing_in_the_palette(stage: Stage, how: str) -> None:
    page = open_page(stage, "/customers/")
    page.keyboard.press("Control+k")
    page.keyboard.type("wxm")
    expect(page.locator("#palette-list [role=option]").first).to_contain_text("王小明")
    untouched = page.evaluate(COMPOSING, ["#palette-input", how])
    assert untouched, "the input method must get its Enter"
    page.wait_for_timeout(200)
    expect(page.locator("#palette")).to_be_visible()
    assert page.url.endswith("/customers/")
    # The Enter after the composition opens.
    with expect_document(page):
        page.keyboard.press("Enter")
    expect(page.locator(".strip-name")).to_have_text("王小明")


def test_letters_of_a_composition_are_not_searched_for(stage: Stage) -> None:
    page = open_page(stage, "/customers/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    compose = """([selector, isOver]) => {
      const input = document.querySelector(selector);
      input.value = isOver ? "王小明" : "wang xiao";
      input.dispatchEvent(new InputEvent("input", {bubbles: true, isComposing: !isOver}));
      if (isOver) input.dispatchEvent(new CompositionEvent("compositionend", {bubbles: true, data: input.value}));
    }"""
    page.locator("#filter-search").focus()
    page.evaluate(compose, ["#filter-search", False])
    page.wait_for_timeout(500)
    assert asked == []
    page.evaluate(compose, ["#filter-search", True])
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator("#filter-search")).to_be_focused()
    assert "q=" in page.url


@pytest.mark.parametrize("how", ["composing", "code"])
def test_enter_in_a_composition_saves_no_cell(stage: Stage, how: str) -> None:
    page = open_page(stage, "/customers/?columns=likes&q=wxm")
    before = fresh(stage.book.borrower).version
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("[data-cell-form] [name=value]")).to_be_focused()
    page.keyboard.type("cha")
    assert page.evaluate(COMPOSING, ["[data-cell-form] [name=value]", how])
    page.wait_for_timeout(200)
    expect(page.locator("[data-cell-form]")).to_be_visible()
    assert fresh(stage.book.borrower).version == before
    page.keyboard.press("Escape")
    expect(page.locator(ROWS).first).to_be_focused()


def test_control_enter_in_a_composition_sends_no_form(stage: Stage) -> None:
    page = open_page(stage, f"/customers/{stage.book.investor.public_id}/")
    page.keyboard.press("p")
    page.keyboard.type("xie yi feng xin")
    page.evaluate(
        """() => document.activeElement.dispatchEvent(
          new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, isComposing: true, bubbles: true, cancelable: true}))"""
    )
    page.wait_for_timeout(200)
    expect(page.locator("#promise")).to_be_visible()
    assert not Promise.objects.filter(customer=stage.book.investor).exists()


LETTERS = "ljkdxnprzfavoe[?/123g"


@pytest.mark.parametrize(
    ("path", "opens", "field"),
    [
        ("/customers/", "/", "#filter-search"),
        ("/customers/", "Control+k", "#palette-input"),
        ("/customers/{}/", "n", "#quick_note_text"),
        ("/customers/{}/?tab=profile", "e", "#fact-input"),
    ],
)
def test_letters_in_a_field_are_letters(stage: Stage, path: str, opens: str, field: str) -> None:
    customer = stage.book.borrower
    page = open_page(stage, path.format(customer.public_id))
    if "profile" in path:
        expect(page.locator("[data-fact-edit]").first).to_be_visible()
    before = (page.url, fresh(customer).version, Customer.objects.count())
    page.keyboard.press(opens)
    expect(page.locator(field)).to_be_focused()
    page.locator(field).fill("")
    page.keyboard.type(LETTERS)
    expect(page.locator(field)).to_have_value(LETTERS)
    expect(page.locator(field)).to_be_focused()
    expect(page.locator("#keys")).not_to_be_visible()
    expect(page.locator(".bulk:visible, .side-panel:visible, .toast")).to_have_count(0)
    assert (page.url.split("?")[0], fresh(customer).version, Customer.objects.count()) == (
        before[0].split("?")[0],
        *before[1:],
    )


@pytest.mark.parametrize("path", ["/", "/customers/", "/customers/{}/", "/opportunities/", "/leads/", "/calendar/"])
def test_the_sheet_lists_the_keys_that_work_here_and_no_others(stage: Stage, path: str) -> None:
    clear_desk()
    history.raise_work(
        group="PROMISED",
        kind="customers.reminder",
        reason_code="customers.reminder",
        params={"text": "call"},
        key="sheet",
        now=clock.now(),
        customer_id=stage.book.borrower.pk,
    )
    page = open_page(stage, path.format(stage.book.borrower.public_id))
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    listed = page.locator("#keys kbd").all_inner_texts()
    own = page.locator("[data-key]").evaluate_all("all => all.map((one) => one.dataset.key)")
    common = [key for entry in KEYS for key in entry.keys]
    gone = page.locator(".rail-list [data-go]").evaluate_all("all => all.map((one) => one.dataset.go)")
    assert set(own) | set(common) | set(gone) | {"g", "Enter", "Esc", "Ctrl K", "Ctrl Enter"} == set(listed)
    # Each key of the page says what it does, and no key does two things there outside of rows.
    assert all(text.strip() for text in page.locator("#keys dd").all_inner_texts()[1:])
    labels = page.locator("#keys-here kbd").all_inner_texts()
    assert len(labels) == len(set(labels))
    page.keyboard.press("Escape")


def test_the_focus_comes_back_from_panel_palette_and_sheet(stage: Stage) -> None:
    page = open_page(stage, "/customers/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.locator(ROWS).nth(1)
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#side-panel-body .strip-name")).to_be_visible()
    expect(page.locator("#side-panel-body")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    for opens, dialog in (("Control+k", "#palette"), ("?", "#keys")):
        page.keyboard.press(opens)
        expect(page.locator(dialog)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).not_to_be_visible()
        expect(row).to_be_focused()


def test_the_focus_survives_what_is_swapped(stage: Stage) -> None:
    page = open_page(stage, "/customers/")
    # Sorting replaces the whole list, the head that was pressed included.
    page.locator("th a.sort").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("sort="))
    expect(page.locator("th[aria-sort] a.sort")).to_be_focused()
    # A tab of the panel replaces what is under it.
    page.locator(ROWS).first.focus()
    page.keyboard.press("o")
    tab = page.locator('#side-panel .tabs a[href$="tab=diary"]')
    tab.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#side-panel #tab form").first).to_be_visible()
    expect(tab).to_be_focused()
    page.keyboard.press("Escape")
    assert "<body" not in where(page)


def test_a_saved_cell_and_a_left_one_give_the_row_the_focus_back(stage: Stage) -> None:
    page = open_page(stage, "/customers/?columns=likes&q=wxm")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("[data-cell-form] [name=value]")).to_be_focused()
    page.locator("[data-cell-form] [name=value]").fill("tea")
    page.keyboard.press("Enter")
    expect(page.locator(ROWS).first).to_contain_text("tea")
    expect(page.locator(ROWS).first).to_be_focused()
    assert fresh(stage.book.borrower).likes == "tea"


def test_a_quick_enter_opens_what_was_typed_not_what_still_stands_there(stage: Stage) -> None:
    page = open_page(stage, "/customers/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-list [role=option]").first).to_be_visible()
    page.keyboard.type("oynn")
    with expect_document(page):
        page.keyboard.press("Enter")
    expect(page.locator(".strip-name")).to_have_text("欧阳娜娜")
