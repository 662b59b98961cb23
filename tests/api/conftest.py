"""A seeded house, the real sandbox beside it, and people who speak HTTP only."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.utils import translation

from core import clock
from core.api.counters import counters
from tests.api.people import House, Person
from tests.fixtures.sandbox import sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]

DAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _fresh_request_state() -> Iterator[None]:
    """Forget rates counted by the test before, and give back the language a request left behind."""
    counters.clear()
    with translation.override(translation.get_language()):
        yield


@pytest.fixture
def seeded(standard_house: None, now: datetime) -> Iterator[datetime]:
    """Reference data of a new installation on Monday 2026-03-02, the clock standing still."""
    with clock.use_clock(now):
        yield now


@pytest.fixture
def house(seeded: datetime, sandbox: Any, settings: Any) -> House:
    """The house with its partners."""
    sandbox.set_clock(seeded)
    for gateway in ("wechat", "alipay", "bank"):
        sandbox.behave(gateway, hold_callbacks=True)
    return House(sandbox)


@pytest.fixture
def make_person(house: House) -> Callable[..., Person]:
    """Return a function that registers, identifies and equips a person by HTTP."""
    return house.make_person
