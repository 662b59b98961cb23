"""The relationship process: whether steps are done on time, the steps behind each count, and a customer's journey."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.rules.charts import Chart, Series, Shape, Tone, Unit
from core.web.listing import take_page
from core.web.reading import read_range
from customers.models import ProcessStep, StepRun
from customers.operations import process
from customers.queries import corrective as actions
from customers.queries import process as reads
from customers.queries.staff import access_customer
from customers.rules.process import Standing, Stretch, Tally, judge
from customers.web.forms_process import STANDINGS, ProcessFilter, ReasonForm, StepFilter
from customers.web.header import tab_of
from staff import rights
from staff.pages import StaffPage, carry_out, demand
from staff.queries import list_members_in_reach

_DAYS = 84
_MOST_DAYS = 366
_FEW = 10
_TONES = {
    Standing.AHEAD: "plain",
    Standing.OPEN: "info",
    Standing.LATE: "late",
    Standing.ON_TIME: "good",
    Standing.DONE_LATE: "warn",
    Standing.SKIPPED: "plain",
    Standing.DROPPED: "plain",
}


def name_standing(standing: Standing) -> str:
    """Return the word for how a step stands."""
    own = {Standing.AHEAD: _("ahead"), Standing.OPEN: _("to be done"), Standing.DROPPED: _("no longer needed")}
    return str(own.get(standing) or STANDINGS[standing])


def describe_run(run: StepRun, today: date) -> dict[str, Any]:
    """Return a step with how it stands."""
    standing = judge(run.state, is_late=run.is_late, opens_date=run.opens_date, due_date=run.due_date, today=today)
    return {
        "run": run,
        "standing": standing,
        "label": name_standing(standing),
        "tone": _TONES[standing],
        "is_open": run.state == StepRun.State.OPEN,
    }


class JourneyPanel(StaffPage):
    """A customer's steps: what, until when, how each stands and why."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        customer = access_customer(self.access, public_id)
        today = clock.business_date()
        rows = [describe_run(run, today) for run in reads.list_journey(customer.pk)]
        context = {
            "customer": customer,
            "rows": rows,
            "line": [
                {
                    "label": row["run"].step.label,
                    "date": row["run"].done_at or row["run"].due_date,
                    "state": _LINE[row["standing"]],
                }
                for row in rows
            ],
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
        }
        return render(request, "customers/journey.html", context)


_LINE = {
    Standing.AHEAD: "todo",
    Standing.OPEN: "now",
    Standing.LATE: "late",
    Standing.ON_TIME: "done",
    Standing.DONE_LATE: "done",
    Standing.SKIPPED: "stopped",
    Standing.DROPPED: "stopped",
}


class SettleStep(StaffPage):
    """Say that a step is done, or leave it out."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do it."""
        run = reads.access_run(self.access, public_id, self.right)
        return carry_out(
            request,
            tab_of(run.customer.public_id, "journey"),
            lambda: process.settle_step(
                run_id=run.pk,
                is_done=act == "done",
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                **demand(ReasonForm(request.POST)),
            ),
            _("Step settled."),
        )


class _SteeringPage(StaffPage):
    right = rights.STEER_PROCESS
    form_class = ProcessFilter

    def read(self, request: HttpRequest) -> tuple[Any, reads.Narrowed, list[ProcessStep]]:
        """Return the filter form, what it narrows to, and the steps there are."""
        steps = reads.list_active_steps()
        members = list_members_in_reach(self.access, self.right).select_related("user").order_by("user__display_name")
        form = self.form_class(request.GET, steps=steps, members=members)
        form.is_valid()
        given = form.cleaned_data
        today = clock.business_date()
        ahead = today + timedelta(days=_DAYS)
        since, until = read_range(given, ahead if given.get("until") else today, days=_DAYS, most_days=_MOST_DAYS)
        member = given.get("rm")
        # Nought asks for the steps of those whom nobody looks after.
        member_id = member.pk if member else 0 if request.GET.get("rm") == "0" else None
        narrowed = reads.Narrowed(Stretch(since, until), given.get("step") or "", member_id)
        return form, narrowed, steps


