"""The kernel's own reference data: the business date and the working days that the State Council has announced."""

from datetime import date, datetime, timedelta

import chinese_calendar
from django.db.models import F

from core.models import BusinessDate, BusinessDay, CalendarVersion

FIRST_YEAR = 2019


def seed_calendar(_business_date: date, _now: datetime) -> None:
    """Fill the calendar from the chinesecalendar package as far as it reaches; days that are there stay."""
    if BusinessDay.objects.exists():
        return
    rows = []
    day = date(FIRST_YEAR, 1, 1)
    last = max(chinese_calendar.constants.holidays)
    while day.year <= last.year:
        is_holiday, name = chinese_calendar.get_holiday_detail(day)
        rows.append(
            BusinessDay(
                date=day,
                is_workday=not is_holiday,
                name=name or "",
                source=f"chinesecalendar {day.year}",
                final=True,
            )
        )
        day += timedelta(days=1)
    BusinessDay.objects.bulk_create(rows, ignore_conflicts=True)
    raise_calendar_version()


def raise_calendar_version() -> None:
    """Make every process read the calendar anew."""
    CalendarVersion.objects.get_or_create(pk=1)
    CalendarVersion.objects.filter(pk=1).update(version=F("version") + 1)


def seed_business_date(business_date: date, _now: datetime) -> None:
    """Start at the given business date; a date that is there stays."""
    BusinessDate.objects.get_or_create(pk=1, defaults={"value": business_date})
