"""Offers: one person drafts, another one approves, and own money covers every budget that runs."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.changes import ChangeInvalid, as_json, write_values
from core.errors import BusinessError, InvalidInput, NotFound, Text
from core.models import User
from core.money import ZERO
from core.outbox import publish
from customers.operations.moments import FARTHEST, find_moment_fault
from ledger.queries import balance_of
from ledger.rules.accounts import PLATFORM_OWN
from marketing.events import OfferEnded
from marketing.models import Coupon, CouponOffer
from staff import rights
from staff.models import Approval
from staff.operations import OwnApproval, ask_approval, decide_approval
from staff.queries import access_right

APPROVE: Final = "marketing.approve_offer"
# What a second person may change about an offer that exists.
CHANGEABLE: Final = (
    "name",
    "description",
    "budget",
    "most_per_coupon",
    "valid_until",
    "coupon_days",
    "most_per_customer",
)
_TERMS: Final = (
    "name", "discount_rate", "covered_months", "most_per_coupon", "budget", "first_deal_only", "segment_id", "valid_from",
    "valid_until", "coupon_days", "most_per_customer", "occasion",
)  # fmt: skip


class OfferInvalid(InvalidInput):
    """The terms of an offer cannot be kept."""

    code = "coupon_offer_invalid"
    message = _("This coupon offer cannot be kept.")


class OfferStateWrong(BusinessError):
    """The offer is past the point where this can be done."""

    code = "coupon_offer_state"
    message = _("The offer “%(name)s” is not in a state for this.")
    next_step = _("Look at it again; somebody has changed it meanwhile.")


class OfferChanged(BusinessError):
    """The terms are no longer those that approval was asked for."""

    code = "coupon_offer_changed"
    message = _("The terms of “%(name)s” were changed after approval was asked for.")
    next_step = _("Reject it and have it submitted again.")


class OfferUsedUp(BusinessError):
    """Nothing of the budget is left."""

    code = "coupon_offer_used_up"
    message = _("The budget of “%(name)s” is used up.")
    next_step = _("Ask for a larger budget, or take another offer.")


class OwnMoneyTooLow(BusinessError):
    """What the platform owns does not cover the promises."""

    code = "own_money_too_low"
    message = _("The platform's own money covers %(free)s yuan of further budgets.")
    next_step = _("Pay in own money first, or take a smaller budget.")


@transaction.atomic
def create_offer(
    *,
    name: str,
    discount_rate: Decimal,
    most_per_coupon: Decimal,
    budget: Decimal,
    valid_from: date,
    valid_until: date,
    actor: User,
    now: datetime,
    description: str = "",
    covered_months: int | None = None,
    product_ids: Sequence[int] = (),
    first_deal_only: bool = True,
    segment_id: int | None = None,
    coupon_days: int = 30,
    most_per_customer: int = 1,
    occasion: str = "",
) -> CouponOffer:
    """Keep a draft of an offer; nobody gets a coupon of it before another person approves. Raises OfferInvalid."""
    offer = CouponOffer(
        name=name.strip(),
        description=description.strip(),
        discount_rate=discount_rate,
        covered_months=covered_months,
        most_per_coupon=most_per_coupon,
        budget=budget,
        first_deal_only=first_deal_only,
        segment_id=segment_id,
        valid_from=valid_from,
        valid_until=valid_until,
        coupon_days=coupon_days,
        most_per_customer=most_per_customer,
        occasion=occasion,
        made_at=now,
        made_by=actor,
    )
    try:
        offer.full_clean()
    except ValidationError as error:
        raise OfferInvalid(fields={key: list(texts) for key, texts in error.message_dict.items()}) from error
    if faults := _find_faults(offer, now):
        raise OfferInvalid(fields=faults)
    offer.save()
    offer.products.set(product_ids)
    audit.record(actor=actor, action="marketing.offer_created", target=offer, data=_describe(offer), now=now)
    return offer


def _find_faults(offer: CouponOffer, now: datetime) -> dict[str, list[Text]]:
    """Return what is wrong with when coupons are handed out and how long they live, by field."""
    faults: dict[str, list[Text]] = {}
    fault = find_moment_fault(clock.at(offer.valid_until, 23, 59), now)
    if fault is not None:
        faults["valid_until"] = [fault]
    if offer.coupon_days > FARTHEST.days:
        faults["coupon_days"] = [_("Choose a moment within five years.")]
    return faults


def _describe(offer: CouponOffer) -> dict[str, Any]:
    kept = {name: as_json(getattr(offer, name)) for name in _TERMS}
    return {**kept, "products": sorted(offer.products.values_list("pk", flat=True))}


@transaction.atomic
def submit_offer(*, offer_id: int, reason: str, actor: User, now: datetime) -> Approval:
    """Ask another person to approve a draft. Raises Refused, NotFound, OfferStateWrong, AlreadyAsked."""
    access_right(actor, rights.EDIT_COUPONS)
    offer = lock_offer(offer_id)
    if offer.state != CouponOffer.State.DRAFT:
        raise OfferStateWrong(name=offer.name)
    return ask_approval(kind=APPROVE, target=offer, payload=_describe(offer), reason=reason[:300], actor=actor, now=now)


@transaction.atomic
def decide_offer(*, approval_id: int, is_approved: bool, note: str, actor: User, now: datetime) -> Approval:
    """Decide as another person than who drafted and who submitted; an approved offer runs.

    Raises Refused, AlreadyDecided, OwnApproval, OfferStateWrong, OfferChanged, OwnMoneyTooLow.
    """
    access_right(actor, rights.APPROVE_CONFIGURATION)
    approval = decide_approval(approval_id=approval_id, is_approved=is_approved, note=note, actor=actor, now=now)
    if not is_approved:
        return approval
    _enter_cover()
    offer = lock_offer(int(approval.target_id))
    if offer.made_by_id == actor.pk:
        raise OwnApproval
    if offer.state != CouponOffer.State.DRAFT:
        raise OfferStateWrong(name=offer.name)
    if approval.payload != _describe(offer):
        raise OfferChanged(name=offer.name)
    offer.state = CouponOffer.State.APPROVED
    offer.approved_at, offer.approved_by = now, actor
    offer.save(update_fields=["state", "approved_at", "approved_by"])
    _check_cover()
    audit.record(actor=actor, action="marketing.offer_approved", target=offer, data={"budget": offer.budget}, now=now)
    return approval


def _enter_cover() -> None:
    """Let one change of what is promised at a time reckon whether own money covers it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('marketing.cover'))")


