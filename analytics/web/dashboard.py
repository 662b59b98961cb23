"""The dashboard: figures with their definitions, six charts, every number with the records behind it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from analytics.queries.series import Reach, get_reach, read_present, spark
from analytics.web.charts import draw_all, loans_url
from core import clock
from core.registries import metrics
from core.web.reading import read_range
from core.web.widgets import DayInput
from lending.models import Product
from staff import rights
from staff.pages import StaffPage

_DAYS = 90
_MOST_DAYS = 3 * 366
_FIGURES = (
    "loan_balance",
    "interest_balance",
    "overdue_amount",
    "overdue_ratio",
    "project_overdue_ratio",
    "par30",
    "par60",
    "par90",
    "active_borrowers",
    "active_investors",
    "investor_return",
    "cash_in",
)
_BAD = {"overdue_amount", "overdue_ratio", "project_overdue_ratio", "par30", "par60", "par90"}


class DashboardFilter(forms.Form):
    """Which part of the book, which time."""

    product = forms.ModelChoiceField(
        label=_("Product"), required=False, queryset=Product.objects.none(), to_field_name="code", empty_label=_("any")
    )
    since = forms.DateField(label=_("From"), required=False, widget=DayInput)
    until = forms.DateField(label=_("To"), required=False, widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.order_by("code")  # type: ignore[attr-defined]


class DashboardPage(StaffPage):
    """The reader's part of the book in figures and charts."""

    right = rights.VIEW_ANALYTICS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        form = DashboardFilter(request.GET)
        form.is_valid()
        today = clock.business_date()
        since, until = read_range(form.cleaned_data, today, days=_DAYS, most_days=_MOST_DAYS)
        product = form.cleaned_data.get("product")
        reach = get_reach(self.access, self.right, product.code if product else "")
        context = {
            "form": form,
            "since": since,
            "until": until,
            "tiles": _list_tiles(reach, today),
            "charts": draw_all(reach, since, until),
        }
        return render(request, "analytics/dashboard.html", context)


def _list_tiles(reach: Reach, today: date) -> list[dict[str, Any]]:
    values = read_present(reach, _FIGURES, today)
    return [_show(reach, code, values[code], today) for code in _FIGURES]


def _show(reach: Reach, code: str, value: Decimal | None, today: date) -> dict[str, Any]:
    metric = metrics.get(code)
    is_bad = code in _BAD and bool(value)
    return {
        "label": metric.label,
        "unit": metric.unit,
        "value": int(value or 0) if metric.unit == "count" else value,
        "definition": metric.definition,
        "url": _url(reach, code, today),
        "spark": spark(reach, code, today),
        "tone": "late" if is_bad else "",
    }


def _url(reach: Reach, code: str, today: date) -> str:
    if code in {"overdue_amount", "overdue_ratio", "project_overdue_ratio"}:
        return loans_url(reach, overdue="on")
    if code in {"par30", "par60", "par90"}:
        return loans_url(reach, late_from=int(code.removeprefix("par")) + 1)
    if code == "cash_in":
        return loans_url(reach, repaid_from=today.isoformat(), repaid_to=today.isoformat())
    return loans_url(reach, state="ACTIVE")
