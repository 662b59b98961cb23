"""The lifecycle: stages and phases with their flows, cohorts, declines, service packages with breaches, playbooks."""

from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.errors import NotFound
from core.registries import attributes, gifts
from core.rules.charts import Chart, Series, Shape, Unit
from core.sentences import join_words
from core.web.listing import count_rows, take_page
from customers.models import Customer, CustomerRole, ProcessStep, StepRun
from segmentation.models import Decline
from segmentation.models.vocabulary import Phase, Sign
from segmentation.queries import acquisition, service
from segmentation.queries import lifecycle as reads
from segmentation.rules.labels import STAGES
from segmentation.texts_recommend import name_fact
from segmentation.web.labels import list_tabs, people_url, together_url
from segmentation.web.words import list_both, name_value
from staff import rights
from staff.pages import StaffPage, may_open

_FLOW_DAYS: Final = 90
_YEAR: Final = 365
_WITHIN: Final = (7, 30, 90)
# So many years are told apart in one chart.
_COHORTS: Final = 6
_LABELS: Final = ("stage_borrower", "stage_investor", "stage")


class LifecyclePage(StaffPage):
    """Counts by stage and role in both models, phases with their exits, flows, activation and the years people stay."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        now, today = clock.now(), clock.business_date()
        counts = reads.count_values(self.access, (*_LABELS, "phase"))
        since = now - timedelta(days=_FLOW_DAYS)
        within = int(text) if (text := request.GET.get("within", "")) in {str(n) for n in _WITHIN} else 30
        ages = {label: reads.measure_stays(self.access, label, now) for label in _LABELS}
        stages = [
            {
                "stage": name_value("stage", stage),
                "first": first,
                "second": second,
                "roles": [
                    {
                        "count": counts[label].get(stage, 0),
                        "url": people_url(label, stage),
                        "days": ages[label][stage].days if stage in ages[label] else None,
                    }
                    for label in _LABELS
                ],
            }
            for stage, first, second in list_both()
        ]
        flows = {label: reads.count_moves(self.access, label, since) for label in _LABELS}
        years = reads.list_years(self.access)
        cohorts = reads.list_cohorts(self.access, today=today, within_days=within)
        trait = asked if (asked := request.GET.get("trait", "")) in acquisition.TRAITS else acquisition.TRAITS[0]
        context = {
            "tabs": list_tabs("segmentation:lifecycle"),
            "stages": stages,
            "phases": [
                {"label": label, "count": counts["phase"].get(value, 0), "url": people_url("phase", value)}
                for value, label in Phase.choices
            ],
            "charts": [draw_stages(counts), draw_flows(flows)],
            "flows": _list_flows(flows),
            "days": _FLOW_DAYS,
            "cohorts": [{"row": row, "share": row.activated / row.registered} for row in cohorts],
            "cohort_chart": draw_cohorts(cohorts, within),
            "within": within,
            "choices": _WITHIN,
            "traits": [{"key": key, "label": name_fact(key), "is_current": key == trait} for key in acquisition.TRAITS],
            "trait": trait,
            "won": [
                {"row": row, "name": name_trait(trait, row.value)}
                for row in acquisition.list_won(self.access, trait=trait, today=today, within_days=within)
            ],
            "years": [_show_year(row, today) for row in years],
            "spans": range(1, reads.MOST_YEARS + 1),
            "retention_chart": draw_retention(years),
        }
        return render(request, "segmentation/lifecycle.html", context)


def name_trait(trait: str, value: str) -> str:
    """Return a value of a trait in words."""
    if not value:
        return _("not known")
    return str(dict(attributes.get(trait).list_choices()).get(value, value))


def _list_flows(flows: dict[str, dict[tuple[str, str], int]]) -> list[dict[str, Any]]:
    order = {stage: place for place, stage in enumerate(STAGES)}
    pairs = sorted(
        {pair for found in flows.values() for pair in found}, key=lambda pair: (order[pair[0]], order[pair[1]])
    )
    return [
        {
            "before": name_value("stage", before),
            "value": name_value("stage", value),
            "counts": [
                {"count": flows[label].get((before, value), 0), "url": people_url(label, value, before=before)}
                for label in _LABELS
            ],
        }
        for before, value in pairs
    ]


def _role_names() -> dict[str, Any]:
    return {"stage_borrower": CustomerRole.Role.BORROWER.label, "stage_investor": CustomerRole.Role.INVESTOR.label}


def draw_stages(counts: dict[str, dict[str, int]]) -> Chart:
    """Draw how many customers are in each stage, by role."""
    series = [
        Series(
            str(name),
            [counts[label].get(stage, 0) for stage in STAGES],
            shape=Shape.BAR,
            urls=[people_url(label, stage) for stage in STAGES],
        )
        for label, name in _role_names().items()
    ]
    declining = sum(counts[label].get("DECLINING", 0) for label in _role_names())
    return Chart(
        _("Customers by stage"),
        [name_value("stage", stage) for stage in STAGES],
        series,
        unit=Unit.COUNT,
        sentence=_("%(count)s are declining at present.") % {"count": declining},
        definition=_("Each role of a customer is in one stage; who has both roles is counted in both."),
    )


def draw_flows(flows: dict[str, dict[tuple[str, str], int]]) -> Chart:
    """Draw who came into each stage above and who left it below the line."""
    came = [sum(n for found in flows.values() for (_b, v), n in found.items() if v == stage) for stage in STAGES]
    went = [-sum(n for found in flows.values() for (b, _v), n in found.items() if b == stage) for stage in STAGES]
    return Chart(
        _("Moves between stages"),
        [name_value("stage", stage) for stage in STAGES],
        [
            Series(_("Came"), came, shape=Shape.BAR, stack="moves"),
            Series(_("Went"), went, shape=Shape.BAR, stack="moves"),
        ],
        unit=Unit.COUNT,
        sentence=_("%(count)s moves within %(days)s days.") % {"count": sum(came), "days": _FLOW_DAYS},
        definition=_("Moves of roles and of the person as a whole; the first telling of a stage is no move."),
    )


def _show_year(row: reads.YearOfFirstDeal, today: date) -> dict[str, Any]:
    return {
        "row": row,
        "tenure": today.year - row.year,
        "share": row.remained / row.began,
        "url": together_url(row.year, 0),
        "spans": [
            {"share": span.stayed / span.could, "url": together_url(row.year, span.years), "span": span}
            if span.could
            else None
            for span in row.spans
        ],
    }


def draw_retention(years: list[reads.YearOfFirstDeal]) -> Chart | None:
    """Draw by year of the first deal the share that stayed each number of years; what nobody could reach yet is left out."""
    shown = [row for row in years if row.spans[0].could][-_COHORTS:]
    if not shown:
        return None
    latest = shown[-1]
    return Chart(
        _("Retention by year of the first deal"),
        [_years(span.years) for span in latest.spans],
        [
            Series(
                str(row.year),
                [span.stayed / span.could if span.could else None for span in row.spans],
                shape=Shape.LINE,
                urls=[together_url(row.year, span.years) if span.could else "" for span in row.spans],
            )
            for row in shown
        ],
        unit=Unit.RATIO,
        sentence=_("Of those who began in %(year)s, %(share)s%% stayed at least a year.")
        % {"year": latest.year, "share": round(100 * latest.spans[0].stayed / latest.spans[0].could)},
        definition=_(
            "Of those whose first deal is long enough ago, the share not lost before so many full years: until the last act of who is lost, until today of all others."
        ),
    )


def _years(years: int) -> str:
    return ngettext("%(n)s year", "%(n)s years", years) % {"n": years}


def draw_cohorts(cohorts: list[reads.Cohort], within: int) -> Chart | None:
    """Draw the activation rate by month of registration; months that are not over are left out."""
    over = [row for row in cohorts if row.is_over]
    if not over:
        return None
    shares = [row.activated / row.registered for row in over]
    return Chart(
        _("Activation rate"),
        [row.month.isoformat() for row in over],
        [Series(_("First deal in time"), shares, shape=Shape.LINE)],
        unit=Unit.RATIO,
        sentence=_("%(share)s %% of the latest full month made their first deal within %(days)s days.")
        % {"share": round(100 * shares[-1]), "days": within},
        definition=_("Of those who registered in a month, the share whose first deal came within so many days."),
    )


class DeclinesPage(StaffPage):
    """Who is declining, who came back and who was lost, with signs and causes."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list of one state."""
        state = request.GET.get("state", "OPEN")
        if state not in Decline.State.values:
            raise NotFound
        page = take_page(reads.list_declines(self.access, state), request.GET, sorts={})
        people = Customer.objects.select_related("rm__user").defer("search_grams", "labels").in_bulk(
            [row.customer_id for row in page.rows]
        )  # fmt: skip
        counts = reads.count_declines(self.access, clock.business_date() - timedelta(days=_YEAR))
        context = {
            "tabs": list_tabs("segmentation:declines"),
            "states": [
                {
                    "label": label,
                    "url": f"?state={value}",
                    "is_current": value == state,
                    "count": counts[value],
                }
                for value, label in Decline.State.choices
            ],
            "page": page,
            "rows": [
                {
                    "row": row,
                    "customer": people[row.customer_id],
                    "url": f"{reverse('customers:page', args=[people[row.customer_id].public_id])}?tab=labels",
                    "signs": join_words(Sign(sign).label for sign in row.signs) or "–",
                    "days": (row.ended_date - row.began_date).days if row.ended_date and row.began_date else None,
                }
                for row in page.rows
            ],
        }
        return render(request, "segmentation/declines.html", context)


