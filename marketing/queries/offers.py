"""Offers and coupons as a reader sees them: terms and budget for all who may look, people within his scope."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from core.errors import NotFound, Text
from core.money import ZERO, round_yuan
from marketing.models import Coupon, CouponIssue, CouponOffer, CouponPayment, Reward
from marketing.texts import name_reward
from staff import rights
from staff.queries import Access, scope_condition


@dataclass(frozen=True)
class OfferFigures:
    """What came of an offer among the reader's own customers; `per_loan` is None before the first loan."""

    issued: int
    by_state: dict[str, int]
    loans: int
    spent: Decimal
    per_loan: Decimal | None

    @property
    def redeemed(self) -> int:
        """Return how many were used or are in use."""
        return self.by_state.get("RESERVED", 0) + self.by_state.get("USED", 0)


def list_offers() -> QuerySet[CouponOffer]:
    """Return all offers."""
    return CouponOffer.objects.select_related("segment", "made_by")


def get_offer(public_id: str) -> CouponOffer:
    """Return an offer. Raises NotFound."""
    found = CouponOffer.objects.select_related("segment", "made_by", "approved_by").filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def list_running(on: date) -> QuerySet[CouponOffer]:
    """Return the offers of which coupons can be given on a date."""
    return CouponOffer.objects.filter(
        state=CouponOffer.State.APPROVED, valid_from__lte=on, valid_until__gte=on
    ).order_by("name", "pk")


def list_coupons(access: Access) -> QuerySet[Coupon]:
    """Return the coupons of customers in the reader's reach."""
    return Coupon.objects.filter(scope_condition(access, rights.VIEW_COUPONS, "customer__rm")).select_related(
        "customer__rm__user", "offer", "application", "loan"
    )


def measure_offer(access: Access, offer: CouponOffer) -> OfferFigures:
    """Return what came of an offer, in one query."""
    rows = list_coupons(access).filter(offer=offer).order_by().values("state")
    found = list(rows.annotate(many=Count("pk"), loans=Count("loan"), paid=Sum("spent")))
    loans, spent = sum(row["loans"] for row in found), sum((row["paid"] for row in found), ZERO)
    return OfferFigures(
        issued=sum(row["many"] for row in found),
        by_state={row["state"]: row["many"] for row in found},
        loans=loans,
        spent=spent,
        per_loan=round_yuan(spent / loans) if loans else None,
    )


def count_rewards(access: Access, offer: CouponOffer) -> tuple[int, int]:
    """Return how many an offer has rewarded by itself in the reader's reach: with a coupon, and with thanks alone."""
    inside = scope_condition(access, rights.VIEW_COUPONS, "customer__rm")
    found = Reward.objects.filter(inside, offer=offer).aggregate(
        given=Count("pk", filter=Q(coupon__isnull=False)), thanked=Count("pk", filter=Q(coupon=None))
    )
    return found["given"], found["thanked"]


def list_rewards(customer_id: int) -> QuerySet[Reward]:
    """Return what a customer was given at occasions, the latest first."""
    return Reward.objects.filter(customer_id=customer_id).select_related("offer", "coupon").order_by("-at", "-pk")


def describe_tenure(access: Access, customer_id: int) -> list[tuple[Text, str]]:
    """Return how a customer's years with us were rewarded, with the tab that shows more."""
    if not access.has(rights.VIEW_COUPONS):
        return []
    rows = list_rewards(customer_id).exclude(occasion=CouponOffer.Occasion.IDENTITY)
    return [(name_reward(row.get_occasion_display(), is_thanks=row.coupon_id is None), "coupons") for row in rows]


def list_gifts(on: date) -> list[tuple[str, Text, str]]:
    """Return the offers that give coupons by themselves on a date: the occasion, the name, the address."""
    return [(row.occasion, row.name, f"/coupons/{row.public_id}/") for row in list_running(on).exclude(occasion="")]


def list_months(access: Access, offer: CouponOffer) -> list[tuple[date, Decimal]]:
    """Return what an offer has paid by month, the last twelve months in which it did."""
    inside = scope_condition(access, rights.VIEW_COUPONS, "coupon__customer__rm")
    rows = CouponPayment.objects.filter(inside, coupon__offer=offer).annotate(month=TruncMonth("business_date"))
    found = rows.order_by("-month").values_list("month").annotate(Sum("amount"))[:12]
    return [(month, amount) for month, amount in reversed(list(found))]


def list_issues(offer: CouponOffer) -> QuerySet[CouponIssue]:
    """Return when coupons of an offer were handed out to segments, the latest first."""
    return CouponIssue.objects.filter(offer=offer).select_related("segment", "asked_by").order_by("-id")


def list_own_coupons(customer_id: int) -> QuerySet[Coupon, Any]:
    """Return a customer's coupons."""
    return Coupon.objects.filter(customer_id=customer_id)


def get_own_coupon_id(customer_id: int, public_id: str) -> int:
    """Return the key of a customer's own coupon. Raises NotFound."""
    pk = Coupon.objects.filter(customer_id=customer_id, public_id=public_id).values_list("pk", flat=True).first()
    if pk is None:
        raise NotFound
    return pk


def find_segment_uses(segment_id: int) -> list[tuple[Text, str]]:
    """Return the offers that rest on a segment, with their addresses."""
    rows = CouponOffer.objects.filter(Q(segment_id=segment_id) | Q(issues__segment_id=segment_id)).distinct()
    return [(offer.name, f"/coupons/{offer.public_id}/") for offer in rows.order_by("name", "pk")]
