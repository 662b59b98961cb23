"""The wall clock and the business date, and how a simulation moves them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")
_simulated_now: ContextVar[datetime | None] = ContextVar("simulated_now", default=None)


def now() -> datetime:
    """Return the present instant in Asia/Shanghai; inside `use_clock` the simulated one."""
    simulated = _simulated_now.get()
    return simulated if simulated is not None else timezone.now().astimezone(SHANGHAI)


def is_simulated() -> bool:
    """Tell whether a simulation drives the clock."""
    return _simulated_now.get() is not None


@contextmanager
def use_clock(instant: datetime) -> Iterator[None]:
    """Let `now()` answer the given aware instant within the block."""
    token = _simulated_now.set(instant.astimezone(SHANGHAI))
    try:
        yield
    finally:
        _simulated_now.reset(token)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return an instant of a calendar day in Asia/Shanghai."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def day_of(instant: datetime) -> date:
    """Return the calendar day of an instant in Asia/Shanghai."""
    return instant.astimezone(SHANGHAI).date()


def business_date() -> date:
    """Return the business date; it moves by the nightly close only."""
    from core.models import BusinessDate

    return BusinessDate.objects.values_list("value", flat=True).get(pk=1)
