"""The living style page: every component with plausible content. Served only where DEBUG is on."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import sin
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.clock import SHANGHAI
from core.rules.charts import Chart, Limit, Series, Shape, Tone, Unit, Waterfall, WaterfallStep
from core.web.widgets import DayInput

TODAY = date(2026, 11, 22)
HERE = "/ui/kit/"


class KitFilter(forms.Form):
    """Filters as a list has them."""

    q = forms.CharField(label=_("Name, pinyin or number"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("any")), ("repaying", _("repaying")), ("overdue", _("overdue"))],
        required=False,
    )
    due = forms.DateField(label=_("Due until"), required=False, widget=DayInput)
    purpose = forms.MultipleChoiceField(
        label=_("Purpose"),
        choices=[("shop", _("shop")), ("car", _("car")), ("study", _("study"))],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class KitForm(forms.Form):
    """A form with help and an error."""

    amount = forms.DecimalField(
        label=_("Amount"), max_digits=18, decimal_places=2, help_text=_("Whole yuan up to ¥200,000.")
    )
    purpose = forms.ChoiceField(label=_("Purpose"), choices=[("shop", _("shop")), ("car", _("car"))])
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    agreed = forms.BooleanField(label=_("The borrower has read the cost table"))


class KitView(TemplateView):
    """Show the kit."""

    template_name = "kit.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take any form of the page and say so: where the page stays, as the work of Today does, by a toast."""
        if request.headers.get("HX-Request"):
            return _answer_toast({"text": str(_("Sent.")), "tone": "good"})
        messages.success(request, _("Sent."))
        return redirect(HERE)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "here": HERE,
            "now": datetime(2026, 11, 22, 14, 3, tzinfo=SHANGHAI),
            "today": TODAY,
            "business_date": TODAY,
            "amounts": {"plain": Decimal("12345.67"), "debt": Decimal("-820.50"), "large": Decimal("82300000")},
            "rate": Decimal("0.1345"),
            "spark": [100 + 12 * sin(index / 4) + index for index in range(30)],
            "filter": KitFilter(self.request.GET or {"state": "overdue", "purpose": ["shop", "car"]}),
            "form": KitForm({"amount": "250000.001", "purpose": "shop"}),
            "loans": _loans(),
            "views": _views(),
            "tabs": _tabs(),
            "states": _states(),
            "stopped_states": _stopped_states(),
            "work": _work(),
            "charts": [_balance_chart(), _overdue_chart(), _cash_flow_chart(), _age_chart()],
            "waterfall": _waterfall(),
            "empty_chart": Chart(str(_("Nothing yet")), [], []),
        }


def reveal(_request: HttpRequest) -> HttpResponse:
    """Answer what an unmasking would."""
    return HttpResponse("13812345678")


def hover(request: HttpRequest) -> HttpResponse:
    """Answer what stands behind a figure, as a hover card."""
    return render(request, "kit_hover.html", {"shares": [("李静", Decimal("933.22")), ("周强", Decimal("933.21"))]})


def toast(_request: HttpRequest) -> HttpResponse:
    """Answer what a change that can be undone would."""
    return _answer_toast({"text": str(_("12 borrowers moved to another RM.")), "tone": "good", "undo": f"{HERE}toast/"})


def _answer_toast(toast: dict[str, str]) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"toast": toast})})


def _loans() -> list[dict[str, Any]]:
    names = ["王小明", "欧阳娜娜", "李静", "赵子龙", "陈思远", "刘一诺", "孙丽", "周强"]
    states = [
        (_("repaying"), "good"),
        (_("overdue 12 days"), "late"),
        (_("due in 3 days"), "warn"),
        (_("settled"), "plain"),
    ]
    return [
        {
            "number": f"LN2611-{7318 + 97 * index}",
            "url": f"{HERE}?loan={index}",
            "borrower": name,
            "purpose": _("Stock for the shop before the New Year season"),
            "balance": Decimal(18_250 * (index + 1)) + Decimal("0.36"),
            "rate": Decimal("0.1080") + Decimal(index) / 1000,
            "due": TODAY + timedelta(days=3 * index - 6),
            "state": states[index % 4][0],
            "tone": states[index % 4][1],
        }
        for index, name in enumerate(names)
    ]


def _views() -> list[dict[str, Any]]:
    return [
        {"label": _("My borrowers"), "url": HERE, "count": 128, "is_current": True},
        {"label": _("Due within 3 days"), "url": HERE, "count": 17, "is_current": False},
        {"label": _("No contact for 14 days"), "url": HERE, "count": 43, "is_current": False},
    ]


def _tabs() -> list[dict[str, Any]]:
    labels = [
        _("Overview"),
        _("Borrowing"),
        _("Investing"),
        _("Contacts"),
        _("Documents"),
        _("Relations"),
        _("Risk"),
        _("Changes"),
    ]
    return [
        {
            "label": label,
            "url": HERE,
            "is_current": index == 0,
            "count": (None, 2, 14, 31)[index] if index < 4 else None,
        }
        for index, label in enumerate(labels)
    ]


def _states() -> list[dict[str, Any]]:
    done = [
        (_("Applied"), 3),
        (_("Approved"), 3),
        (_("Raised"), 9),
        (_("Signed"), 10),
        (_("Paid out"), 10),
    ]
    return [
        *({"label": label, "state": "done", "date": date(2026, 9, number)} for label, number in done),
        {"label": _("Repaying"), "state": "now", "note": _("3 of 12")},
        {"label": _("Settled"), "state": "todo", "date": date(2027, 9, 10)},
    ]


