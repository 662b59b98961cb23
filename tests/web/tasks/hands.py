"""Hands that do a task in a browser and count what it took: keys, clicks or taps, letters typed, pages loaded."""

from dataclasses import dataclass, field
from enum import StrEnum

from playwright.sync_api import Locator, Page, expect

from tests.fixtures.browser import expect_document


class Way(StrEnum):
    """How a task is done."""

    KEYBOARD = "keyboard"
    MOUSE = "mouse"
    PHONE = "phone"


@dataclass
class Count:
    """What a task took; `steps` are keys or clicks, what is written into a field counts in `typed` alone."""

    steps: int = 0
    typed: int = 0
    loads: int = 0


@dataclass
class Hands:
    """One person at one screen. `page` is only looked at directly: what does something goes through the methods."""

    page: Page
    way: Way
    count: Count = field(default_factory=Count)

    def begin(self, url: str) -> None:
        """Open the page the task starts on; from here on it counts."""
        self.page.goto(url)
        expect(self.page.locator("main")).to_be_visible()
        self.count = Count()
        self.page.on("domcontentloaded", self._note_load)

    def end(self) -> Count:
        """Stop counting."""
        self.page.remove_listener("domcontentloaded", self._note_load)
        return self.count

    def _note_load(self, _page: Page) -> None:
        self.count.loads += 1

    def press(self, key: str, times: int = 1) -> None:
        """Press a key, or keys held together."""
        for _ in range(times):
            self.page.keyboard.press(key)
            self.count.steps += 1

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self.page.keyboard.type(text)
        self.count.typed += len(text)

    def touch(self, what: Locator | str) -> None:
        """Click or tap."""
        target = self.page.locator(what) if isinstance(what, str) else what
        if self.way is Way.PHONE:
            target.tap()
        else:
            target.click()
        self.count.steps += 1

    def pick(self, select: Locator | str, value: str) -> None:
        """Choose from a drop-down: one touch opens it, one chooses."""
        target = self.page.locator(select) if isinstance(select, str) else select
        target.select_option(value)
        self.count.steps += 2

    def go(self, path: str) -> None:
        """Go to an entry of the rail: `g` and its letter, one click, or by the menu of a phone."""
        link = self.page.locator(f'.rail-list a[href="{path}"]')
        with expect_document(self.page):
            if self.way is Way.KEYBOARD:
                self.press("g")
                self.press(str(link.get_attribute("data-go")))
            elif self.way is Way.PHONE:
                in_bar = self.page.locator(f'.tabbar a[href="{path}"]')
                if in_bar.count():
                    self.touch(in_bar)
                else:
                    self.touch(".tabbar [data-rail-open]")
                    self.touch(link)
            else:
                self.touch(link)

    def press_and_load(self, key: str) -> None:
        """Press a key that brings another page."""
        with expect_document(self.page):
            self.press(key)

    def touch_and_load(self, what: Locator | str) -> None:
        """Click or tap what brings another page."""
        with expect_document(self.page):
            self.touch(what)

    def see(self, selector: str, text: str = "") -> Locator:
        """Wait until something is there."""
        found = self.page.locator(selector).first
        if text:
            expect(found).to_contain_text(text)
        else:
            expect(found).to_be_visible()
        return found
