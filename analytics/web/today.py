"""The first page of the day: one ordered list of what to do, and the book at a glance."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.queries.series import get_reach, read_present, spark
from analytics.queries.workbench import get_department_kind, list_bench
from analytics.web.charts import draw_balance, draw_buckets
from core import clock
from core.registries import work_sources
from customers.models import WorkItem
from customers.queries.staff import count_registered_since
from customers.queries.today import read_today
from customers.queries.work import list_work
from customers.texts import name_code, render_text
from staff import rights
from staff.pages import StaffPage

_SHOWN = 100
_CHART_DAYS = 30
_PARTS = {
    "book": gettext_lazy("My book in figures"),
    "bench": gettext_lazy("What my department has before it"),
    "work": gettext_lazy("What to do"),
    "charts": gettext_lazy("Charts"),
}
_GROUPS = {group.value: place for place, group in enumerate(WorkItem.Group)}


class TodayPage(StaffPage):
    """What to do, for whom, why now, until when."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        now = clock.now()
        parts, has_digest = read_today(request.user)  # type: ignore[arg-type]
        is_shown = dict(parts)
        found = [_show(item, now) for item in list_work(self.access, now=now)[: _SHOWN + 1]]
        for _key, source in work_sources.items():
            found += [_show_row(row, now) for row in source.rows(request.user, clock.business_date(), _SHOWN)]
        found.sort(
            key=lambda row: (row["group_place"], row["urgency"], row["due"] or datetime.max.replace(tzinfo=now.tzinfo))
        )
        groups = [
            {"label": WorkItem.Group(group).label, "rows": list(rows)}
            for group, rows in groupby(found[:_SHOWN], key=lambda row: row["group"])
        ]
        context = {
            "groups": groups,
            "total": len(found),
            "is_cut": len(found) > _SHOWN,
            "prepare_url": f"{reverse('lending:loans')}?due_until={clock.business_date() + timedelta(days=7)}",
            "parts": [
                {"key": key, "label": _PARTS[key], "is_shown": shown, "is_fixed": key == "work"} for key, shown in parts
            ],
            "has_digest": has_digest,
            "gets_digest": self.access.has(rights.CLAIM_CUSTOMERS),
            "can_enter": self.access.has(rights.EDIT_CUSTOMERS),
            "has_charts": self.access.has(rights.VIEW_ANALYTICS),
            "bench": self.list_bench_tiles(request, now) if is_shown["bench"] else [],
            "tiles": self.list_tiles() if is_shown["book"] and self.access.has(rights.VIEW_LOANS) else [],
        }
        return render(request, "analytics/today.html", context)

    def list_bench_tiles(self, request: HttpRequest, now: datetime) -> list[dict[str, Any]]:
        """Return what the member's department has before it."""
        kind = get_department_kind(self.access)
        return [
            {
                "label": figure.label,
                "value": figure.value,
                "url": figure.url,
                "definition": figure.definition,
                "tone": "late" if figure.is_bad else "",
                "word": figure.word if figure.is_bad else "",
            }
            for figure in list_bench(request.user, self.access, kind, now)  # type: ignore[arg-type]
        ]

    def list_tiles(self) -> list[dict[str, Any]]:
        """Return my book: balance, overdue, at risk, new."""
        today = clock.business_date()
        reach = get_reach(self.access, rights.VIEW_LOANS)
        figures = read_present(reach, ["loan_balance", "overdue_amount", "overdue_count"], today)
        loans, since = reverse("lending:loans"), today - timedelta(days=30)
        return [
            {
                "label": _("Loan balance"),
                "kind": "money",
                "value": figures["loan_balance"],
                "url": f"{loans}?state=ACTIVE",
                "definition": _("Principal paid out and not yet repaid, of the borrowers in your scope."),
                "spark": spark(reach, "loan_balance", today),
            },
            {
                "label": _("Overdue"),
                "kind": "money",
                "value": figures["overdue_amount"],
                "url": f"{loans}?overdue=on",
                "definition": _("Principal and interest that fell due and were not received."),
                "spark": spark(reach, "overdue_amount", today),
                "tone": "late" if figures["overdue_amount"] else "",
                "word": _("overdue") if figures["overdue_amount"] else "",
            },
            {
                "label": _("Loans at risk"),
                "kind": "count",
                "value": int(figures["overdue_count"] or 0),
                "url": f"{loans}?overdue=on&sort=-late",
                "definition": _("Running loans with an unpaid instalment that has fallen due."),
                "spark": spark(reach, "overdue_count", today),
            },
            {
                "label": _("New customers"),
                "kind": "count",
                "value": count_registered_since(self.access, since),
                "url": f"{reverse('customers:list')}?registered_from={since.isoformat()}",
                "definition": _("Registered within the last 30 days, in your scope."),
                "spark": [],
            },
        ]


class TodayCharts(StaffPage):
    """Two charts of one's own part of the book; fetched after the list of work stands."""

    right = rights.VIEW_ANALYTICS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer the fragment."""
        today = clock.business_date()
        reach = get_reach(self.access, self.right)
        since = today - timedelta(days=_CHART_DAYS)
        charts = [draw_balance(reach, since, today), draw_buckets(reach)]
        return render(request, "analytics/today_charts.html", {"charts": charts})


def _show(item: WorkItem, now: datetime) -> dict[str, Any]:
    customer = item.customer
    url = item.url or (reverse("customers:page", args=[customer.public_id]) if customer else "/")
    acts = [
        {"label": _("Done"), "url": _act(item, "done"), "icon_name": "check", "key": "d"},
        {"label": _("Tomorrow"), "url": _act(item, "snooze"), "icon_name": "clock-pause", "key": "s"},
        {"label": _("Open"), "url": url, "icon_name": "arrow-up-right", "key": "o", "method": "get"},
    ]
    return {
        "id": f"work-{item.public_id}",
        "group": item.group,
        "group_place": _GROUPS[item.group],
        "urgency": item.urgency,
        "title": _name_work(item) if customer is None else "",
        "who": str(customer) if customer else "",
        "who_url": reverse("customers:page", args=[customer.public_id]) if customer else "",
        "reason": render_text(item.reason_code, item.params),
        "due": item.due_at,
        "is_late": item.due_at is not None and item.due_at < now,
        "url": url,
        "acts": acts,
    }


def _name_work(item: WorkItem) -> str:
    named = name_code("work", item.kind)
    return str(WorkItem.Group(item.group).label if named == item.kind else named)


def _act(item: WorkItem, act: str) -> str:
    return reverse("customers:work-act", args=[item.public_id, act])


def _show_row(row: Any, now: datetime) -> dict[str, Any]:
    return {
        "group": row.group,
        "group_place": _GROUPS.get(row.group, len(_GROUPS)),
        "urgency": row.urgency,
        "title": row.title,
        "reason": row.reason,
        "due": row.due_at,
        "is_late": row.due_at is not None and row.due_at < now,
        "url": row.url,
        "acts": [{"label": _("Open"), "url": row.url, "icon_name": "arrow-up-right", "key": "o", "method": "get"}],
    }
