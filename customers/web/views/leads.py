"""Leads: the list, the record, the intake of each method, and what is done with a lead."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError
from core.web.listing import take_page
from core.web.reading import read_number
from customers.models import Lead, Method
from customers.operations import leads, needs
from customers.operations.leads import LeadIntake
from customers.queries import leads as reads
from customers.queries.diary import list_lead_contacts
from customers.queries.reach import find_in_scope
from customers.queries.reasons import list_lost_reasons
from customers.web.forms_work import ORIGIN_LABELS, AnswerForm, LeadForm, NeedForm
from customers.web.saved_views import show_views
from customers.web.scores import explain_score
from customers.web.selection_leads import ENTITY, select_leads
from staff import rights
from staff.models import Scope
from staff.pages import StaffPage, carry_out, demand, show_refusal
from staff.queries import list_members_in_reach

_SORTS = {"score": "score", "created": "created_at", "state": "state"}
_TONES = {"NEW": "info", "WORKING": "plain", "QUALIFIED": "good", "CONVERTED": "good", "LOST": "late"}


class LeadListPage(StaffPage):
    """Leads in the reader's scope."""

    right = rights.WORK_LEADS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        rows, form, view = select_leads(self.access, request.GET)
        page = take_page(rows, request.GET, sorts=_SORTS, default="-id")
        now = clock.now()
        context = {
            "form": form,
            "page": page,
            "rows": [
                {
                    "lead": lead,
                    "url": reverse("customers:lead", args=[lead.public_id]),
                    "tone": _TONES[lead.state],
                    "need": next(iter(lead.needs.all()), None),
                    "is_late": _is_late(lead, now),
                }
                for lead in page.rows
            ],
            **show_views(self.access, ENTITY, request.GET, view),
        }
        return render(request, "customers/leads.html", context)


class LeadPage(StaffPage):
    """One lead: who, from where, what he wants, how promising and why, what was done."""

    right = rights.WORK_LEADS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        lead = reads.access_lead(self.access, public_id)
        now = clock.now()
        reasons = list_lost_reasons(on=now.date())
        open_ids = find_in_scope(self.access, [lead.customer_id, lead.introducer_id])
        context = {
            "lead": lead,
            "tone": _TONES[lead.state],
            "is_open": lead.state in reads.OPEN_STATES,
            "is_late": _is_late(lead, now),
            "origin": [(ORIGIN_LABELS.get(key, key), value) for key, value in lead.origin.items()],
            "parts": explain_score(lead.score_reasons),
            "needs": lead.needs.order_by("-pk"),
            "contacts": list_lead_contacts(lead.pk)[:50],
            "steps": _list_steps(lead),
            "answer_form": AnswerForm(auto_id="answer_%s"),
            "need_form": NeedForm(auto_id="need_%s", initial={"role": lead.role}),
            "reasons": reasons,
            "lost_reason": dict(reasons).get(lead.lost_reason, lead.lost_reason),
            "members": list_members_in_reach(self.access, self.right).filter(is_active=True).select_related("user"),
            "can_unmask": self.access.has(rights.UNMASK),
            "may_see_customer": lead.customer_id in open_ids,
            "may_see_introducer": lead.introducer_id in open_ids,
        }
        return render(request, "customers/lead.html", context)


def _is_late(lead: Lead, now: datetime) -> bool:
    """Tell whether the first response is overdue; who has got one is no new lead any more."""
    return lead.state == Lead.State.NEW and lead.answer_due_at is not None and lead.answer_due_at < now


def _list_steps(lead: Lead) -> list[dict[str, Any]]:
    answered = lead.answered_at is not None
    qualified = lead.state in (Lead.State.QUALIFIED, Lead.State.CONVERTED)
    won, lost = lead.state == Lead.State.CONVERTED, lead.state == Lead.State.LOST
    last = {"label": Lead.State.LOST.label if lost else Lead.State.CONVERTED.label, "date": lead.closed_at}
    return [
        {"label": _("came in"), "state": "done", "date": lead.created_at},
        {"label": _("answered"), "state": "done" if answered else "now", "date": lead.answered_at},
        {"label": Lead.State.QUALIFIED.label, "state": "done" if qualified else "now" if answered else "todo"},
        {**last, "state": "done" if won else "stopped" if lost else "todo"},
    ]


