"""Handing a book over: choose, look at the plan, confirm, see what came of it."""

from typing import Any

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import BusinessError, InvalidInput, NotFound
from core.fields import UndecipherableValue, decrypt, encrypt
from core.web.listing import take_page
from core.web.reading import read_number
from customers.models import Customer, LeaverWatch
from customers.operations.ownership import start_handover
from customers.operations.ownership.handover import review_export
from customers.queries.handovers import (
    Part,
    count_belongings,
    divide,
    list_exports,
    list_handovers,
    list_sensitive_reads,
)
from customers.queries.ownership import access_handover, list_owners
from customers.texts import name_code
from customers.web.forms_ownership import HandoverForm
from staff import rights
from staff.models import StaffMember
from staff.pages import StaffPage, carry_out
from staff.queries import list_members_in_reach


class _HandoverPage(StaffPage):
    right = rights.ASSIGN_CUSTOMERS

    def form(self, given: Any) -> HandoverForm:
        """Return the form with the colleagues in reach."""
        givers = list_members_in_reach(self.access, self.right).filter(is_active=True).select_related("user")
        return HandoverForm(given, givers=givers.order_by("user__display_name", "pk"), owners=list_owners(self.access))


class HandoverListPage(_HandoverPage):
    """Handovers so far."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        page = take_page(list_handovers(self.access), request.GET, sorts={}, default="-id")
        return render(request, "customers/handovers.html", {"page": page, "rows": page.rows})


class HandoverPlanPage(_HandoverPage):
    """The wizard: whose book to whom, then the plan with everything that would move."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the choice, and once it is made the plan."""
        form = self.form(request.GET if request.GET.get("giver") else None)
        context: dict[str, Any] = {"form": form}
        if form.is_bound and form.is_valid() and self.is_sensible(form):
            giver = form.cleaned_data["giver"]
            parts, left_over = divide(giver.pk, list(form.cleaned_data["receivers"]))
            context |= {
                "giver": giver,
                "parts": [(part, _name_tiers(part.tiers)) for part in parts],
                "plan": _seal(parts),
                "left_over": left_over,
                "belongings": count_belongings(giver.pk),
                "is_leaving": form.cleaned_data["is_leaving"],
                "may_exceed": self.access.has(rights.EXCEED_CAPACITY),
            }
        return render(request, "customers/handover_plan.html", context)

    @staticmethod
    def is_sensible(form: HandoverForm) -> bool:
        """Keep the giver out of the receivers."""
        if form.cleaned_data["giver"] in form.cleaned_data["receivers"]:
            form.add_error("receivers", _("Nobody hands over to himself."))
            return False
        return True

    def post(self, request: HttpRequest) -> HttpResponse:
        """Carry out the plan as it was shown: the customers of each part come sealed with the form."""
        giver_id, plan = read_number(request.POST.get("giver", "")), _read_plan(request.POST.get("plan", ""))
        if giver_id is None:
            raise NotFound
        try:
            handover = start_handover(
                giver_id=giver_id,
                plan=plan,
                is_leaving=request.POST.get("is_leaving") == "on",
                note=request.POST.get("note", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                business_date=clock.business_date(),
                is_forced=request.POST.get("is_forced") == "on",
            )
        except NotFound:
            raise
        except BusinessError as error:
            if error.status == 403:
                raise
            messages.error(request, f"{error.sentence()} {error.advice()}".strip())
            return redirect("customers:handover-plan")
        messages.success(request, _("Handed over."))
        return redirect("customers:handover", handover.public_id)


class HandoverPage(_HandoverPage):
    """What came of a handover; of a leaver also what he took out of the house, and how his book fares."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        handover = access_handover(self.access, public_id)
        members = {str(row.pk): row for row in StaffMember.objects.filter(pk__in=handover.plan).select_related("user")}
        context: dict[str, Any] = {
            "handover": handover,
            "parts": [(members.get(key), len(ids)) for key, ids in handover.plan.items()],
            "watch": LeaverWatch.objects.filter(handover=handover).first(),
        }
        if handover.is_leaving:
            context["exports"] = list_exports(handover.giver, until=handover.started_at)[:100]
            reads = list_sensitive_reads(handover.giver, until=handover.started_at)
            context["reads"] = [(entry, name_code("action", entry.action)) for entry in reads[:50]]
        return render(request, "customers/handover.html", context)


class ReviewExport(_HandoverPage):
    """Say that an export of a leaver was looked at."""

    def post(self, request: HttpRequest, public_id: str, export: str) -> HttpResponse:
        """Record it."""
        handover = access_handover(self.access, public_id)
        row = list_exports(handover.giver, until=handover.started_at).filter(public_id=export).first()
        if row is None:
            raise NotFound
        return carry_out(
            request,
            reverse("customers:handover", args=[public_id]),
            lambda: review_export(export_id=row.pk, actor=request.user, now=clock.now()),  # type: ignore[arg-type]
            _("Reviewed."),
        )


def _name_tiers(tiers: dict[str, int]) -> list[tuple[str, int]]:
    return [(str(Customer.ValueTier(tier).label), count) for tier, count in sorted(tiers.items())]


def _seal(parts: list[Part]) -> str:
    """Return the plan as it is shown, closed so that no internal key stands on the page and nobody alters it."""
    return encrypt(orjson.dumps({str(part.member.pk): part.customers for part in parts}).decode())


def _read_plan(sealed: str) -> dict[int, list[int]]:
    try:
        return {int(member): ids for member, ids in orjson.loads(decrypt(sealed)).items()}
    except (UndecipherableValue, ValueError) as error:
        raise InvalidInput from error
