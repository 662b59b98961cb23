"""What a new installation starts with."""

from datetime import date, datetime
from typing import Final

from core.seeding import ensure_parameters

_SOURCE: Final = "互联网金融逾期债务催收自律公约 (2018-03-28); GB/T 45251-2025"
_FROM: Final = date(2018, 3, 28)


def seed_contact_limits(_business_date: date, _now: datetime) -> None:
    """Enter the limits on contacts with debtors where they are not there yet."""
    ensure_parameters(
        [
            ("service.contact_from_hour", "8", _FROM, _SOURCE),
            ("service.contact_to_hour", "22", _FROM, _SOURCE),
            ("service.contact_daily_limit", "3", _FROM, _SOURCE),
        ]
    )


def seed_case_clock(_business_date: date, _now: datetime) -> None:
    """Enter the working hours and the time a department has for a case where they are not there yet."""
    ensure_parameters(
        [
            ("service.case_hours", "16", _FROM, "house rule"),
            ("service.case_hours_urgent", "4", _FROM, "house rule"),
            ("service.case_opens_hour", "9", _FROM, "house rule"),
            ("service.case_closes_hour", "18", _FROM, "house rule"),
        ]
    )
