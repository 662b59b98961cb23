"""Needs, opportunities and the value sheet."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, parameters
from core.ids import public_id as new_key
from core.registries import capabilities
from core.web.listing import take_page
from core.web.reading import read_number
from customers.models import Customer, Opportunity
from customers.operations import costs, needs, opportunities
from customers.queries import leads as reads
from customers.queries.funnel import sum_stages
from customers.queries.reasons import list_lost_reasons
from customers.queries.staff import access_customer
from customers.queries.worth import read_capability, read_worth
from customers.rules import stages
from customers.web import undo
from customers.web.forms_work import CostForm, NeedForm, OpportunityFilter, OpportunityForm
from customers.web.header import tab_of
from staff import rights
from staff.pages import StaffPage, carry_out, demand
from staff.queries import list_members_in_reach

_SORTS = {"amount": "amount", "since": "stage_at"}
_FILTERS = {
    "role": "role",
    "rm": "customer__rm",
    "expected_from": "expected_date__gte",
    "expected_to": "expected_date__lte",
}
_KEYS = {"NEED": "n", "PROPOSED": "p", "APPLYING": "a", "WON": "w"}
_COLUMN = 50


class NeedsPanel(StaffPage):
    """What a customer wants, and the deals in the making."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        customer = access_customer(self.access, public_id)
        rows = reads.opportunities_in_scope(self.access).filter(customer=customer).order_by("-pk")
        context = {
            "customer": customer,
            "needs": reads.list_needs(customer.pk)[:30],
            "opportunities": show_opportunities(rows[:30], self.access.has(rights.EDIT_CUSTOMERS)),
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
            "need_form": NeedForm(auto_id="need_%s"),
            "opportunity_form": OpportunityForm(auto_id="opportunity_%s"),
            "reasons": list_lost_reasons(on=clock.business_date()),
        }
        return render(request, "customers/needs.html", context)


class AddNeed(StaffPage):
    """Keep a need."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        customer = access_customer(self.access, public_id, self.right)

        def act() -> None:
            form = NeedForm(request.POST)
            role = demand(form)["role"]
            needs.record_need(
                customer_id=customer.pk,
                role=role,
                need=form.read_need(),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )

        return carry_out(request, tab_of(public_id, "needs"), act, _("Need recorded."))


class MeetNeed(StaffPage):
    """Mark a need as met."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        need = reads.access_need(self.access, public_id)
        assert need.customer is not None
        return carry_out(
            request,
            tab_of(need.customer.public_id, "needs"),
            lambda: needs.meet_need(need_id=need.pk, actor=request.user, now=clock.now()),  # type: ignore[arg-type]
            _("Met."),
        )


class OpenOpportunity(StaffPage):
    """Open a deal in the making."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        customer = access_customer(self.access, public_id, self.right)

        def act() -> None:
            data = demand(OpportunityForm(request.POST))
            wanted = data.pop("need")
            opportunities.open_opportunity(
                customer_id=customer.pk,
                need_id=reads.access_need(self.access, wanted).pk if wanted else None,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                **data,
            )

        return carry_out(request, tab_of(public_id, "needs"), act, _("Opportunity opened."))


class OpportunitiesPage(StaffPage):
    """Deals in the making as columns or as a list."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        form = OpportunityFilter(request.GET, owners=list_members_in_reach(self.access, self.right))
        form.is_valid()
        rows = reads.opportunities_in_scope(self.access)
        for name, lookup in _FILTERS.items():
            if form.cleaned_data.get(name):
                rows = rows.filter(**{lookup: form.cleaned_data[name]})
        is_list = request.GET.get("view") == "list"
        can_move = self.access.has(rights.EDIT_CUSTOMERS)
        context: dict[str, Any] = {
            "form": form,
            "is_list": is_list,
            "views": self.list_views(is_list),
            "can_move": can_move,
            "total": None,
            "reasons": list_lost_reasons(on=clock.business_date()),
        }
        if is_list:
            if form.cleaned_data.get("stage"):
                rows = rows.filter(stage__in=form.cleaned_data["stage"])
            page = take_page(rows, request.GET, sorts=_SORTS, default="-id")
            context |= {
                "page": page,
                "total": page.total,
                "rows": show_opportunities(page.rows, can_move),
            }
        else:
            context["columns"] = _draw_columns(rows, can_move)
        return render(request, "customers/opportunities.html", context)

    def list_views(self, is_list: bool) -> list[dict[str, Any]]:
        """Return the two ways of looking."""
        url = reverse("customers:opportunities")
        return [
            {"label": _("Board"), "url": url, "is_current": not is_list},
            {"label": _("List"), "url": f"{url}?view=list", "is_current": is_list},
        ]


