"""Coupon offers: the list with budgets, one offer with what came of it, drafting, approving, handing out."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.models import User
from core.money import ZERO, InexactAmount, yuan
from core.rules.charts import Chart, Series, Shape
from core.rules.formats import money_text
from core.web.listing import take_page
from ledger.operations.own_funds import ask_own_funds
from ledger.queries import balance_of
from ledger.rules.accounts import PLATFORM_OWN
from marketing.models import CouponOffer
from marketing.operations import issuing, offers
from marketing.queries import offers as reads
from marketing.texts import name_outcome
from marketing.web.forms import OfferForm
from marketing.web.words import OFFER_TONES, STATE_TONES
from segmentation.models import Segment
from segmentation.queries.segments import get_segment, list_segments
from staff import rights
from staff.models import Approval
from staff.pages import StaffPage, carry_out, show_refusal

_ISSUES = 20


class OfferListPage(StaffPage):
    """All offers with their budgets, and the own money that covers them."""

    right = rights.VIEW_COUPONS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        page = take_page(reads.list_offers(), request.GET, sorts={"until": "valid_until"})
        own, promised = balance_of(PLATFORM_OWN), offers.sum_promised()
        context = {
            "page": page,
            "rows": [_show_offer(offer) for offer in page.rows],
            "own": own,
            "promised": promised,
            "free": max(own - promised, ZERO),
            "may_edit": self.access.has(rights.EDIT_COUPONS),
            "may_pay_in": self.access.has(rights.CONFIGURE),
        }
        return render(request, "marketing/offers.html", context)


def _show_offer(offer: CouponOffer) -> dict[str, Any]:
    return {
        "offer": offer,
        "url": reverse("marketing:offer", args=[offer.public_id]),
        "tone": OFFER_TONES[offer.state],
        "percent": int((offer.reserved + offer.spent) * 100 / offer.budget),
    }


class OwnMoney(StaffPage):
    """Own money that was paid in at the custodian, to be booked when another person agrees."""

    right = rights.CONFIGURE

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for the booking."""
        given, reason = request.POST.get("amount", ""), request.POST.get("reason", "")

        def ask() -> Approval:
            return ask_own_funds(amount=_read_amount(given), reason=reason, actor=_actor(request), now=clock.now())

        said = _("Asked. A second person decides among the approvals.")
        return carry_out(request, reverse("marketing:offers"), ask, said)


def _read_amount(text: str) -> Decimal:
    """Return what was typed as yuan; what is no amount is none."""
    try:
        return yuan(Decimal(text.strip()))
    except (InvalidOperation, InexactAmount):
        return ZERO


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


class NewOfferPage(StaffPage):
    """The form of a draft."""

    right = rights.EDIT_COUPONS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        today = clock.business_date()
        initial = {"valid_from": today, "valid_until": today + timedelta(days=90)}
        return render(request, "marketing/new.html", {"form": OfferForm(initial=initial)})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the draft."""
        form = OfferForm(request.POST)
        if form.is_valid():
            try:
                offer = offers.create_offer(**form.read(), actor=_actor(request), now=clock.now())
            except offers.OfferInvalid as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Kept. Submit it, and another person can approve it."))
                return redirect("marketing:offer", offer.public_id)
        return render(request, "marketing/new.html", {"form": form}, status=422)


class OfferPage(StaffPage):
    """One offer: terms, budget, what came of it among the reader's customers, handings out."""

    right = rights.VIEW_COUPONS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        offer = reads.get_offer(public_id)
        page = take_page(reads.list_coupons(self.access).filter(offer=offer), request.GET, sorts={})
        months = reads.list_months(self.access, offer)
        pending = _find_pending(offer)
        context = {
            **_show_offer(offer),
            "products": list(offer.products.order_by("code")),
            "figures": reads.measure_offer(self.access, offer),
            "rewards": reads.count_rewards(self.access, offer) if offer.occasion else None,
            "chart": _draw(months) if months else None,
            "page": page,
            "rows": [(coupon, STATE_TONES[coupon.state]) for coupon in page.rows],
            "issues": [
                (issue, [(name_outcome(code), count) for code, count in sorted(issue.counts.items())])
                for issue in reads.list_issues(offer)[:_ISSUES]
            ],
            "pending": pending,
            "may_edit": self.access.has(rights.EDIT_COUPONS),
            "decide_refusal": self.why_not_decide(offer, pending),
            "segments": self.list_segments(offer),
        }
        return render(request, "marketing/offer.html", context)

    def list_segments(self, offer: CouponOffer) -> list[Segment]:
        """Return the segments to whose members coupons can be handed out now."""
        if offer.state != CouponOffer.State.APPROVED or not self.access.has(rights.EDIT_COUPONS):
            return []
        return list(list_segments())

    def why_not_decide(self, offer: CouponOffer, pending: Approval | None) -> str:
        """Return why the reader cannot decide on the offer; empty where he can."""
        if not self.access.has(rights.APPROVE_CONFIGURATION):
            return _("Your role does not approve offers.")
        if pending is not None and self.access.user_id in {pending.maker_id, offer.made_by_id}:
            return _("You asked for this yourself, so another person has to decide.")
        return ""


