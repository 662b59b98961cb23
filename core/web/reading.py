"""What people write into addresses and forms as numbers and days; nothing written there makes a page fail."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from django.http import QueryDict

_LONGEST_NUMBER: Final = 18
_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2100, 1, 1)


def holds_nul(given: QueryDict) -> bool:
    """Tell whether a name or a value holds a NUL, which no text of PostgreSQL can."""
    return any("\x00" in text for name, texts in given.lists() for text in (name, *texts))


def read_number(text: str) -> int | None:
    """Return a whole number of ASCII digits that a key may be, None for everything else.

    `²` is a digit to Python but no number, and thousands of digits are refused by `int` itself.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None


def read_day(text: str) -> date | None:
    """Return an ISO date from 2000 to 2100, None for everything else: days can be added to it without care."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _EARLIEST <= day <= _LATEST else None


def read_range(wanted: Mapping[str, Any], today: date, *, days: int, most_days: int) -> tuple[date, date]:
    """Return the first and last day of the stretch that a form's `since` and `until` ask for, up to today.

    `days` long where no beginning is asked for, `most_days` at most.
    """
    until = max(min(wanted.get("until") or today, today), _EARLIEST)
    since = wanted.get("since") or until - timedelta(days=days - 1)
    return max(min(since, until), until - timedelta(days=most_days - 1)), until