class MoveStage(StaffPage):
    """Move an opportunity, with a way back."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it; a board that was drawn before somebody else's move learns so."""
        row = reads.access_opportunity(self.access, public_id, self.right)
        row, act = opportunities.move_stage(
            opportunity_id=row.pk,
            stage=request.POST.get("stage", ""),
            lost_reason=request.POST.get("lost_reason", ""),
            expected_version=read_number(request.POST.get("version", "")),
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
        )
        text = _("%(title)s: %(stage)s") % {"title": row.title, "stage": row.get_stage_display()}
        back = (
            tab_of(row.customer.public_id, "needs") if request.POST.get("back") else reverse("customers:opportunities")
        )
        return undo.tell(request, text, act, back)


def show_opportunities(rows: Iterable[Opportunity], can_move: bool) -> list[dict[str, Any]]:
    """Return the cards: how long in the stage, whether too long, where they may go."""
    now = clock.now()
    allowed: dict[str, int] = parameters.get_value("customers.stage_days", on=now.date())
    return [_show(row, can_move, now, allowed) for row in rows]


def _show(row: Opportunity, can_move: bool, now: datetime, allowed: dict[str, int]) -> dict[str, Any]:
    return {
        "row": row,
        "days": stages.days_in_stage(row.stage_at, now),
        "is_ageing": stages.is_ageing(row.stage, row.stage_at, now, allowed),
        "url": tab_of(row.customer.public_id, "needs"),
        "move_url": reverse("customers:move-stage", args=[row.public_id]),
        "moves": [
            {"stage": stage.value, "label": stage.label, "key": _KEYS[stage]}
            for stage in Opportunity.Stage
            if stage.value in _KEYS and stage != row.stage and can_move
        ],
        "can_lose": can_move and row.stage != Opportunity.Stage.LOST,
        "tone": {"WON": "good", "LOST": "late"}.get(row.stage, "plain"),
    }


def _draw_columns(rows: Any, can_move: bool) -> list[dict[str, Any]]:
    """Return the columns of the board; closed deals of the last 30 days only, at most 50 cards a column."""
    since = clock.at(date.fromordinal(clock.business_date().toordinal() - 30), 0)
    shown = rows.filter(closed_at__isnull=True) | rows.filter(closed_at__gte=since)
    sums = sum_stages(shown)
    columns = []
    for stage in Opportunity.Stage:
        count, amount = sums.get(stage.value, (0, Decimal("0.00")))
        cards = shown.filter(stage=stage).order_by("stage_at", "pk")[:_COLUMN]
        columns.append(
            {
                "stage": stage.value,
                "label": stage.label,
                "count": count,
                "amount": amount,
                "url": f"{reverse('customers:opportunities')}?view=list&stage={stage.value}",
                "cards": show_opportunities(cards, can_move),
                "more": max(count - _COLUMN, 0),
            }
        )
    return columns


class ValuePanel(StaffPage):
    """What a customer is worth, and whether we can take him on."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        customer = access_customer(self.access, public_id)
        sheet = read_worth(customer, on=clock.business_date())
        totals = {key: figure() for key, figure in capabilities.items()}
        context = {
            "customer": customer,
            "sheet": sheet,
            "costs": [(costs.KINDS.get(kind, kind), amount, count) for kind, amount, count in sheet.costs],
            "capability": read_capability(customer.rm, totals),
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
            "cost_form": CostForm(auto_id="cost_%s", initial={"key": new_key()}),
        }
        return render(request, "customers/value.html", context)


class AddCost(StaffPage):
    """Put a cost on the ledger of a customer."""

    right = rights.EDIT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it; the same form sent twice counts once."""
        customer: Customer = access_customer(self.access, public_id, self.right)

        def act() -> None:
            data = demand(CostForm(request.POST))
            costs.record_cost(
                customer_id=customer.pk,
                kind=data["kind"],
                amount=data["amount"],
                key=f"form:{customer.pk}:{data['key']}",
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )

        return carry_out(request, tab_of(public_id, "value"), act, _("Cost recorded."))