class ServicePage(StaffPage):
    """What each class of customers gets, and with whom it was not kept."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the packages, and the breaches of one of them."""
        now = clock.now()
        packages = service.list_packages()
        given = service.measure_given(self.access)
        asked = request.GET.get("class", packages[0].service_class if packages else "")
        kind = kind if (kind := request.GET.get("kind", "")) in service.KINDS else service.KINDS[0]
        chosen = next((row for row in packages if row.service_class == asked), None)
        if chosen is None:
            raise NotFound
        rows = service.list_breaches(self.access, chosen, kind, now).select_related("rm__user")
        page = take_page(rows.defer("search_grams", "labels"), request.GET, sorts={})
        names = {"contact": _("not contacted in time"), "case": _("cases that wait too long"), "rm": _("no RM named")}
        context = {
            "tabs": list_tabs("segmentation:service"),
            "packages": [
                {
                    "row": row,
                    "given": given.get(row.service_class, service.Given(0, 0)),
                    "url": people_url("service_class", row.service_class),
                    "breaches": [
                        {
                            "name": names[key],
                            "url": f"?class={row.service_class}&kind={key}",
                            "count": count_rows(service.list_breaches(self.access, row, key, now)),
                            "is_current": (row, key) == (chosen, kind),
                        }
                        for key in service.KINDS
                    ],
                }
                for row in packages
            ],
            "chosen": chosen,
            "kind": kind,
            "kind_name": names[kind],
            "page": page,
            "rows": [{"customer": row, "days": (now - row.since_at).days} for row in page.rows],
        }
        return render(request, "segmentation/service.html", context)


