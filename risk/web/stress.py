"""Stress tests: assumptions in, results to look at, kept for later."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock, parameters
from core.errors import BusinessError
from core.rules.charts import Chart, Series, Shape, Tone, Unit
from core.rules.formats import money_text
from core.sentences import close_sentence
from core.web.listing import take_page
from risk.models import StressRun
from risk.operations import stress as operations
from risk.queries import figures
from risk.queries import stress as reads
from risk.web.indicators import MonitorPage
from staff import rights
from staff.pages import show_refusal


class DefaultShockForm(forms.Form):
    """What is assumed of defaults."""

    multiplier = forms.DecimalField(
        label=gettext_lazy("So many times the defaults"), min_value=1, max_value=20, max_digits=5, decimal_places=2
    )
    loss_share = forms.DecimalField(
        label=gettext_lazy("Share of the principal that is lost"),
        min_value=0,
        max_value=1,
        max_digits=4,
        decimal_places=3,
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=200)


class RateShockForm(forms.Form):
    """What is assumed of the LPR."""

    points = forms.DecimalField(
        label=gettext_lazy("The LPR moves by, percentage points"),
        min_value=-10,
        max_value=10,
        max_digits=5,
        decimal_places=2,
        help_text=gettext_lazy("Below zero when it falls."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=200)


class StressPage(MonitorPage):
    """The forms, and the tests so far."""

    section = "risk:stress"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        share = parameters.get_value("risk.stress_loss_share", on=clock.business_date())
        return self.list_runs(
            request,
            DefaultShockForm(initial={"multiplier": Decimal(3), "loss_share": share}),
            RateShockForm(initial={"points": Decimal("-0.5")}),
        )

    def list_runs(
        self, request: HttpRequest, default_form: forms.Form, rate_form: forms.Form, status: int = 200
    ) -> HttpResponse:
        """Render the page with its forms."""
        page = take_page(reads.list_runs(request.user), request.GET, sorts={})  # type: ignore[arg-type]
        return self.show(
            request,
            "risk/stress.html",
            status=status,
            page=page,
            rows=[(run, reverse("risk:stress-run", args=[run.public_id]), _headline(run)) for run in page.rows],
            default_form=default_form,
            rate_form=rate_form,
            refusal="" if self.access.has(rights.MANAGE_RISK) else _("Your role does not run stress tests."),
        )


class RunStress(StressPage):
    """Run one."""

    right = rights.MANAGE_RISK
    http_method_names = ["post"]

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Reckon it, or show what is wrong with the assumptions."""
        is_default = kind == "defaults"
        form = (DefaultShockForm if is_default else RateShockForm)(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            common: dict[str, Any] = {
                "note": given["note"],
                "actor": request.user,
                "business_date": clock.business_date(),
                "now": clock.now(),
            }
            try:
                if is_default:
                    run = operations.run_default_shock(
                        multiplier=given["multiplier"], loss_share=given["loss_share"], **common
                    )
                else:
                    run = operations.run_rate_shock(move=given["points"] / 100, **common)
            except BusinessError as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Reckoned and kept."))
                return redirect("risk:stress-run", run.public_id)
        default_form, rate_form = (form, RateShockForm()) if is_default else (DefaultShockForm(), form)
        return self.list_runs(request, default_form, rate_form, status=422)


class StressRunPage(MonitorPage):
    """One stress test as it was reckoned."""

    section = "risk:stress"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page of its kind."""
        run = reads.get_run(request.user, public_id)  # type: ignore[arg-type]
        rows = run.result.get("rows", [])
        names = figures.name_dimensions(
            {row["product"] for row in [*rows, *run.result.get("grades", [])] if row.get("product")}
        )
        return self.show(
            request,
            f"risk/stress_{run.kind.lower()}.html",
            run=run,
            rows=[{**row, "name": names.get(row.get("product", ""), row.get("product", ""))} for row in rows],
            grades=[{**row, "name": names.get(row["product"], row["product"])} for row in run.result.get("grades", [])],
            charts=_DRAWN[StressRun.Kind(run.kind)](run, names),
        )


def _headline(run: StressRun) -> str:
    result = run.result
    if run.kind == StressRun.Kind.DEFAULT_SHOCK:
        return _("Loss %(stressed)s instead of %(loss)s") % {
            "stressed": money_text(Decimal(result["stressed_loss"])),
            "loss": money_text(Decimal(result["loss"])),
        }
    if run.kind == StressRun.Kind.RATE_SHOCK:
        return _("Interest lost %(lost)s, funding gap %(gap)s") % {
            "lost": money_text(Decimal(result["lost_interest"])),
            "gap": money_text(Decimal(result["gap_after"])),
        }
    return _("%(days)s days of lead, false alarms: %(false)s") % {
        "days": result.get("lead_days", "–"),
        "false": result.get("false_alarms", "–"),
    }


def _draw_defaults(run: StressRun, names: dict[str, str]) -> list[Chart]:
    by_product: dict[str, list[Decimal]] = {}
    for row in run.result["rows"]:
        sums = by_product.setdefault(row["product"], [Decimal(0), Decimal(0)])
        sums[0] += Decimal(row["loss"])
        sums[1] += Decimal(row["stressed_loss"])
    if not by_product:
        return []
    return [
        Chart(
            _("Expected loss within a year, by product"),
            [names.get(code, code) for code in by_product],
            [
                Series(_("As things are"), [sums[0] for sums in by_product.values()], Shape.BAR, Tone.PLAIN),
                Series(_("Under stress"), [sums[1] for sums in by_product.values()], Shape.BAR, Tone.LATE),
            ],
            sentence=close_sentence(_headline(run)),
        )
    ]


def _draw_rates(run: StressRun, _names: dict[str, str]) -> list[Chart]:
    result = run.result
    idle, outflow, demand = (Decimal(result[key]) for key in ("idle", "outflow", "demand"))
    return [
        Chart(
            _("Money for listings"),
            [_("Idle money now"), _("Idle money after"), _("Listings ask for"), _("Lacking after")],
            [Series(_("Amount"), [idle, idle - outflow, demand, Decimal(result["gap_after"])], Shape.BAR, Tone.ACCENT)],
            sentence=close_sentence(_headline(run)),
        )
    ]


def _draw_year(run: StressRun, _names: dict[str, str]) -> list[Chart]:
    days = run.result.get("days", [])
    if not days:
        return []
    x = [row["day"] for row in days]
    return [
        Chart(
            _("Overdue ratio and portfolio at risk over the year"),
            x,
            [
                Series(_("Overdue ratio"), [Decimal(row["overdue_ratio"]) for row in days], tone=Tone.WARN),
                Series(_("More than 30 days"), [Decimal(row["par30"]) for row in days], tone=Tone.LATE),
            ],
            unit=Unit.RATIO,
            sentence=close_sentence(_headline(run)),
        ),
        Chart(
            _("Live early warnings and loans that went bad"),
            x,
            [
                Series(_("Live early warnings"), [row["warnings"] for row in days], tone=Tone.ACCENT),
                Series(_("Loans more than 90 days late"), [row["bad"] for row in days], tone=Tone.LATE),
            ],
            unit=Unit.COUNT,
            sentence=_("The shock came on %(day)s.") % {"day": run.assumptions.get("shock_date", "–")},
        ),
    ]


_DRAWN = {
    StressRun.Kind.DEFAULT_SHOCK: _draw_defaults,
    StressRun.Kind.RATE_SHOCK: _draw_rates,
    StressRun.Kind.SHOCK_YEAR: _draw_year,
}
