"""Rates and policies, and which loans, customers and offers they concern."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from core import parameters
from core.errors import NotFound
from core.models import User
from lending.models import Application, Loan
from lending.queries.staff import loans_in_scope
from risk.models import MarketRate, PolicyNotice
from risk.queries.figures import access_monitoring
from risk.queries.stress import list_dear_grades
from staff.queries import Access


def list_rates(user: User) -> QuerySet[MarketRate]:
    """Return the published rates, newest first. Raises Refused."""
    access_monitoring(user)
    return MarketRate.objects.select_related("recorded_by")


def list_policies(user: User) -> QuerySet[PolicyNotice]:
    """Return the policies, those not assessed first. Raises Refused."""
    access_monitoring(user)
    return PolicyNotice.objects.select_related("assessed_by").order_by("-state", "-published_date", "-id")


def get_policy(user: User, public_id: str) -> PolicyNotice:
    """Return one policy. Raises Refused, NotFound."""
    notice = list_policies(user).filter(public_id=public_id).first()
    if notice is None:
        raise NotFound
    return notice


@dataclass(frozen=True)
class RateMove:
    """One publication beside the one before it, with the cap that follows from each."""

    rate: MarketRate
    before: Decimal | None
    cap: Decimal | None
    cap_before: Decimal | None


def get_move(user: User, code: str, day: date) -> RateMove:
    """Return one publication with what changed by it. Raises Refused, NotFound."""
    rate = list_rates(user).filter(code=code, published_date=day).first()
    if rate is None:
        raise NotFound
    before = MarketRate.objects.filter(code=code, published_date__lt=day).order_by("-published_date").first()
    previous = Decimal(before.value) if before else None
    if code != MarketRate.Code.LPR_1Y:
        return RateMove(rate, previous, None, None)
    multiple = parameters.get_decimal("lending.cap_lpr_multiple", on=day)
    return RateMove(rate, previous, multiple * rate.value, multiple * previous if previous is not None else None)


@dataclass(frozen=True)
class Concerned:
    """What a condition on loans reaches: how many, whose, how much; the rows are the reader's page of them."""

    loans: int
    customers: int
    principal: Decimal
    rows: QuerySet[Loan]


def concern_by_cap(access: Access, cap: Decimal) -> Concerned:
    """Return the running loans priced above a cap: lawful on their day, dear today, the first to be settled early."""
    return _concern(access, Q(annual_rate__gt=cap))


def concern_by_policy(access: Access, notice: PolicyNotice) -> Concerned:
    """Return the running loans that a policy concerns by purpose, product and province; every part given must fit."""
    scope: dict[str, list[str]] = notice.scope or {}
    condition = Q()
    if products := scope.get("products"):
        condition &= Q(product__code__in=products)
    if purposes := scope.get("purposes"):
        condition &= Q(listing__application__purpose__in=purposes)
    if provinces := scope.get("provinces"):
        regions = Q()
        for province in provinces:
            regions |= Q(borrower__region_code__startswith=province)
        condition &= regions
    return _concern(access, condition)


def _concern(access: Access, condition: Q) -> Concerned:
    rows = loans_in_scope(access).filter(condition, state=Loan.State.ACTIVE)
    totals: dict[str, Any] = rows.order_by().aggregate(
        loans=Count("pk"), customers=Count("borrower", distinct=True), principal=Sum("standing__principal_outstanding")
    )
    return Concerned(
        totals["loans"], totals["customers"], totals["principal"] or Decimal("0.00"), rows.order_by(F("id").desc())
    )


def list_dear_offers(cap: Decimal) -> list[tuple[str, str, Decimal]]:
    """Return (product, grade, rate) that lie above a cap."""
    return list_dear_grades(cap)


def count_dear_applications(cap: Decimal) -> int:
    """Return how many approved applications wait with a rate above a cap: their contract could not be drawn."""
    return Application.objects.filter(state__in=["APPROVED", "ACCEPTED"], annual_rate__gt=cap).count()
