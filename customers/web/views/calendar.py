"""The calendar: planned contacts, promises and due dates of a week or month, for oneself or the team."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.calendar import WorkCalendar
from core.web.reading import read_day
from customers.models import Customer
from customers.queries.attributes import read_attributes
from customers.queries.diary import CalendarEntry, list_calendar
from customers.web.header import tab_of
from staff import rights
from staff.models import Scope
from staff.pages import StaffPage
from staff.queries import list_members_in_reach

_BOOK = 2000


class CalendarPage(StaffPage):
    """Week or month, mine or my people's."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        is_month = request.GET.get("span") == "month"
        today = clock.business_date()
        anchor = read_day(request.GET.get("day", "")) or today
        start, end = _bounds(anchor, is_month)
        has_team = self.access.scope_of(self.right) != Scope.OWN
        is_team = has_team and request.GET.get("who") == "team"
        members = list_members_in_reach(self.access, self.right) if is_team else None
        ids = (
            list(members.filter(is_active=True).values_list("pk", flat=True)[:200])
            if members is not None
            else [self.access.member_id]
        )
        now = clock.now()
        entries = list_calendar(self.access, member_ids=ids, start=start, end=end, now=now)
        names = {}
        if members is not None:
            names = {member.pk: str(member) for member in members.filter(pk__in=ids).select_related("user")}
        else:
            entries += _list_due(self.access.member_id, start, end, today)
        work_calendar = WorkCalendar()
        days = []
        for offset in range((end - start).days):
            day = start + timedelta(days=offset)
            here = [entry for entry in entries if entry.at.astimezone(clock.SHANGHAI).date() == day]
            days.append(
                {
                    "day": day,
                    "is_today": day == today,
                    "is_rest": not work_calendar.is_workday(day),
                    "is_outside": is_month and day.month != anchor.month,
                    "entries": [(entry, names.get(entry.member_id, "")) for entry in here],
                }
            )
        context = {
            "days": days,
            "weekdays": [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")],
            "is_month": is_month,
            "is_team": is_team,
            "has_team": has_team,
            "start": start,
            "end": end - timedelta(days=1),
            "count": len(entries),
            "links": _links(anchor, is_month, is_team, today),
        }
        return render(request, "customers/calendar.html", context)


def _bounds(anchor: date, is_month: bool) -> tuple[date, date]:
    """Return the first day shown and the day after the last: whole weeks from Monday."""
    first = anchor.replace(day=1) if is_month else anchor
    start = first - timedelta(days=first.weekday())
    if not is_month:
        return start, start + timedelta(days=7)
    last = (anchor.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return start, last + timedelta(days=7 - last.weekday())


def _list_due(member_id: int, start: date, end: date, today: date) -> list[CalendarEntry]:
    """Return the next due dates of one's own borrowers."""
    own = Customer.objects.filter(rm_id=member_id, is_borrower=True, merged_into__isnull=True)
    book = {row.pk: row for row in own.only("pk", "name", "number", "public_id").order_by("pk")[:_BOOK]}
    found = read_attributes(book, ["next_due_date"])
    return [
        CalendarEntry(
            kind="due",
            at=clock.at(due, 0),
            title=str(book[pk]),
            text=_("Instalment due"),
            url=tab_of(book[pk].public_id, "loans"),
            member_id=member_id,
            is_late=due < today,
            is_whole_day=True,
        )
        for pk, values in found.items()
        if (due := values.get("next_due_date")) is not None and start <= due < end
    ]


def _links(anchor: date, is_month: bool, is_team: bool, today: date) -> dict[str, Any]:
    url = reverse("customers:calendar")

    def link(day: date, month: bool = is_month, team: bool = is_team) -> str:
        return f"{url}?span={'month' if month else 'week'}&who={'team' if team else 'me'}&day={day.isoformat()}"

    back = anchor.replace(day=1) - timedelta(days=1) if is_month else anchor - timedelta(days=7)
    ahead = (anchor.replace(day=28) + timedelta(days=4)).replace(day=1) if is_month else anchor + timedelta(days=7)
    return {
        "back": link(back),
        "ahead": link(ahead),
        "today": link(today),
        "week": link(anchor, month=False),
        "month": link(anchor, month=True),
        "me": link(anchor, team=False),
        "team": link(anchor, team=True),
    }
