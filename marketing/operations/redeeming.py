"""Using a coupon for an application, and giving back what it reserved when nothing comes of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, NotFound
from core.models import User
from core.money import ZERO
from customers.models import Customer
from customers.operations import history
from lending.models import Application, Offer
from marketing.models import Coupon, CouponOffer
from marketing.operations.offers import lock_offer
from marketing.queries.saving import judge, read_situation
from marketing.rules import HAS_COUPON
from marketing.texts import name_reason


class CouponNotUsable(BusinessError):
    """A coupon cannot be used for an application; `reasons` are the codes."""

    code = "coupon_not_usable"
    message = _("This coupon cannot be used here: %(reasons)s")

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(reasons=" ".join(str(name_reason(code)) for code in reasons))
        self.reasons = reasons


@transaction.atomic
def redeem_coupon(
    *, coupon_id: int, customer_id: int, application_id: int, actor: User | None, now: datetime, business_date: date
) -> Coupon:
    """Use a coupon for an application whose offer is not accepted yet; what it can cost is set aside from the budget.

    Done again for the same application it changes nothing. Raises NotFound, CouponNotUsable.
    """
    # Of two coupons for the first loan, used at once for two applications, one comes second.
    Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).values_list("pk").first()
    coupon = Coupon.objects.select_for_update(no_key=True).filter(pk=coupon_id, customer_id=customer_id).first()
    application = (
        Application.objects.select_related("product").filter(pk=application_id, customer_id=customer_id).first()
    )
    if coupon is None or application is None:
        raise NotFound
    if coupon.state == Coupon.State.RESERVED and coupon.application_id == application.pk:
        return coupon
    # The acceptance locks the same row: it comes before or after, never between judgement and reservation.
    quoted = Offer.objects.select_for_update(no_key=True).filter(application=application).first()
    application.refresh_from_db(fields=["state"])
    situation = read_situation(application, quoted, business_date=business_date, now=now)
    offer = lock_offer(coupon.offer_id)
    verdict = judge(coupon, offer, set(offer.products.values_list("pk", flat=True)), situation)
    if verdict.reasons:
        raise CouponNotUsable(verdict.reasons)
    coupon.state = Coupon.State.RESERVED
    coupon.application = application
    coupon.reserved = verdict.saving
    coupon.redeemed_at = now
    try:
        with transaction.atomic():
            coupon.save(update_fields=["state", "application", "reserved", "redeemed_at"])
    except IntegrityError as error:
        raise CouponNotUsable((HAS_COUPON,)) from error
    CouponOffer.objects.filter(pk=offer.pk).update(reserved=F("reserved") + verdict.saving)
    audit.record(
        actor=actor,
        action="marketing.coupon_redeemed",
        target=coupon,
        data={"application": application.number, "reserved": verdict.saving},
        now=now,
    )
    history.add_timeline(
        customer_id=customer_id,
        kind="change",
        text_code="marketing.coupon_redeemed",
        params={"name": offer.name, "number": application.number, "most": str(verdict.saving)},
        at=now,
        key=f"coupon-redeemed:{coupon.pk}:{application.pk}",
        url=f"/applications/{application.public_id}/",
    )
    return coupon


@transaction.atomic
def release_coupon(*, application_id: int, now: datetime, business_date: date) -> Coupon | None:
    """Give back what a coupon reserved for an application that ended, and the coupon too while it may still be used.

    Of one whose loan has run only the rest of the promise comes back. None where no coupon is in use.
    """
    coupon = (
        Coupon.objects.select_for_update(no_key=True)
        .filter(application_id=application_id, state=Coupon.State.RESERVED)
        .first()
    )
    if coupon is None:
        return None
    offer = lock_offer(coupon.offer_id)
    rest = coupon.reserved
    coupon.reserved = ZERO
    is_unused = coupon.loan_id is None and not coupon.spent
    may_be_used = coupon.expires_date >= business_date and offer.state != CouponOffer.State.ENDED
    if is_unused and may_be_used:
        coupon.state, coupon.application, coupon.redeemed_at = Coupon.State.ISSUED, None, None
    else:
        coupon.state = Coupon.State.USED if coupon.spent else Coupon.State.RELEASED
        coupon.ended_at = now
        coupon.application = coupon.application if coupon.loan_id or coupon.spent else None
    coupon.save(update_fields=["state", "application", "redeemed_at", "ended_at", "reserved"])
    CouponOffer.objects.filter(pk=offer.pk).update(reserved=F("reserved") - rest)
    _note_release(coupon, offer, rest, application_id, now)
    return coupon


def _note_release(coupon: Coupon, offer: CouponOffer, rest: Decimal, application_id: int, now: datetime) -> None:
    audit.record(
        actor=None,
        action="marketing.coupon_released",
        target=coupon,
        data={"application": application_id, "rest": rest, "state": coupon.state},
        now=now,
    )
    given_back = coupon.state == Coupon.State.ISSUED
    code = "marketing.coupon_given_back" if given_back else "marketing.coupon_ended"
    history.add_timeline(
        customer_id=coupon.customer_id,
        kind="change",
        text_code=code,
        params={"name": offer.name, "spent": str(coupon.spent)},
        at=now,
        key=f"{code}:{coupon.pk}:{application_id}",
    )


@transaction.atomic
def expire_coupons(*, business_date: date, now: datetime) -> int:
    """End what nobody has used by the end of a business date, in one statement, and release what its handler missed.

    Coupons are locked before any offer and none is waited for after one: whoever uses a coupon locks it first.
    """
    over = Coupon.objects.filter(state=Coupon.State.ISSUED, expires_date__lte=business_date)
    count = over.update(state=Coupon.State.EXPIRED, ended_at=now)
    gone = Q(application__state__in=["DECLINED", "WITHDRAWN", "EXPIRED"]) | Q(
        application__listing__state__in=["FAILED", "CANCELLED"]
    )
    stale = Coupon.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
        gone, state=Coupon.State.RESERVED
    )
    for application_id in list(stale.order_by("pk").values_list("application_id", flat=True)):
        assert application_id is not None, "what is in use has an application"
        release_coupon(application_id=application_id, now=now, business_date=business_date + timedelta(days=1))
    return count
