"""The kit in a real browser: keys, panel, palette, dialogs, charts, themes, phone, accessibility."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.browser import browser, expect_document, page

__all__ = ["browser", "page"]

pytestmark = pytest.mark.browser
AXE = Path(settings.BASE_DIR) / "frontend/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def kit() -> Iterator[str]:
    """Serve the kit without a database."""
    with override_settings(ROOT_URLCONF="tests.core.ui_urls"):
        server = make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), Threaded, Silent)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/ui/kit/"
        server.shutdown()
        server.server_close()


@pytest.fixture
def opened(page: Page, kit: str) -> Page:
    page.goto(kit)
    page.wait_for_selector("[data-drawn] canvas")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_kit_is_accessible(browser: Browser, kit: str, scheme: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(kit)
    page.wait_for_selector("[data-drawn] canvas")
    page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_the_palette_opens_by_key_and_waits_for_the_input_method(opened: Page) -> None:
    opened.keyboard.press("Control+k")
    expect(opened.locator("#palette")).to_be_visible()
    opened.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    expect(opened.locator("#palette")).to_be_visible()
    opened.keyboard.press("Escape")
    expect(opened.locator("#palette")).to_be_hidden()


def test_letters_act_on_the_focused_row_and_never_while_typing(opened: Page) -> None:
    opened.keyboard.press("/")
    opened.keyboard.type("jd?")
    expect(opened.locator("#filter-search")).to_have_value("jd?")
    expect(opened.locator("#keys")).to_be_hidden()
    # The search follows the typing and brings the list anew.
    opened.wait_for_url(re.compile(r"/ui/kit/\?q=jd%3F"))
    opened.locator("#filter-search").blur()
    opened.keyboard.press("j")
    opened.keyboard.press("j")
    expect(opened.locator(".work-item").nth(1)).to_be_focused()
    opened.keyboard.press("d")
    expect(opened.locator(".toast")).to_be_visible()


def test_a_row_opens_in_the_panel_and_escape_returns_to_it(opened: Page) -> None:
    row = opened.locator("#list tr[data-href]").nth(2)
    row.locator("td").nth(2).click()
    expect(opened.locator("#side-panel-body .page-title")).to_be_visible()
    assert "#open=%2Fui%2Fkit%2F%3Floan%3D2" in opened.url
    opened.reload()
    expect(opened.locator("#side-panel-body .page-title")).to_be_visible()
    opened.keyboard.press("Escape")
    expect(opened.locator("#side-panel")).to_be_hidden()
    assert "#" not in opened.url
    opened.go_back()
    expect(opened.locator("#side-panel-body .page-title")).to_be_visible()


def test_a_middle_click_opens_a_new_tab(opened: Page) -> None:
    with opened.context.expect_page() as news:
        opened.locator("#list tr[data-href]").nth(1).locator("td").nth(2).click(button="middle")
    assert news.value.url.endswith("/ui/kit/?loan=1")


def test_money_leaves_only_after_a_yes(opened: Page) -> None:
    opened.locator("form[data-confirm] button").click()
    expect(opened.locator("#confirm")).to_be_visible()
    opened.keyboard.press("Escape")
    expect(opened.locator("#confirm")).to_be_hidden()
    expect(opened.locator(".toast")).to_have_count(0)
    opened.locator("form[data-confirm] button").click()
    with expect_document(opened):
        opened.locator("#confirm-yes").click()
    expect(opened.locator(".toast")).to_be_visible()


def test_a_masked_value_asks_why(opened: Page) -> None:
    opened.locator(".masked button").first.click()
    reason = opened.locator("[data-reveal]:popover-open input[name=reason]")
    expect(reason).to_be_focused()
    reason.press("Enter")
    expect(opened.locator(".masked-value").first).to_have_text("138****5678")
    reason.fill("calling about the instalment")
    reason.press("Enter")
    expect(opened.locator(".masked-value").first).to_have_text("13812345678")


def test_a_toast_offers_to_undo(opened: Page) -> None:
    opened.locator("[hx-get='/ui/kit/toast/']").click()
    expect(opened.locator(".toast [data-undo]")).to_be_visible()
    opened.locator(".toast [data-toast-close]").click()
    expect(opened.locator(".toast")).to_have_count(0)


def test_filters_write_a_short_address_and_keep_the_focus(opened: Page) -> None:
    opened.locator("#filter-search").fill("wang")
    opened.wait_for_url("**/ui/kit/?q=wang&state=overdue&purpose=shop&purpose=car")
    expect(opened.locator("#filter-search")).to_be_focused()
    opened.locator("#chip-state-chip .chip-drop").click()
    opened.wait_for_url("**/ui/kit/?q=wang&purpose=shop&purpose=car")
    opened.go_back()
    opened.wait_for_url("**/ui/kit/?q=wang&state=overdue&purpose=shop&purpose=car")


def test_columns_hide_in_the_address(opened: Page) -> None:
    opened.locator("[popovertarget^=tools]").click()
    opened.locator("[data-column='4']").click()
    assert "hide=4" in opened.url
    expect(opened.locator("#list th").nth(3)).to_be_hidden()
    opened.reload()
    expect(opened.locator("#list th").nth(3)).to_be_hidden()
    opened.keyboard.press("Escape")
    opened.locator("#list a.sort").first.click()
    opened.wait_for_url("**sort=balance*")
    assert "hide=4" in opened.url


def test_rows_are_picked_one_by_one_by_page_or_all(opened: Page) -> None:
    bar = opened.locator(".bulk")
    expect(bar).to_be_hidden()
    opened.locator("#list input[name=pick]").nth(1).check()
    expect(bar.locator("strong")).to_have_text("1")
    opened.locator("#list thead input").check()
    expect(bar.locator("strong")).to_have_text("8")
    bar.locator("button").first.click()
    expect(bar.locator("strong")).to_have_text("12345")
    assert bar.locator("[name=everything]").input_value() == "1"
    bar.locator("button").last.click()
    expect(bar).to_be_hidden()


def test_a_double_click_sends_once(opened: Page) -> None:
    sent: list[str] = []
    opened.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    with expect_document(opened):
        opened.locator(".strip form.action button").first.dblclick()
    assert len(sent) == 1


def test_the_theme_is_kept(opened: Page) -> None:
    before = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    opened.locator("[popovertarget=user-menu]").click()
    opened.locator("[data-theme-choice=dark]").click()
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") != before
    opened.reload()
    assert opened.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_chart_opens_the_records_behind_a_point(opened: Page) -> None:
    canvas = opened.locator("[data-chart] canvas").first
    canvas.scroll_into_view_if_needed()
    with opened.expect_navigation(url="**/ui/kit/?day=2026-1*"):
        canvas.click(position={"x": 300, "y": 150})


def test_a_definition_opens_for_the_keyboard(opened: Page) -> None:
    mark = opened.locator(".tiles [data-define]").first
    opened.locator(".page-actions .btn-primary").focus()
    opened.keyboard.press("Tab")
    expect(mark).to_be_focused()
    expect(opened.locator(".define-card:popover-open")).to_be_visible()


def test_a_hover_card_shows_what_stands_behind_a_figure(opened: Page) -> None:
    opened.locator("#list td[data-hover]").nth(2).hover()
    expect(opened.locator(".hover-card")).to_contain_text("¥933.21")
    opened.mouse.move(5, 5)
    expect(opened.locator(".hover-card")).to_be_hidden()


def test_a_phone_drops_columns_and_has_a_drawer(browser: Browser, kit: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="zh-CN")
    phone = context.new_page()
    phone.goto(kit)
    expect(phone.locator("#list th.drop-3")).to_be_hidden()
    expect(phone.locator("#list th.money")).to_be_visible()
    expect(phone.locator(".rail")).to_be_hidden()
    phone.locator("[data-rail-open]").click()
    expect(phone.locator(".rail")).to_be_visible()
    phone.keyboard.press("Escape")
    expect(phone.locator(".rail")).to_be_hidden()
    context.close()
