"""Corrective actions, and the figures before and after them or after a change of a step."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError
from core.rules.charts import Chart, Series, Tone, Unit
from core.web.listing import take_page
from core.web.reading import read_number
from customers.models import CorrectiveAction
from customers.operations import process
from customers.queries import corrective as reads
from customers.queries.process import Narrowed, list_active_steps
from customers.rules.process import SMALL, Stretch
from customers.web.forms_process import ActionForm, ResultForm
from customers.web.views.process import address
from staff import rights
from staff.pages import StaffPage, carry_out, demand, show_refusal
from staff.queries import list_members_in_reach

# Days before and after a change that can be compared.
_CHOICES = (7, 14, 30, 60, 90)
_DAYS = 30


class ActionListPage(StaffPage):
    """Corrective actions that the reader sees to, has opened or steers."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        rows = reads.list_actions(self.access)
        state = request.GET.get("state", "")
        if state in CorrectiveAction.State.values:
            rows = rows.filter(state=state)
        page = take_page(rows, request.GET, sorts={"due": "due_date"}, default="-id")
        names = {step.code: step.label for step in list_active_steps()}
        url = reverse("customers:corrective-actions")
        views = [("", _("All")), *CorrectiveAction.State.choices]
        context = {
            "page": page,
            "rows": [(row, names.get(row.step_code, "")) for row in page.rows],
            "today": clock.business_date(),
            "view": next(label for key, label in views if key == (state if state in dict(views) else "")),
            "views": [
                {"label": label, "url": f"{url}?state={key}" if key else url, "is_current": key == state}
                for key, label in views
            ],
            "can_open": self.access.has(rights.STEER_PROCESS),
        }
        return render(request, "customers/corrective_actions.html", context)


class NewActionPage(StaffPage):
    """Open a corrective action."""

    right = rights.STEER_PROCESS

    def form(self, given: Any, **more: Any) -> ActionForm:
        """Return the form with steps and the colleagues in reach."""
        members = list_members_in_reach(self.access, self.right).select_related("user").order_by("user__display_name")
        return ActionForm(given, steps=list_active_steps(), members=members, **more)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form, begun from the row it was opened from."""
        rm = read_number(request.GET.get("rm", ""))
        initial = {
            "step_code": request.GET.get("step", ""),
            "member": rm,
            "owner": rm,
            "due_date": (clock.business_date() + timedelta(days=7)).isoformat(),
        }
        return render(request, "customers/corrective_new.html", {"form": self.form(None, initial=initial)})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open it."""
        form = self.form(request.POST)
        if form.is_valid():
            given = dict(form.cleaned_data)
            member, owner = given.pop("member"), given.pop("owner")
            try:
                action = process.open_action(
                    **given,
                    member_id=member.pk if member else None,
                    owner_id=owner.pk,
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except BusinessError as error:
                show_refusal(form, error)
            else:
                return redirect("customers:corrective-action", action.public_id)
        return render(request, "customers/corrective_new.html", {"form": form}, status=422)


class _ComparingPage(StaffPage):
    """What pages share that show figures before and after a date."""

    def compare(self, request: HttpRequest, on: date, *, code: str, member_id: int | None) -> dict[str, Any]:
        """Return the context of the comparison; nothing for who may not steer the process."""
        if not self.access.has(rights.STEER_PROCESS):
            return {}
        asked = read_number(request.GET.get("days", ""))
        days = asked if asked in _CHOICES else _DAYS
        today = clock.business_date()
        found = reads.compare(self.access, on=on, days=days, today=today, code=code, member_id=member_id)
        return {
            "comparison": found,
            "sides": [
                (
                    label,
                    side,
                    address(Narrowed(side.stretch, code, member_id), standing="ON_TIME"),
                    address(Narrowed(side.stretch, code, member_id), standing="JUDGED"),
                )
                for label, side in ((_("Before the change"), found.before), (_("After the change"), found.after))
            ],
            "days": days,
            "choices": _CHOICES,
            "small": SMALL,
            "charts": [draw_comparison(found, code, member_id)],
        }


def draw_comparison(found: reads.Comparison, code: str, member_id: int | None) -> Chart:
    """Return the share on time by week, before and after."""
    sides = [(_("Before the change"), Tone.PLAIN, found.before), (_("After the change"), Tone.ACCENT, found.after)]
    # The week of the change has days on either side: each side shows its own part of it.
    weeks = sorted({week for _label, _tone, side in sides for week in side.steps.by_week})
    series = []
    for label, tone, side in sides:
        by_week = side.steps.by_week
        series.append(
            Series(
                label,
                [by_week[week].share if week in by_week else None for week in weeks],
                tone=tone,
                urls=[
                    address(
                        Narrowed(
                            Stretch(max(week, side.stretch.first), min(week + timedelta(days=6), side.stretch.last)),
                            code,
                            member_id,
                        ),
                        standing="JUDGED",
                    )
                    for week in weeks
                ],
            )
        )
    was, now = found.before.steps.all, found.after.steps.all
    return Chart(
        title=_("Share of steps on time by week"),
        x=[week.isoformat() for week in weeks],
        series=series,
        unit=Unit.RATIO,
        sentence=_("Before: %(was)s of %(was_of)s on time; since then %(now)s of %(now_of)s.")
        % {"was": was.on_time, "was_of": was.judged, "now": now.on_time, "now_of": now.judged},
        definition=_("Steps due within these days that are done or late; the share of those done on time."),
    )


class ActionPage(_ComparingPage):
    """One corrective action with the figures before and after it."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        action = reads.access_action(self.access, public_id)
        on = clock.day_of(action.closed_at or action.created_at)
        context = {
            "action": action,
            "step": next((step for step in list_active_steps() if step.code == action.step_code), None),
            "is_late": action.state == "OPEN" and action.due_date < clock.business_date(),
            "can_close": action.state == "OPEN",
            "form": ResultForm(auto_id="close_%s"),
            "on": on,
            **self.compare(request, on, code=action.step_code, member_id=action.member_id),
        }
        return render(request, "customers/corrective_action.html", context)


class CloseAction(StaffPage):
    """Close a corrective action."""

    right = rights.VIEW_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do it."""
        action = reads.access_action(self.access, public_id)
        return carry_out(
            request,
            reverse("customers:corrective-action", args=[public_id]),
            lambda: process.close_action(
                action_id=action.pk,
                is_done=act == "done",
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                **demand(ResultForm(request.POST)),
            ),
            _("Corrective action closed."),
        )


class ChangePage(_ComparingPage):
    """A change of a step with the figures before and after it."""

    right = rights.STEER_PROCESS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        step = reads.access_change(public_id)
        on = clock.day_of(step.valid_from_at)
        context = {
            "step": step,
            "differences": reads.list_differences(step),
            "on": on,
            **self.compare(request, on, code=step.code, member_id=None),
        }
        return render(request, "customers/process_change.html", context)
