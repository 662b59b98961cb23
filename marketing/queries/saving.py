"""What a coupon would save on an application, and whether it can be used for it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Q, Sum

from core.money import ZERO
from lending.models import Application, Instalment, Loan, Offer
from lending.queries import terms
from marketing.models import Coupon, CouponOffer
from marketing.rules import (
    CouponFacts,
    InterestPart,
    PaidInterest,
    SubsidyTerms,
    find_last_covered,
    list_refusals,
    plan_subsidy,
)

# So many coupons of one customer are judged at once.
_CHOICES = 50


@dataclass(frozen=True)
class Situation:
    """What of an application every coupon is judged by; without an open offer there is no interest to speak of."""

    application: Application
    has_open_offer: bool
    has_coupon: bool
    is_first_deal: bool
    parts: tuple[InterestPart, ...]
    business_date: date


@dataclass(frozen=True)
class Verdict:
    """What a coupon would save at most, and why it cannot be used (nothing when it can)."""

    saving: Decimal
    reasons: tuple[str, ...]


def read_situation(application: Application, offer: Offer | None, *, business_date: date, now: datetime) -> Situation:
    """Return what coupons are judged by; `offer` is the application's offer, locked where the judgement is acted on."""
    is_open = (
        offer is not None
        and offer.state == Offer.State.OPEN
        and offer.expires_at > now
        and application.state == Application.State.APPROVED
    )
    return Situation(
        application=application,
        has_open_offer=is_open,
        has_coupon=Coupon.objects.filter(application=application).exists(),
        is_first_deal=_is_first_deal(application),
        parts=_plan_parts(application, business_date) if is_open else (),
        business_date=business_date,
    )


def _is_first_deal(application: Application) -> bool:
    """Tell whether nothing was borrowed yet, and no other application uses a coupon for the first loan."""
    loans = Loan.objects.filter(borrower_id=application.customer_id, state__in=[Loan.State.ACTIVE, Loan.State.SETTLED])
    claimed = Coupon.objects.filter(
        customer_id=application.customer_id, state=Coupon.State.RESERVED, offer__first_deal_only=True
    )
    return not loans.exists() and not claimed.exclude(application=application).exists()


def _plan_parts(application: Application, on: date) -> tuple[InterestPart, ...]:
    rows = terms.quote_application(application, disbursed_on=on).rows
    dates = terms.plan_dates(application, disbursed_on=on)
    return tuple(InterestPart(row.interest, nominal) for row, nominal in zip(rows, dates, strict=False))


def judge(coupon: Coupon, offer: CouponOffer, product_ids: set[int], situation: Situation) -> Verdict:
    """Judge one coupon; `product_ids` are the offer's products."""
    application, on = situation.application, situation.business_date
    saving = ZERO
    if situation.has_open_offer and application.annual_rate is not None:
        until = find_last_covered(on, offer.covered_months)
        subsidy = SubsidyTerms(offer.discount_rate, application.annual_rate, until)
        saving = plan_subsidy(situation.parts, subsidy, most=offer.most_per_coupon)
    facts = CouponFacts(
        is_open=coupon.state == Coupon.State.ISSUED,
        is_expired=coupon.expires_date < on,
        is_offer_open=offer.state == CouponOffer.State.APPROVED,
        has_open_offer=situation.has_open_offer,
        has_coupon=situation.has_coupon,
        is_product_allowed=not product_ids or application.product_id in product_ids,
        is_first_deal=situation.is_first_deal,
        first_deal_only=offer.first_deal_only,
        saving=saving,
        budget_left=offer.left,
    )
    return Verdict(saving, tuple(list_refusals(facts)))


def list_paid_interest(loan: Loan) -> list[PaidInterest]:
    """Return what of the interest of each instalment was paid by its due date; what was given back is taken off."""
    on_time = Sum(
        "allocations__amount",
        filter=Q(allocations__component="INTEREST", allocations__repayment__business_date__lte=F("due_date")),
        default=ZERO,
    )
    return [
        PaidInterest(
            row.pk,
            row.on_time,
            row.nominal_due_date,
            row.due_date,
            row.interest_paid >= row.interest - row.interest_waived,
        )
        for row in Instalment.objects.filter(loan=loan).annotate(on_time=on_time).order_by("n")
    ]


@dataclass(frozen=True)
class Choice:
    """One coupon that a borrower could use for an application, with the verdict on it."""

    coupon: Coupon
    verdict: Verdict


def list_choices(application: Application, offer: Offer | None, *, business_date: date, now: datetime) -> list[Choice]:
    """Return the coupons that the applicant has not used yet, what saves most first."""
    coupons = list(
        Coupon.objects.filter(customer_id=application.customer_id, state=Coupon.State.ISSUED)
        .select_related("offer")
        .prefetch_related("offer__products")
        .order_by("expires_date", "pk")[:_CHOICES]
    )
    if not coupons:
        return []
    situation = read_situation(application, offer, business_date=business_date, now=now)
    choices = [
        Choice(coupon, judge(coupon, coupon.offer, {product.pk for product in coupon.offer.products.all()}, situation))
        for coupon in coupons
    ]
    return sorted(choices, key=lambda choice: (bool(choice.verdict.reasons), -choice.verdict.saving))