def _find_pending(offer: CouponOffer) -> Approval | None:
    return (
        Approval.objects.filter(
            kind=offers.APPROVE,
            target_type=CouponOffer._meta.label_lower,
            target_id=str(offer.pk),
            state=Approval.State.PENDING,
        )
        .select_related("maker")
        .first()
    )


def _draw(months: list[tuple[Any, Decimal]]) -> Chart:
    total = sum((amount for _month, amount in months), ZERO)
    return Chart(
        title=_("Subsidies paid by month"),
        x=[f"{month:%Y-%m-%d}" for month, _amount in months],
        series=[Series(_("Subsidies"), [amount for _month, amount in months], Shape.BAR)],
        sentence=_("%(total)s were paid in the months shown.") % {"total": money_text(total)},
        definition=_("Interest subsidies posted, by business date, to customers in your reach."),
    )


class OfferAct(StaffPage):
    """Submit, decide, pause, go on, end, hand out."""

    right = rights.VIEW_COUPONS

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do it and go back."""
        acts: dict[str, tuple[Callable[[HttpRequest, CouponOffer], object], str]] = {
            "submit": (_submit, _("Submitted. Another person decides now.")),
            "approve": (_approve, _("The offer runs from now on.")),
            "reject": (_reject, _("The draft stays a draft.")),
            "pause": (_pause, _("Paused: nobody gets or uses a coupon; those in use are paid.")),
            "resume": (_resume, _("The offer runs again.")),
            "end": (_end, _("Ended: unused coupons are called in, those in use are honoured.")),
            "issue": (_issue, _("A worker hands them out; this takes a few moments.")),
        }
        if act not in acts:
            raise NotFound
        offer = reads.get_offer(public_id)
        run, said = acts[act]
        return carry_out(request, reverse("marketing:offer", args=[public_id]), lambda: run(request, offer), said)


def _submit(request: HttpRequest, offer: CouponOffer) -> object:
    reason = request.POST.get("reason", "") or offer.description or offer.name
    return offers.submit_offer(offer_id=offer.pk, reason=reason, actor=_actor(request), now=clock.now())


def _decide(request: HttpRequest, offer: CouponOffer, is_approved: bool) -> object:
    pending = _find_pending(offer)
    if pending is None:
        raise NotFound
    note = request.POST.get("note", "")
    return offers.decide_offer(
        approval_id=pending.pk, is_approved=is_approved, note=note, actor=_actor(request), now=clock.now()
    )


def _approve(request: HttpRequest, offer: CouponOffer) -> object:
    return _decide(request, offer, True)


def _reject(request: HttpRequest, offer: CouponOffer) -> object:
    return _decide(request, offer, False)


def _pause(request: HttpRequest, offer: CouponOffer) -> object:
    return offers.move_offer(offer_id=offer.pk, move="pause", actor=_actor(request), now=clock.now())


def _resume(request: HttpRequest, offer: CouponOffer) -> object:
    return offers.move_offer(offer_id=offer.pk, move="resume", actor=_actor(request), now=clock.now())


def _end(request: HttpRequest, offer: CouponOffer) -> object:
    reason = request.POST.get("reason", "")
    return offers.end_offer(offer_id=offer.pk, reason=reason, actor=_actor(request), now=clock.now())


def _issue(request: HttpRequest, offer: CouponOffer) -> object:
    return issuing.ask_issue(
        offer_id=offer.pk,
        segment_id=get_segment(request.POST.get("segment", "")).pk,
        actor=_actor(request),
        now=clock.now(),
        business_date=clock.business_date(),
    )
