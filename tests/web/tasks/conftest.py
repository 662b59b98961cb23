"""One stage for each file of tests."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.fixtures.browser import browser
from tests.web.tasks.stage import Stage, raise_stage

__all__ = ["browser"]


@pytest.fixture
def _django_db_helper() -> None:
    """Take the place of the fixture that empties the database after each test: here a whole file shares one book."""


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any, browser: Browser) -> Iterator[Stage]:
    """A house that stays for the file: what a task needs, it puts there itself."""
    with django_db_blocker.unblock(), raise_stage(browser) as raised:
        yield raised


@pytest.fixture(autouse=True)
def _silence(stage: Stage) -> Iterator[None]:
    """No script may fail and no security policy be broken."""
    yield
    assert stage.complaints == [], stage.complaints
