"""Periodic assessments: who is due, who could not be judged, and what moved."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.web.listing import take_page
from risk.models import AssessmentPlan, Reassessment
from risk.queries import reassessments as reads
from risk.reasons import staff_sentence
from risk.web.sections import list_sections
from staff import rights
from staff.pages import StaffPage

_YESTERDAY = timedelta(days=-1)
_TONES = {"BETTER": "good", "SAME": "plain", "WORSE": "late"}


class ReassessmentListPage(StaffPage):
    """Borrowers in the reader's scope: due within a month, overdue, assessed, fallen."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one of the four lists."""
        views = {"due": _("Due soon"), "overdue": _("Overdue"), "done": _("Assessed"), "fell": _("Fallen")}
        shown = request.GET.get("show", "")
        shown = shown if shown in views else "due"
        is_plan = shown in {"due", "overdue"}
        today = clock.business_date()
        rows: Any
        if is_plan:
            # The close of a day assesses whoever is due on it, so that before it nobody due today is late.
            rows = reads.list_plans(self.access, until=today + (reads.SOON if shown == "due" else _YESTERDAY))
            page = take_page(rows, request.GET, sorts={"due": "due_date"}, default="due_date")
        else:
            rows = reads.list_reassessments(self.access, movement="WORSE" if shown == "fell" else "")
            page = take_page(rows, request.GET, sorts={})
        here = reverse("risk:reassessments")
        context = {
            "page": page,
            "is_plan": is_plan,
            "rows": [show_plan(row) if is_plan else show_reassessment(row) for row in page.rows],
            "view": views[shown],
            "views": [
                {"label": label, "url": f"{here}?show={name}", "is_current": name == shown}
                for name, label in views.items()
            ],
            "sections": list_sections(self.access, "risk:reassessments"),
            "today": today,
        }
        return render(request, "risk/reassessments.html", context)


def show_plan(plan: AssessmentPlan) -> dict[str, Any]:
    """Return a plan with the way to its borrower."""
    return {
        "row": plan,
        "url": _url(plan),
        "failure": staff_sentence(plan.failure_code) if plan.failure_code else "",
    }


def show_reassessment(row: Reassessment) -> dict[str, Any]:
    """Return an assessment with its reasons in words."""
    return {
        "row": row,
        "url": _url(row),
        "tone": _TONES[row.movement],
        "reasons": [staff_sentence(code) for code in row.reason_codes],
        "rules": f"{row.scorecard} / {row.table}",
    }


def _url(row: AssessmentPlan | Reassessment) -> str:
    return f"{reverse('customers:page', args=[row.customer.public_id])}?tab=risk"
