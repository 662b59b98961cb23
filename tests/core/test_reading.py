"""Numbers and days as people write them."""

from datetime import date

import pytest

from core.web.reading import read_day, read_number, read_range

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("²", None), ("٧", None), ("", None)],
)
def test_a_number_is_a_few_plain_digits(text: str, number: int | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-03-02", TODAY), ("9999-12-31", None), ("0001-01-01", None), ("2026-02-30", None), ("", None)],
)
def test_a_day_is_one_of_these_times(text: str, day: date | None) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, (date(2026, 2, 27), TODAY)),
        ({"until": date.max}, (date(2026, 2, 27), TODAY)),
        ({"since": date.max}, (TODAY, TODAY)),
        ({"since": date.min}, (date(2026, 2, 21), TODAY)),
        ({"since": date(2026, 2, 1), "until": date(2026, 2, 5)}, (date(2026, 2, 1), date(2026, 2, 5))),
        ({"until": date.min}, (date(1999, 12, 29), date(2000, 1, 1))),
    ],
)
def test_a_stretch_ends_today_at_the_latest(wanted: dict[str, date], found: tuple[date, date]) -> None:
    assert read_range(wanted, TODAY, days=4, most_days=10) == found