def _check_cover() -> None:
    own = balance_of(PLATFORM_OWN)
    promised = sum_promised()
    if promised > own:
        raise OwnMoneyTooLow(free=max(own - promised, ZERO))


def sum_promised() -> Decimal:
    """Return what running offers may still cost, and ended ones have promised."""
    live = CouponOffer.objects.filter(state__in=[CouponOffer.State.APPROVED, CouponOffer.State.PAUSED])
    ended = CouponOffer.objects.filter(state=CouponOffer.State.ENDED)
    open_budget = live.aggregate(total=Sum(F("budget") - F("spent")))["total"] or ZERO
    return Decimal(open_budget + (ended.aggregate(total=Sum("reserved"))["total"] or ZERO))


_MOVES: Final = {
    "pause": (CouponOffer.State.APPROVED, CouponOffer.State.PAUSED),
    "resume": (CouponOffer.State.PAUSED, CouponOffer.State.APPROVED),
}


@transaction.atomic
def move_offer(*, offer_id: int, move: str, actor: User, now: datetime) -> CouponOffer:
    """Pause a running offer or let it run again; coupons in use are paid meanwhile. Raises Refused, NotFound, OfferStateWrong."""
    access_right(actor, rights.EDIT_COUPONS)
    offer = lock_offer(offer_id)
    if move not in _MOVES or offer.state != _MOVES[move][0]:
        raise OfferStateWrong(name=offer.name)
    offer.state = _MOVES[move][1]
    offer.save(update_fields=["state"])
    audit.record(actor=actor, action=f"marketing.offer_{move}d", target=offer, now=now)
    return offer


@transaction.atomic
def end_offer(*, offer_id: int, reason: str, actor: User, now: datetime) -> CouponOffer:
    """End an offer for good: coupons that nobody uses yet are called in moments later, those in use are honoured.

    Raises Refused, NotFound, OfferStateWrong.
    """
    access_right(actor, rights.EDIT_COUPONS)
    offer = lock_offer(offer_id)
    if offer.state not in {CouponOffer.State.APPROVED, CouponOffer.State.PAUSED}:
        raise OfferStateWrong(name=offer.name)
    offer.state = CouponOffer.State.ENDED
    offer.save(update_fields=["state"])
    audit.record(actor=actor, action="marketing.offer_ended", target=offer, reason=reason[:300], now=now)
    publish(OfferEnded(offer.pk), now=now)
    return offer


@transaction.atomic
def call_in_coupons(*, offer_id: int, now: datetime) -> int:
    """Call in what nobody uses of an offer that has ended; return how many.

    Apart from the ending, because whoever uses a coupon locks it before the offer.
    """
    unused = Coupon.objects.filter(offer_id=offer_id, offer__state=CouponOffer.State.ENDED, state=Coupon.State.ISSUED)
    count = unused.update(state=Coupon.State.CANCELLED, ended_at=now)
    audit.record(
        actor=None,
        action="marketing.coupons_called_in",
        target=CouponOffer(pk=offer_id),
        data={"count": count},
        now=now,
    )
    return count


@transaction.atomic
def apply_offer(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> CouponOffer:
    """Carry out an approved change of an offer. Raises ChangeInvalid, OwnMoneyTooLow."""
    _enter_cover()
    offer = lock_offer(int(target_id))
    if offer.state == CouponOffer.State.ENDED:
        raise ChangeInvalid(fields={"state": [_("This offer has ended.")]})
    before = write_values(offer, values, allowed=CHANGEABLE)
    if faults := _find_faults(offer, now):
        raise ChangeInvalid(fields=faults)
    if offer.state != CouponOffer.State.DRAFT:
        _check_cover()
    audit.record(
        actor=actor,
        action="marketing.offer_changed",
        target=offer,
        data={"before": before, "after": dict(values)},
        now=now,
    )
    return offer


def lock_offer(offer_id: int) -> CouponOffer:
    """Lock an offer, its budget with it. Raises NotFound."""
    offer = CouponOffer.objects.select_for_update(no_key=True).filter(pk=offer_id).first()
    if offer is None:
        raise NotFound
    return offer