def _stopped_states() -> list[dict[str, Any]]:
    return [
        {"label": _("Applied"), "state": "done", "date": date(2026, 9, 3)},
        {"label": _("Approved"), "state": "done", "date": date(2026, 9, 3)},
        {"label": _("Listing failed"), "state": "stopped", "date": date(2026, 9, 23), "note": _("two thirds raised")},
    ]


def _work() -> list[dict[str, Any]]:
    acts = [
        {"label": _("Call"), "url": HERE, "icon_name": "phone", "key": "c", "method": "get"},
        {"label": _("Done"), "url": HERE, "icon_name": "check", "key": "d"},
        {"label": _("Snooze"), "url": HERE, "icon_name": "clock-pause", "key": "s"},
    ]
    rows = [
        (
            _("Call back as promised"),
            "王小明",
            _("Promised on 2026-11-20 to explain the early settlement of ¥82,300.00"),
            TODAY,
            False,
        ),
        (
            _("Instalment overdue"),
            "欧阳娜娜",
            _("¥1,866.43 since 2026-11-10, second reminder unanswered"),
            TODAY - timedelta(days=2),
            True,
        ),
        (_("New lead"), "陈思远", _("Asked for ¥50,000.00 for 12 months; first answer within 2 hours"), TODAY, False),
    ]
    return [
        {
            "title": title,
            "who": who,
            "who_url": HERE,
            "reason": reason,
            "due": due,
            "is_late": late,
            "url": HERE,
            "acts": acts,
        }
        for title, who, reason, due, late in rows
    ]


def _balance_chart() -> Chart:
    days = [(TODAY - timedelta(days=29 - index)).isoformat() for index in range(30)]
    balance = [Decimal(8_100_000 + 24_000 * index) + Decimal(round(90_000 * sin(index / 3))) for index in range(30)]
    before = [value * Decimal("0.93") for value in balance]
    return Chart(
        title=str(_("Loan balance")),
        x=days,
        series=[
            Series(str(_("This month")), balance, Shape.AREA, urls=[f"{HERE}?day={day}" for day in days]),
            Series(str(_("Month before")), before, is_comparison=True),
        ],
        sentence=str(_("¥8.8 M are lent out, more than a month ago.")),
        definition=str(_("Principal paid out and not yet repaid or written off, at the end of each business date.")),
    )


def _overdue_chart() -> Chart:
    days = [(TODAY - timedelta(days=29 - index)).isoformat() for index in range(30)]
    ratio = [Decimal("0.014") + Decimal(round(40 * sin(index / 5))) / 10_000 for index in range(30)]
    return Chart(
        title=str(_("Overdue ratio")),
        x=days,
        series=[
            Series(str(_("Overdue more than 30 days")), ratio),
            Series(str(_("Any overdue")), [value * 2 for value in ratio]),
        ],
        unit=Unit.RATIO,
        limits=[Limit(Decimal("0.05"), str(_("limit")))],
        sentence=str(_("The balance that is more than 30 days late stays well under the limit.")),
        definition=str(_("Balance of loans more than 30 days late over the whole balance.")),
    )


def _cash_flow_chart() -> Chart:
    months = [f"2026-{month:02d}" for month in range(1, 12)]
    came = [Decimal(20_000 + 1_800 * index) for index in range(11)]
    went = [-Decimal(14_000 + 2_600 * (index % 5)) for index in range(11)]
    return Chart(
        title=str(_("Cash flow")),
        x=months,
        series=[
            Series(
                str(_("Received")),
                came,
                Shape.BAR,
                Tone.GOOD,
                stack="flow",
                urls=[f"{HERE}?month={month}" for month in months],
            ),
            Series(str(_("Paid")), went, Shape.BAR, Tone.PLAIN, stack="flow"),
        ],
        sentence=str(_("More came in than went out in every month of this year.")),
    )


def _age_chart() -> Chart:
    return Chart(
        title=str(_("Balance by days late")),
        x=["M0", "M1", "M2", "M3", "M4+"],
        series=[
            Series(
                str(_("Balance")),
                [Decimal(820_000), Decimal(96_000), Decimal(41_000), Decimal(18_500), Decimal(7_200)],
                Shape.BAR,
            )
        ],
        is_horizontal=True,
        sentence=str(_("Five sixths of the balance is on time.")),
    )


def _waterfall() -> Waterfall:
    parts = [
        (_("Debt to income under a third"), 42),
        (_("No overdue in 24 months"), 35),
        (_("Same employer for 6 years"), 18),
        (_("7 credit inquiries in 3 months"), -38),
        (_("First loan here"), -12),
    ]
    return Waterfall(
        title=str(_("How the score comes about")),
        steps=[
            WaterfallStep(str(_("Start")), 540, is_total=True),
            *(WaterfallStep(str(name), value, url=HERE) for name, value in parts),
            WaterfallStep(str(_("Score")), 585, is_total=True),
        ],
        limits=[Limit(600, str(_("needed")), Tone.WARN)],
        sentence=str(_("15 points short: fewer inquiries would have been enough.")),
    )


urlpatterns = [
    path("", KitView.as_view(), name="kit"),
    path("reveal/", reveal),
    path("hover/", hover),
    path("toast/", toast),
]