class PlaybooksPage(StaffPage):
    """What we do in each stage: goal, tasks with how they run, offers, figure of success."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        now = clock.now()
        playbooks = reads.list_playbooks()
        begins = {
            "POTENTIAL": ("REGISTERED", "IDENTITY"),
            "NEW": ("FIRST_DEAL",),
            "MATURE": ("MATURE", "YEARS_1", "YEARS_3", "YEARS_5"),
        }
        steps = list(ProcessStep.objects.filter(is_active=True).order_by("place"))
        given = [gift for _key, find in gifts.items() for gift in find()]
        runs = reads.count_runs(self.access, [step.code for step in steps])
        rows = []
        for playbook in playbooks:
            judged, good = reads.measure_playbook(self.access, playbook, now)
            rows.append(
                {
                    "row": playbook,
                    "url": people_url("stage", playbook.stage),
                    "needs_url": f"{reverse('segmentation:needs')}?stage={playbook.stage}",
                    "judged": judged,
                    "good": good,
                    "share": good / judged if judged else None,
                    "gifts": [
                        (label, url if may_open(self.access, url) else "")
                        for occasion, label, url in given
                        if occasion in begins.get(playbook.stage, (playbook.stage,))
                    ],
                    "tasks": [
                        {
                            "step": step,
                            "open": runs.get((step.code, StepRun.State.OPEN), 0),
                            "done": runs.get((step.code, StepRun.State.DONE), 0),
                        }
                        for step in steps
                        if step.begins_with in begins.get(playbook.stage, (playbook.stage,))
                    ],
                }
            )
        return render(
            request, "segmentation/playbooks.html", {"rows": rows, "tabs": list_tabs("segmentation:playbooks")}
        )
