"""Alerts: the list, one alert and what is done about it; risk's parts of other pages."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import clock
from core.errors import NotFound
from core.registries import indicators
from core.web.listing import count_rows
from core.web.reading import read_number
from customers.queries.staff import access_customer
from customers.texts import render_text
from customers.web.saved_views import show_views
from lending.queries.staff import access_loan
from risk.models import Alert
from risk.models.alerts import Measure
from risk.operations import alerts as operations
from risk.queries import figures
from risk.queries.alerts import access_alert, list_alerts
from risk.queries.decisions import list_decisions_of
from risk.queries.reassessments import get_plan_of, list_reassessments_of
from risk.queries.warnings import list_loan_signals, list_signals
from risk.web.charts import draw_history
from risk.web.reassessments import show_plan, show_reassessment
from risk.web.sections import find_records, list_sections
from risk.web.selection import ENTITY, select_alerts
from risk.web.warnings import show_signal
from staff import rights
from staff.models import Scope
from staff.pages import StaffPage, carry_out
from staff.queries import list_members_with_right

SEVERITY_TONES = {"LOW": "plain", "MIDDLE": "warn", "HIGH": "late", "CRITICAL": "late"}
STATE_TONES = {"OPEN": "late", "ACKNOWLEDGED": "warn", "CLOSED": "plain"}
_PAGE = 100


class AlertListPage(StaffPage):
    """Alerts in the reader's scope, the worst first."""

    right = rights.VIEW_ALERTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list; closed ones only when asked for."""
        rows, form, view = select_alerts(self.access, request.GET)
        context = {
            "form": form,
            "total": count_rows(rows),
            "sections": list_sections(self.access, "risk:alerts"),
            "rows": [show(alert) for alert in rows[:_PAGE]],
            **show_views(self.access, ENTITY, request.GET, view),
        }
        return render(request, "risk/alerts.html", context)


class AlertPage(StaffPage):
    """One alert: why, whose, what was done."""

    right = rights.VIEW_ALERTS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        alert = access_alert(request.user, public_id)  # type: ignore[arg-type]
        can_handle = self.access.has(rights.HANDLE_ALERTS)
        refusal = "" if can_handle else _("Your role does not handle alerts.")
        if alert.state == Alert.State.CLOSED:
            refusal = _("This alert is closed.")
        context = {
            **show(alert),
            "refusal": refusal,
            "members": list_members_with_right(rights.HANDLE_ALERTS).select_related("user"),
            "has_measure": alert.measure_taken != Measure.NONE,
            "steps": _list_steps(alert),
            **self.show_course(request, alert),
        }
        return render(request, "risk/alert.html", context)

    def show_course(self, request: HttpRequest, alert: Alert) -> dict[str, Any]:
        """Return the course of the indicator behind an alert and the way to its records, for who watches the house."""
        code = alert.rule.indicator if alert.rule else ""
        if code not in indicators or self.access.scope_of(rights.MONITOR_RISK) != Scope.ALL:
            return {}
        history = figures.list_history(request.user, code, alert.dimension)  # type: ignore[arg-type]
        part = f"?{urlencode({'part': alert.dimension})}" if alert.dimension else ""
        return {
            "chart": draw_history(code, alert.dimension, history) if history else None,
            "indicator_url": reverse("risk:indicator", args=[code]) + part,
            "records": find_records(self.access, indicators.get(code), alert.dimension),
        }


class AlertAct(StaffPage):
    """Take up, give away, note, lift a measure, close."""

    right = rights.HANDLE_ALERTS

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do one of them."""
        alert = access_alert(request.user, public_id)  # type: ignore[arg-type]
        given = request.POST
        common: dict[str, Any] = {"alert_id": alert.pk, "actor": request.user, "now": clock.now()}
        owner = read_number(given.get("owner", ""))
        acts = {
            "acknowledge": (lambda: operations.acknowledge_alert(**common), _("It is yours now.")),
            "assign": (lambda: operations.assign_alert(**common, owner_id=owner or 0), _("Given to a colleague.")),
            "note": (lambda: operations.note_action(**common, text=given.get("text", "")), _("Noted.")),
            "lift": (
                lambda: operations.lift_measure(**common, reason=given.get("reason", "")),
                _("The measure is lifted."),
            ),
            "close": (
                lambda: operations.close_alert(**common, closure=given.get("closure", ""), note=given.get("note", "")),
                _("Closed."),
            ),
        }
        if act not in acts:
            raise NotFound
        run, said = acts[act]
        return carry_out(request, reverse("risk:alert", args=[public_id]), run, said)


class CustomerRisk(StaffPage):
    """Risk's tab of the customer page: decisions and alerts."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        customer = access_customer(self.access, public_id)
        sees_alerts = self.access.has(rights.VIEW_ALERTS)
        sees_decisions = self.access.has(rights.VIEW_APPLICATIONS)
        alerts = list_alerts(request.user).filter(customer=customer)[:50] if sees_alerts else []  # type: ignore[arg-type]
        sees_loans = self.access.has(rights.VIEW_LOANS)
        plan = get_plan_of(customer.pk) if sees_loans else None
        assessments = list_reassessments_of(customer.pk)[:12] if sees_loans else []
        context = {
            "customer": customer,
            "plan": show_plan(plan) if plan else None,
            "assessments": [show_reassessment(row) for row in assessments],
            "alerts": [show(alert) for alert in alerts],
            "decisions": list_decisions_of(customer.pk)[:50] if sees_decisions else [],
            "may_note": self.access.scope_of(rights.WORK_AML) == Scope.ALL,
            "signals": [show_signal(one) for one in list_signals([customer.pk], with_ended=True)[:50]]
            if sees_loans
            else [],
        }
        return render(request, "risk/customer.html", context)


class LoanAlerts(StaffPage):
    """The alerts and early warnings of one loan, for the loan page."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment; without alerts for those who may not see them."""
        loan = access_loan(self.access, public_id)
        sees_alerts = self.access.has(rights.VIEW_ALERTS)
        rows = list_alerts(request.user).filter(loan=loan)[:10] if sees_alerts else []  # type: ignore[arg-type]
        context = {
            "rows": [show(alert) for alert in rows],
            "signals": [show_signal(one) for one in list_loan_signals(loan.pk)[:10]],
        }
        return render(request, "risk/loan.html", context)


def show(alert: Alert) -> dict[str, Any]:
    """Return an alert with its sentence and tones."""
    return {
        "alert": alert,
        "text": render_text(alert.reason_code, alert.params),
        "severity_tone": SEVERITY_TONES[alert.severity],
        "state_tone": STATE_TONES[alert.state],
        "url": reverse("risk:alert", args=[alert.public_id]),
    }


def _list_steps(alert: Alert) -> list[dict[str, Any]]:
    taken: dict[str, Any] = {"label": _("Taken up"), "state": "todo"}
    if alert.acknowledged_at:
        taken = {"label": _("Taken up"), "state": "done", "date": alert.acknowledged_at.date()}
    elif alert.state == Alert.State.OPEN:
        taken["state"] = "now"
    closed: dict[str, Any] = {"label": _("Closed"), "state": "now" if alert.state == "ACKNOWLEDGED" else "todo"}
    if alert.closed_at:
        closed = {"label": _("Closed"), "state": "done", "date": alert.closed_at.date()}
    return [{"label": pgettext("alert", "Raised"), "state": "done", "date": alert.raised_at.date()}, taken, closed]