def address(narrowed: reads.Narrowed, **more: Any) -> str:
    """Return the address of the list of steps behind a count."""
    query = {
        "since": narrowed.due.first.isoformat(),
        "until": narrowed.due.last.isoformat(),
        "step": narrowed.code,
        "rm": narrowed.member_id,
        **more,
    }
    chosen = {key: value for key, value in query.items() if value not in ("", None)}
    return f"{reverse('customers:process-steps')}?{urlencode(chosen)}"


def link(tally: Tally, narrowed: reads.Narrowed, **more: Any) -> dict[str, Any]:
    """Return counts, each with the address of the steps behind it."""
    return {
        "tally": tally,
        "urls": {
            key: address(narrowed, standing=standing, **more)
            for key, standing in (
                ("on_time", Standing.ON_TIME),
                ("done_late", Standing.DONE_LATE),
                ("late", Standing.LATE),
                ("waiting", Standing.OPEN),
                ("skipped", Standing.SKIPPED),
                ("judged", "JUDGED"),
            )
        },
    }


class ProcessPage(_SteeringPage):
    """Steps on time by step, RM and week; the late ones; what is done about them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        form, narrowed, steps = self.read(request)
        today = clock.business_date()
        figures = reads.count_steps(self.access, narrowed, today=today)
        members = reads.name_members({pk for pk in figures.by_member if pk is not None})
        late = reads.list_runs(self.access, narrowed, standing=Standing.LATE, today=today).order_by("due_date", "pk")
        rows = sorted(
            ((members.get(pk or 0), tally) for pk, tally in figures.by_member.items()),
            key=lambda row: (row[0] is None, -row[1].late, str(row[0])),
        )
        context = {
            "form": form,
            "due": narrowed.due,
            "all": link(figures.all, narrowed),
            "by_step": [
                {"step": step, **link(figures.by_code[step.code], narrowed, step=step.code)}
                for step in steps
                if step.code in figures.by_code
            ],
            "by_member": [
                {"member": member, **link(tally, narrowed, rm=member.pk if member else 0)} for member, tally in rows
            ],
            "charts": [draw_weeks(figures.by_week, narrowed)] if figures.by_week else [],
            "late": [describe_run(run, today) for run in late[:_FEW]],
            "late_url": address(narrowed, standing=Standing.LATE),
            "actions": actions.list_actions(self.access).filter(state="OPEN").order_by("due_date", "pk")[:_FEW],
            "today": today,
            "changes": actions.list_changes()[:_FEW],
        }
        return render(request, "customers/process.html", context)


def draw_weeks(by_week: Mapping[date, Tally], narrowed: reads.Narrowed) -> Chart:
    """Return the steps of each week: on time, done late, late."""
    weeks = sorted(by_week)
    stretches = [
        {
            "since": max(week, narrowed.due.first).isoformat(),
            "until": min(week + timedelta(days=6), narrowed.due.last).isoformat(),
        }
        for week in weeks
    ]

    def series(name: str, part: str, standing: Standing, tone: Tone) -> Series:
        return Series(
            name,
            [getattr(by_week[week], part) for week in weeks],
            Shape.BAR,
            tone,
            stack="steps",
            urls=[address(narrowed, standing=standing, **days) for days in stretches],
        )

    total = sum((tally.judged for tally in by_week.values()), 0)
    good = sum((tally.on_time for tally in by_week.values()), 0)
    return Chart(
        title=_("Steps by the week in which they were due"),
        x=[week.isoformat() for week in weeks],
        series=[
            series(_("Done on time"), "on_time", Standing.ON_TIME, Tone.GOOD),
            series(_("Done late"), "done_late", Standing.DONE_LATE, Tone.WARN),
            series(_("Late"), "late", Standing.LATE, Tone.LATE),
        ],
        unit=Unit.COUNT,
        sentence=_("%(good)s of %(total)s steps were done on time.") % {"good": good, "total": total},
        definition=_("A step counts in the week of its due date; what was left out or is not yet due is not counted."),
    )


class StepListPage(_SteeringPage):
    """The steps behind a count."""

    form_class = StepFilter

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form, narrowed, _steps = self.read(request)
        today = clock.business_date()
        standing = form.cleaned_data.get("standing") or ""
        rows = reads.list_runs(self.access, narrowed, standing=standing, today=today)
        page = take_page(rows, request.GET, sorts={"due": "due_date"}, default="-due_date")
        context = {"form": form, "page": page, "rows": [describe_run(run, today) for run in page.rows]}
        return render(request, "customers/process_steps.html", context)
