"""The State Council's yearly notice of holidays and working weekends, as a CSV file: `date,kind,name`.

`kind` is `holiday` or `workday`; days that the notice does not name follow the week.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.models import BusinessDay, User
from core.reference import raise_calendar_version

KINDS = {"holiday": False, "workday": True}
_SATURDAY = 5


class NoticeInvalid(InvalidInput):
    """The file is not a notice of one year to come."""

    code = "notice_invalid"
    message = _("The notice was not imported.")
    next_step = _("Correct the lines named and upload the file again.")


@dataclass(frozen=True)
class NoticeDay:
    """One day that the notice names."""

    day: date
    is_workday: bool
    name: str


def read_notice(text: str, *, business_date: date) -> list[NoticeDay]:
    """Read a notice. Raises NoticeInvalid naming every wrong line."""
    days: list[NoticeDay] = []
    faults: list[Text] = []
    for number, row in enumerate(csv.reader(StringIO(text.lstrip("\ufeff"))), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0] == "date"):
            continue
        try:
            day, kind, name = date.fromisoformat(cells[0]), cells[1], cells[2]
            found = NoticeDay(day, KINDS[kind], name[:40])
        except (ValueError, KeyError, IndexError):
            faults.append(_("Line %(number)s is not date,holiday|workday,name.") % {"number": number})
            continue
        if day <= business_date:
            faults.append(_("Line %(number)s: %(day)s is over.") % {"number": number, "day": day})
        elif any(other.day == day for other in days):
            faults.append(_("Line %(number)s: %(day)s stands there twice.") % {"number": number, "day": day})
        days.append(found)
    if not faults and len({found.day.year for found in days}) != 1:
        faults.append(_("A notice names days of exactly one year."))
    if faults:
        raise NoticeInvalid(fields={"file": faults})
    return days


@transaction.atomic
def import_notice(
    days: Sequence[NoticeDay], *, source: str, business_date: date, actor: User, now: datetime
) -> tuple[int, int]:
    """Write a whole year's calendar from its notice and call it final; return the year and how many days were written.

    Days up to the business date stay as they were.
    """
    year = days[0].day.year
    named = {found.day: found for found in days}
    day = max(date(year, 1, 1), business_date + timedelta(days=1))
    rows = []
    while day.year == year:
        found = named.get(day)
        rows.append(
            BusinessDay(
                date=day,
                is_workday=found.is_workday if found else day.weekday() < _SATURDAY,
                name=found.name if found else "",
                source=source,
                final=True,
            )
        )
        day += timedelta(days=1)
    BusinessDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["is_workday", "name", "source", "final"],
    )
    raise_calendar_version()
    audit.record(
        actor=actor,
        action="core.calendar_imported",
        data={"year": year, "named": len(days), "written": len(rows)},
        reason=source[:300],
        now=now,
    )
    return year, len(rows)