class TakeInLead(StaffPage):
    """The intake: choose the method, then its own fields."""

    right = rights.WORK_LEADS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form of the method."""
        method = _read_method(request)
        return self.show(request, method, LeadForm(method=method, initial={"role": "BORROWER"}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the lead in, or show the form again with what is wrong."""
        method = _read_method(request)
        form = LeadForm(request.POST, method=method)
        if not form.is_valid():
            return self.show(request, method, form, status=422)
        data = form.cleaned_data
        introducer = None
        if form.intake.needs_introducer:
            introducer = reads.find_introducer(data["introducer"])
            if introducer is None:
                form.add_error("introducer", _("There is no customer with this number."))
                return self.show(request, method, form, status=422)
        intake = LeadIntake(
            method=method,
            role=data["role"],
            name=data["name"],
            phone=data["phone"],
            company=data["company"],
            origin={name: data[name] for name in form.intake.fields if data[name]},
            introducer_id=introducer,
            partner_code=data["partner"],
            has_marketing_consent=data["has_marketing_consent"],
            need=form.read_need(),
        )
        try:
            lead = leads.take_in_lead(
                intake=intake,
                owner_id=self.access.member_id if self.access.scope_of(self.right) == Scope.OWN else None,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except BusinessError as error:
            show_refusal(form, error)
            return self.show(request, method, form, status=422)
        return redirect("customers:lead", lead.public_id)

    def show(self, request: HttpRequest, method: str, form: LeadForm, status: int = 200) -> HttpResponse:
        """Answer the page."""
        url = reverse("customers:take-in-lead")
        methods = [
            {"label": choice.label, "url": f"{url}?method={choice.value}", "is_current": choice.value == method}
            for choice in Method
        ]
        context = {"form": form, "method": method, "methods": methods, "label": Method(method).label}
        context["takes_lists"] = method in leads.LIST_METHODS
        return render(request, "customers/lead_form.html", context, status=status)


def _read_method(request: HttpRequest) -> str:
    method = request.GET.get("method", "")
    return method if method in Method.values else Method.CONSULTATION.value


class LeadAct(StaffPage):
    """Answer, qualify, win, lose or give away a lead."""

    right = rights.WORK_LEADS

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do it."""
        lead = reads.access_lead(self.access, public_id)
        common: dict[str, Any] = {"lead_id": lead.pk, "actor": request.user, "now": clock.now()}
        back = reverse("customers:lead", args=[public_id])

        def answer() -> None:
            leads.answer_lead(**demand(AnswerForm(request.POST)), **common)

        def add_need() -> None:
            form = NeedForm(request.POST)
            needs.record_need(role=demand(form)["role"], need=form.read_need(), **common)

        def assign() -> None:
            members = list_members_in_reach(self.access, self.right).filter(is_active=True)
            member = members.filter(pk=read_number(request.POST.get("member", "")) or 0).first()
            if member is None:
                raise leads.LeadIncomplete(fields={"member": [_("Choose a colleague.")]})
            leads.assign_lead(member_id=member.pk, **common)

        acts = {
            "answer": (answer, _("Contact recorded.")),
            "need": (add_need, _("Need recorded.")),
            "qualify": (lambda: leads.qualify_lead(**common), _("Qualified.")),
            "convert": (lambda: leads.convert_lead(**common), _("The lead is a customer now.")),
            "lose": (lambda: leads.lose_lead(reason=request.POST.get("reason", ""), **common), _("Closed as lost.")),
            "assign": (assign, _("Given to a colleague.")),
        }
        run, said = acts[act]
        return carry_out(request, back, run, said)


class RevealLead(StaffPage):
    """Show the phone of a lead to somebody who says why."""

    right = rights.UNMASK

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the plain value."""
        lead = reads.access_lead(self.access, public_id)
        value = leads.unmask_lead_phone(
            lead_id=lead.pk,
            reason=request.POST.get("reason", ""),
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
        answer = render(request, "partials/revealed.html", {"value": value})
        answer["Cache-Control"] = "no-store"
        return answer
