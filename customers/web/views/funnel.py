"""Where people give up registering, what each method of winning customers brings and costs, and market findings."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.rules.charts import Chart, Series, Shape, Tone, Unit
from core.web.listing import take_page
from core.web.reading import read_range
from customers.models import Consent, RegistrationStep, ResearchNote
from customers.operations.research import add_research
from customers.queries import funnel as reads
from customers.queries.diary import rate_promises
from customers.queries.reasons import list_lost_reasons
from customers.queries.staff import in_scope
from customers.rules.funnel import FunnelStep
from customers.web.forms_work import RangeFilter, ResearchForm
from staff import rights
from staff.models import Scope
from staff.pages import StaffPage, carry_out, demand

_DAYS = 90
_MOST_DAYS = 366


class FunnelPage(StaffPage):
    """Registration step by step; leads by method, RM, month and partner; effort; reasons of losses."""

    right = rights.WORK_LEADS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        form = RangeFilter(request.GET, channels=reads.list_channels())
        form.is_valid()
        since, last = read_range(form.cleaned_data, clock.business_date(), days=_DAYS, most_days=_MOST_DAYS)
        until = last + timedelta(days=1)
        steps = reads.read_funnel(self.access, since=since, until=until, channel=form.cleaned_data.get("channel") or "")
        methods = reads.convert_by_method(self.access, since=since, until=until)
        reasons = dict(list_lost_reasons(on=clock.business_date()))
        lost = reads.count_lost_reasons(self.access, since=since, until=until)
        context = {
            "form": form,
            "since": since,
            "until": last,
            "steps": [(RegistrationStep.Step(step.code).label, step) for step in steps],
            "charts": [_draw_funnel(steps), _draw_methods(methods)],
            "methods": [row for row in methods if row.leads or row.cost],
            "owners": reads.convert_by_owner(self.access, since=since, until=until),
            "months": reads.convert_by_month(self.access, since=since, until=until),
            "partners": reads.list_partners(self.access, since=since, until=until),
            "effort": reads.measure_effort(self.access, since=since, until=until),
            "kept": rate_promises(self.access, since=clock.at(since, 0)),
            "lost": [(reasons.get(code, code), count, code) for code, count in lost],
            "sees_costs": self.access.scope_of(self.right) == Scope.ALL,
            "stopped_url": reverse("customers:stopped"),
            "leads_url": f"{reverse('customers:leads')}?view=all&since={since.isoformat()}",
        }
        return render(request, "customers/funnel.html", context)


def _draw_funnel(steps: list[FunnelStep]) -> Chart:
    last = steps[-1]
    return Chart(
        title=_("Registration by step"),
        x=[str(RegistrationStep.Step(step.code).label) for step in steps],
        series=[Series(_("People"), [step.count for step in steps], Shape.BAR)],
        unit=Unit.COUNT,
        is_horizontal=True,
        sentence=_("%(last)s of %(first)s who began have made a deal.") % {"last": last.count, "first": steps[0].count},
        definition=_("Everybody is counted by the day on which he asked for the code to register."),
    )


def _draw_methods(methods: list[reads.Conversion]) -> Chart:
    shown = [row for row in methods if row.leads]
    return Chart(
        title=_("Leads by method"),
        x=[row.label for row in shown],
        series=[
            Series(_("Came in"), [row.leads for row in shown], Shape.BAR),
            Series(_("Became customers"), [row.won for row in shown], Shape.BAR, Tone.GOOD),
        ],
        unit=Unit.COUNT,
        is_horizontal=True,
        sentence=_("%(won)s of %(leads)s leads became customers.")
        % {"won": sum(row.won for row in shown), "leads": sum(row.leads for row in shown)},
        definition=_("Leads that came in within these days, and how many of them are customers by now."),
    )


class StoppedPage(StaffPage):
    """Those who began to register and stopped; only who agreed may be called."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        today = clock.business_date()
        stopped = reads.list_stopped(
            since=clock.at(today - timedelta(days=_DAYS), 0), until=clock.at(today + timedelta(days=1), 0)
        )
        rows = in_scope(self.access).filter(pk__in=stopped.values("pk")).select_related("rm__user")
        page = take_page(rows.defer("search_grams", "labels"), request.GET, sorts={}, default="-id")
        agreed = set(
            Consent.objects.filter(
                customer__in=[row.pk for row in page.rows],
                purpose=Consent.Purpose.MARKETING,
                withdrawn_at__isnull=True,
            ).values_list("customer_id", flat=True)
        )
        context = {"page": page, "rows": [(row, row.pk in agreed) for row in page.rows], "days": _DAYS}
        return render(request, "customers/stopped.html", context)


class ResearchPage(StaffPage):
    """Findings about market, trade and competitors."""

    right = rights.WORK_LEADS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the findings, the newest first."""
        reasons = list_lost_reasons(on=clock.business_date())
        rows = ResearchNote.objects.select_related("author__user")
        kind, reason = request.GET.get("kind", ""), request.GET.get("lost_reason", "")
        if kind in ResearchNote.Kind.values:
            rows = rows.filter(kind=kind)
        if reason:
            rows = rows.filter(lost_reason=reason)
        page = take_page(rows, request.GET, sorts={}, default="-id")
        names = dict(reasons)
        context = {
            "page": page,
            "rows": [(row, names.get(row.lost_reason, row.lost_reason)) for row in page.rows],
            "form": ResearchForm(auto_id="research_%s", reasons=reasons),
        }
        return render(request, "customers/research.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep a finding."""
        form = ResearchForm(request.POST, reasons=list_lost_reasons(on=clock.business_date()))
        return carry_out(
            request,
            reverse("customers:research"),
            lambda: add_research(actor=request.user, now=clock.now(), **demand(form)),  # type: ignore[arg-type]
            _("Finding recorded."),
        )
