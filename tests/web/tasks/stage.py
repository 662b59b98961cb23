"""The house in which the tasks are done: one book, one server and one browser for a whole file of tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core import management
from django.db import connection
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from core import clock
from core.models import User
from customers.models import Customer, Lead, WorkItem
from tests.web.conftest import NOW, Book, as_user, build_book, make_customer
from tests.web.tasks.hands import Hands, Way

SCREENS: dict[Way, dict[str, Any]] = {
    Way.KEYBOARD: {"viewport": {"width": 1440, "height": 900}},
    Way.MOUSE: {"viewport": {"width": 1440, "height": 900}},
    Way.PHONE: {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
LANGUAGES = ("zh-hans", "en")
# More than one page of the list holds.
MANY = 60


@dataclass
class Stage:
    """The book, the server's address, and a page for each person, language and screen, logged in once."""

    book: Book
    server: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    _pages: dict[tuple[str, str, int], Page] = field(default_factory=dict)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, user: User, language: str, way: Way) -> Hands:
        """Return somebody's hands at a screen in a language."""
        screen = SCREENS[way]
        key = (user.username, language, screen["viewport"]["width"])
        if key not in self._pages:
            self._pages[key] = self._log_in(user, language, screen)
        self.complaints.clear()
        return Hands(self._pages[key], way)

    def _log_in(self, user: User, language: str, screen: dict[str, Any]) -> Page:
        client = as_user(user)
        # Who has been shown around is not shown around again.
        client.post(reverse("customers:tour"))
        context = self.browser.new_context(**screen, locale="zh-CN" if language == "zh-hans" else "en-GB")
        self._contexts.append(context)
        cookies = {
            settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
            settings.LANGUAGE_COOKIE_NAME: language,
        }
        context.add_cookies([{"name": name, "value": value, "url": self.server} for name, value in cookies.items()])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: self._complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._complain(str(error)))
        return page

    def _complain(self, text: str) -> None:
        # The browser itself writes a line for the 422 by which a conflict is answered.
        if "status of 422" not in text:
            self.complaints.append(text)

    def close(self) -> None:
        """Close all windows."""
        for context in self._contexts:
            context.close()


@contextmanager
def raise_stage(browser: Browser) -> Iterator[Stage]:
    """Build the house and take it down again."""
    # What is emptied at the end must be the database of the tests and no other.
    assert str(connection.settings_dict["NAME"]).startswith(str(connection.settings_dict["TEST"]["NAME"]))
    with clock.use_clock(NOW):
        book = build_book()
        for number in range(MANY):
            make_customer(100 + number, f"赵{number:03d}", book.rm, is_investor=True)
    server = LiveServer("localhost")
    stage = Stage(book, str(server), browser)
    try:
        yield stage
    finally:
        stage.close()
        server.stop()
        management.call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=False)


def say(text: Any, language: str) -> str:
    """Return what somebody types for a label in his language."""
    with translation.override(language):
        return str(text)


def clear_desk() -> None:
    """Take all work off the desks, so that a task begins with what it puts there."""
    WorkItem.objects.filter(state=WorkItem.State.OPEN).update(state=WorkItem.State.DROPPED, ended_at=clock.now())
    Lead.objects.filter(state=Lead.State.NEW).update(state=Lead.State.LOST, lost_reason="PRICE", closed_at=clock.now())


def fresh(customer: Customer) -> Customer:
    """Return a customer as he is stored now."""
    return Customer.objects.get(pk=customer.pk)
