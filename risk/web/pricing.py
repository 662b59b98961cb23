"""Prices of risk: rates by grade against expected loss, their history, and how they change."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.sentences import join_words
from lending.models import Application, Product
from lending.operations.offers import get_cap_rate
from risk.operations import pricing
from risk.queries.losses import get_loss_share, get_observed
from risk.queries.pricing import list_grade_prices, list_price_changes
from risk.rules.tables import GRADES
from risk.web.sections import list_sections
from staff import rights
from staff.models import Approval
from staff.pages import StaffPage, carry_out

_STATE_TONES = {"PENDING": "warn", "APPROVED": "good", "REJECTED": "plain"}
_HISTORY = 20


class PricingPage(StaffPage):
    """All products with their rates by grade."""

    right = rights.VIEW_RULES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        today = clock.business_date()
        products = Product.objects.exclude(state=Product.State.RETIRED).order_by("code")
        context = {
            "products": [self.describe(request, product) for product in products],
            "studied_on": get_observed()[0],
            "loss_share": get_loss_share(today),
            "today": today,
            "sections": list_sections(self.access, "risk:pricing"),
        }
        return render(request, "risk/pricing.html", context)

    def describe(self, request: HttpRequest, product: Product) -> dict[str, Any]:
        """Return one product."""
        today = clock.business_date()
        changes = list(list_price_changes(product, pricing.PRICE)[:_HISTORY])
        pending = next(
            (one for one in changes if one.state == Approval.State.PENDING and one.kind == pricing.PRICE), None
        )
        return {
            "product": product,
            "grades": list_grade_prices(product, on=today),
            "cap": get_cap_rate(Application(product=product), on=today),
            "changes": [_show_change(one) for one in changes],
            "pending": pending,
            "ask_refusal": self.why_not_ask(pending),
            "decide_refusal": self.why_not_decide(request, pending),
        }

    def why_not_ask(self, pending: Approval | None) -> str:
        """Return why the reader cannot ask for other rates; empty where he can."""
        if not self.access.has(rights.EDIT_RULES):
            return _("Your role does not edit rules.")
        return _("A change of these rates waits for approval already.") if pending else ""

    def why_not_decide(self, request: HttpRequest, pending: Approval | None) -> str:
        """Return why the reader cannot decide on the change; empty where he can."""
        if not self.access.has(rights.APPROVE_CONFIGURATION):
            return _("Your role does not put rules in force.")
        if pending is not None and pending.maker_id == request.user.pk:
            return _("You asked for this yourself, so another person has to decide.")
        return ""


class PricingAct(StaffPage):
    """Ask for other rates, or decide."""

    right = rights.VIEW_RULES

    def post(self, request: HttpRequest, code: str, act: str) -> HttpResponse:
        """Do it and go back."""
        product = Product.objects.filter(code=code).first()
        if product is None or act not in {"ask", "approve", "reject"}:
            raise NotFound
        back = f"{reverse('risk:pricing')}#{code}"
        if act == "ask":
            return carry_out(request, back, lambda: _ask(request, product), _("Asked. A second person decides now."))
        said = _("These rates hold from now on.") if act == "approve" else _("The rates stay as they are.")
        return carry_out(request, back, lambda: _decide(request, product, act == "approve"), said)


def _ask(request: HttpRequest, product: Product) -> object:
    return pricing.ask_prices(
        product_id=product.pk,
        rate_by_grade={grade: _as_fraction(request.POST.get(grade, "")) for grade in GRADES},
        reason=request.POST.get("reason", ""),
        actor=request.user,  # type: ignore[arg-type]
        now=clock.now(),
        business_date=clock.business_date(),
    )


def _decide(request: HttpRequest, product: Product, is_approved: bool) -> object:
    pending = (
        list_price_changes(product, pricing.PRICE).filter(kind=pricing.PRICE, state=Approval.State.PENDING).first()
    )
    if pending is None:
        raise NotFound
    return pricing.decide_prices(
        approval_id=pending.pk,
        is_approved=is_approved,
        note=request.POST.get("note", ""),
        actor=request.user,  # type: ignore[arg-type]
        now=clock.now(),
    )


def _as_fraction(percent: str) -> str:
    """Return what people write as percent as the fraction that rules take; what is no number stays as it is."""
    try:
        return str(Decimal(percent) / 100) if percent.strip() else ""
    except InvalidOperation:
        return percent


def _show_change(change: Approval) -> dict[str, Any]:
    before, after = change.payload.get("before", {}), change.payload.get("rate_by_grade", {})
    moved = [
        {"grade": grade, "before": _read(before.get(grade)), "after": _read(after.get(grade))}
        for grade in GRADES
        if before.get(grade) != after.get(grade)
    ]
    above_cap = [(grade, join_words(terms)) for grade, terms in change.payload.get("above_cap", {}).items()]
    return {"change": change, "moved": moved, "tone": _STATE_TONES[change.state], "above_cap": above_cap}


def _read(rate: str | None) -> Decimal | None:
    return None if rate is None else Decimal(rate)
