"""What is recommended to whom: open listings within an investor's risk tolerance, products within a borrower's means.

Suitability comes first and is judged by lending's own checks; only then is anything put in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.db.models import F, Max, QuerySet

from core.money import ZERO
from customers.models import Consent, Customer
from ledger.queries.balances import balance_of_customer
from lending.models import Application, Bid, Listing, Loan, LoanState, Product
from lending.queries.exposure import get_exposure
from lending.queries.suitability import get_caps, get_suitability, read_borrower_facts, sum_invested
from lending.rules import limits
from risk.queries.alerts import list_unmarketed_products
from segmentation.models import Labels, Learning
from segmentation.queries.non_customers import find_non_customers
from segmentation.rules.needs import list_next
from segmentation.rules.recommend import (
    PARTS,
    PLAIN_WEIGHTS,
    SHOWN,
    Course,
    Shares,
    Taste,
    Traits,
    describe,
    measure,
    score,
    share_out,
    suggest_amount,
    tell_reasons,
)
from segmentation.rules.sensitivity import Offer, choose_offers

# A taste is that of the latest bids of two years.
_TASTE_BIDS: Final = 200
_TASTE_DAYS: Final = timedelta(days=730)
# Of the newest so many suited listings the best are chosen.
_MOST_LISTINGS: Final = 2_000
_OPEN_STATES: Final = (Application.State.SUBMITTED, Application.State.REFERRED, Application.State.APPROVED)
_LISTING: Final = (
    "pk",
    "public_id",
    "number",
    "title",
    "amount",
    "funded",
    "bid_count",
    "annual_rate",
    "periods",
    "risk_grade",
    "opened_at",
    "deadline_date",
    "borrower_id",
    "product_id",
)


class Bar(StrEnum):
    """Why nothing is recommended."""

    NOT_IDENTIFIED = "not_identified"
    NO_CONSENT = "no_consent"
    NON_CUSTOMER = "non_customer"
    NO_ASSESSMENT = "no_assessment"
    ASSESSMENT_ENDED = "assessment_ended"
    LIMIT_REACHED = "limit_reached"
    NOTHING_OPEN = "nothing_open"
    OVERDUE = "overdue"
    APPLIED = "applied"
    NOT_ADMITTED = "not_admitted"
    MOST_OWED = "most_owed"
    NOTHING_OFFERED = "nothing_offered"


@dataclass(frozen=True)
class Recommended:
    """One listing or product, its place, the amount it is recommended for, and why as codes with figures."""

    id: int
    public_id: str
    title: str
    amount: Decimal
    reasons: list[dict[str, Any]]
    terms: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recommendations:
    """What is recommended to somebody in one role, in order; or why nothing is."""

    rows: list[Recommended]
    bar: Bar | None = None
    learning: Learning | None = None
    is_personal: bool = True
    # From when on there may be something again, where the calendar alone decides that.
    until: date | None = None


def get_learning(kind: str) -> Learning | None:
    """Return the latest learning of a kind that came to something."""
    return Learning.objects.filter(kind=kind, state=Learning.State.DONE).order_by("-pk").first()


def has_consent(customer_id: int) -> bool:
    """Tell whether a customer agreed to marketing."""
    live = Consent.objects.filter(customer_id=customer_id, withdrawn_at__isnull=True)
    return live.filter(purpose=Consent.Purpose.MARKETING).exists()


def recommend_to(
    customer: Customer, today: date, now: datetime, *, is_unasked: bool
) -> tuple[Recommendations, Recommendations]:
    """Return listings and products for a customer.

    Who has not agreed to marketing is shown nothing unasked, nor who is no customer for the time being; who asks himself
    sees what suits him in an order that is the same for everybody (PIPL art. 24).
    """
    agreed = has_consent(customer.pk)
    if is_unasked and not agreed:
        nothing = Recommendations([], Bar.NO_CONSENT, is_personal=False)
        return nothing, nothing
    held = find_non_customers([customer.pk], today) if is_unasked else {}
    if held:
        nothing = Recommendations([], Bar.NON_CUSTOMER, until=held[customer.pk])
        return nothing, nothing
    moved_by = _read_sensitivity(customer.pk) if agreed else ""
    return (
        recommend_listings(customer, today, now, is_personal=agreed, sensitivity=moved_by),
        recommend_products(customer, today, is_personal=agreed, sensitivity=moved_by),
    )


def recommend_listings(
    customer: Customer, today: date, now: datetime, *, is_personal: bool, sensitivity: str = ""
) -> Recommendations:
    """Return the open listings that suit an investor, by his taste; without consent in the order of all: the newest first.

    Who is sensitive to price or safety is shown only what fits that, as far as there is any.
    """
    if customer.status != Customer.Status.IDENTIFIED:
        return Recommendations([], Bar.NOT_IDENTIFIED)
    suitability = get_suitability(customer.pk, today)
    if suitability is None:
        return Recommendations([], Bar.NO_ASSESSMENT)
    if today > suitability.valid_until:
        return Recommendations([], Bar.ASSESSMENT_ENDED)
    invested = sum_invested(customer.pk)
    if invested >= suitability.total_limit:
        return Recommendations([], Bar.LIMIT_REACHED)
    grades = [n for n, grade in enumerate(limits.RISK_GRADES, 1) if limits.is_within_tier(grade, suitability.tier)]
    rows = _read_open(customer.pk, grades, today)
    learning = get_learning(Learning.Kind.LISTINGS) if is_personal else None
    content = learning.content if learning is not None else {}
    described = [_describe(row) for row in rows]
    shares: Shares = content.get("shares") or share_out(described)
    weights = content.get("weights") or PLAIN_WEIGHTS
    taste = read_taste(customer.pk, today) if is_personal else Taste()
    order = list(range(len(rows)))
    if is_personal:
        scores = [
            score(measure(taste, shares, traits, _course(row, now)), weights)
            for row, traits in zip(rows, described, strict=True)
        ]
        order.sort(key=lambda place: -scores[place])
    free = balance_of_customer(customer.pk).available
    means = _choose_listings(sensitivity, rows)
    found: list[Recommended] = []
    for place in [place for place in order if not means or place in means]:
        row = rows[place]
        amount = _suit(row, suitability, invested, free, today)
        if amount is None:
            continue
        reasons = tell_reasons(taste, shares, described[place], weights) if is_personal else []
        reasons += means.get(place, [])
        found.append(_as_listing(row, amount, free, suitability.tier, reasons))
        if len(found) == SHOWN:
            break
    return Recommendations(found, None if found else Bar.NOTHING_OPEN, learning, is_personal)


def _read_open(customer_id: int, grades: Sequence[int], today: date) -> list[dict[str, Any]]:
    """Return the newest open listings of these grades: not his own, none he has bid on, no product whose marketing rests."""
    rows = (
        Listing.objects.filter(state=Listing.State.OPEN, deadline_date__gte=today, risk_grade__in=list(grades))
        .exclude(borrower_id=customer_id)
        .exclude(pk__in=Bid.objects.filter(investor_id=customer_id).values("listing_id"))
        .exclude(product__code__in=list_unmarketed_products())
        .filter(funded__lt=F("amount"))
    )
    terms = {name: F(f"product__{name}") for name in ("period_unit", "bid_min", "bid_step", "bid_max_share")}
    named = {"product_name": F("product__name"), "product_name_en": F("product__name_en")}
    return list[Any](rows.order_by("-pk").values(*_LISTING, **terms, **named)[:_MOST_LISTINGS])


def _read_sensitivity(customer_id: int) -> str:
    return Labels.objects.filter(pk=customer_id).values_list("sensitivity", flat=True).first() or ""


def _choose_listings(sensitivity: str, rows: Sequence[Mapping[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Return by place the listings that fit what moves the investor, each with why; nothing where nothing moves him."""
    offers = [Offer(row["annual_rate"], row["risk_grade"]) for row in rows]
    return choose_offers(sensitivity, offers, is_lent=True)


def _describe(row: Mapping[str, Any]) -> Traits:
    return describe(
        periods=row["periods"],
        unit=row["period_unit"],
        risk_grade=row["risk_grade"],
        annual_rate=row["annual_rate"],
        product_id=row["product_id"],
    )


def _course(row: dict[str, Any], now: datetime) -> Course:
    days = (now - row["opened_at"]).total_seconds() / 86_400
    return Course(row["bid_count"], float(1 - row["funded"] / row["amount"]), days)


def _suit(
    row: dict[str, Any], suitability: limits.Suitability, invested: Decimal, free: Decimal, today: date
) -> Decimal | None:
    """Return the amount that lending's checks would let him bid; None where there is none.

    Who has too little money free is shown what a first bid would take.
    """
    rest = row["amount"] - row["funded"]
    share = (row["amount"] * row["bid_max_share"]).quantize(Decimal("0.01"))
    most = min(share, suitability.single_limit, suitability.total_limit - invested)
    terms = {"rest": rest, "most": most, "least": row["bid_min"], "step": row["bid_step"]}
    amount = suggest_amount(free=free, **terms) or suggest_amount(free=min(row["bid_min"], rest), **terms)
    grade = f"R{row['risk_grade']}"
    if not amount or limits.check_suitability(suitability, grade, amount, invested + amount, today):
        return None
    return amount


def _as_listing(
    row: dict[str, Any], amount: Decimal, free: Decimal, tier: str, reasons: list[dict[str, Any]]
) -> Recommended:
    names = {str(row["product_id"]): row["product_name"]}
    told = [{**reason, "name": names[reason["band"]]} if reason["code"] == "product" else reason for reason in reasons]
    told.append({"code": "suits", "tier": tier, "grade": f"R{row['risk_grade']}"})
    told.append({"code": "affords" if free >= amount else "deposit", "free": str(free), "amount": str(amount)})
    terms = {
        "number": row["number"],
        "annual_rate": row["annual_rate"],
        "periods": row["periods"],
        "period_unit": row["period_unit"],
        "risk_grade": row["risk_grade"],
        "rest": row["amount"] - row["funded"],
        "deadline_date": row["deadline_date"],
    }
    return Recommended(row["pk"], row["public_id"], row["title"], amount, told, terms)


def read_taste(customer_id: int, today: date) -> Taste:
    """Return what an investor's latest bids of his own went for; what a mandate placed says nothing about taste."""
    rows = Bid.objects.filter(investor_id=customer_id, mandate_reference="").order_by("-pk")
    values = rows.values(
        "placed_at",
        periods=F("listing__periods"),
        risk_grade=F("listing__risk_grade"),
        annual_rate=F("listing__annual_rate"),
        product_id=F("listing__product_id"),
        period_unit=F("listing__product__period_unit"),
    )
    taste = Taste()
    for row in values[:_TASTE_BIDS]:
        if row["placed_at"].date() > today - _TASTE_DAYS:
            taste.add(_describe(row))
    return taste


def recommend_products(customer: Customer, today: date, *, is_personal: bool, sensitivity: str = "") -> Recommendations:
    """Return the products that a borrower can have, by what those before him took next; each with what he may ask for."""
    bar = _find_bar(customer, today)
    if bar is not None:
        return Recommendations([], bar)
    products = list(Product.objects.filter(state=Product.State.ACTIVE).order_by("code"))
    paused = list_unmarketed_products()
    latest = (
        Application.objects.filter(customer=customer).order_by("-pk").values("product_id", "amount", "grade").first()
    )
    learning = get_learning(Learning.Kind.NEEDS) if is_personal else None
    last = latest["product_id"] if latest else None
    shares = list_next(learning.content["steps"], "BORROWER", last) if learning is not None else {}
    exposure = get_exposure(customer.pk, other_platforms=_other_platforms(customer.pk))
    settled = Loan.objects.filter(borrower=customer, state=Loan.State.SETTLED).count() if is_personal else 0
    names = {product.pk: product.name for product in products}
    means = _choose_products(sensitivity, products, latest["grade"] if latest else "")
    found = []
    for product in sorted(products, key=lambda product: (-shares.get(product.pk, 0.0), product.code)):
        if means and product.pk not in means:
            continue
        caps = get_caps(customer, product, today)
        room = min(caps.one_platform - exposure.here, caps.all_platforms - exposure.here - exposure.other_platforms)
        wish = latest["amount"] if latest and is_personal else product.amount_min
        amount = _fit(product, wish, room)
        if product.code in paused or not amount or limits.check_exposure(exposure, amount, caps):
            continue
        reasons = _tell_product(product, shares, names.get(last or 0, ""), settled, latest if is_personal else None)
        reasons += means.get(product.pk, [])
        reasons.append({"code": "room", "amount": str(min(room, product.amount_max))})
        terms = {"code": product.code, "most": min(room, product.amount_max), "periods": product.periods_allowed}
        found.append(Recommended(product.pk, product.code, product.name, amount, reasons, terms))
    return Recommendations(found[:SHOWN], None if found else Bar.MOST_OWED, learning, is_personal)


def _choose_products(sensitivity: str, products: Sequence[Product], grade: str) -> dict[int, list[dict[str, Any]]]:
    priced = [product for product in products if product.rate_by_grade.get(grade)]
    offers = [Offer(Decimal(str(product.rate_by_grade[grade])), 0) for product in priced]
    chosen = choose_offers(sensitivity, offers, is_lent=False)
    return {priced[place].pk: reasons for place, reasons in chosen.items()}


def _find_bar(customer: Customer, today: date) -> Bar | None:
    if customer.status != Customer.Status.IDENTIFIED or customer.birth_date is None:
        return Bar.NOT_IDENTIFIED
    facts = read_borrower_facts(customer, Application.Purpose.CONSUMPTION, "")
    if limits.check_borrower(facts, today):
        return Bar.NOT_ADMITTED
    running = LoanState.objects.filter(loan__borrower=customer, loan__state=Loan.State.ACTIVE)
    if running.filter(overdue_amount__gt=0).exists():
        return Bar.OVERDUE
    if Application.objects.filter(customer=customer, state__in=_OPEN_STATES).exists():
        return Bar.APPLIED
    return None


def _other_platforms(customer_id: int) -> Decimal:
    """Return what he said last that he owes elsewhere."""
    latest = Application.objects.filter(customer_id=customer_id).aggregate(latest=Max("pk"))["latest"]
    found = Application.objects.filter(pk=latest).values_list("other_platform_balance", flat=True).first()
    return found or ZERO


def _fit(product: Product, wish: Decimal, room: Decimal) -> Decimal:
    """Return the amount nearest to a wish that product and caps allow, in its steps; 0 where none is."""
    most = min(product.amount_max, room)
    amount = min(max(wish, product.amount_min), most)
    amount -= amount % product.amount_step
    return amount if amount >= product.amount_min else ZERO


def _tell_product(
    product: Product, shares: dict[int, float], last: str, settled: int, latest: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    reasons: list[dict[str, Any]] = []
    share = shares.get(product.pk, 0.0)
    if share >= 0.1:
        code = "next" if last else "wanted"
        reasons.append({"code": code, "share": round(share, 4), "last": last})
    if settled:
        reasons.append({"code": "repaid", "loans": settled})
    grade = latest["grade"] if latest else ""
    if grade and product.rate_by_grade.get(grade):
        reasons.append({"code": "rate_of_grade", "grade": grade, "rate": str(product.rate_by_grade[grade])})
    return reasons


def list_parts(weights: Sequence[float]) -> list[tuple[str, float]]:
    """Return the parts of a score with their weights, as the page explains them."""
    return list(zip(PARTS, weights, strict=True))


def list_learnings(kind: str, most: int = 12) -> QuerySet[Learning]:
    """Return the latest learnings of a kind."""
    return Learning.objects.filter(kind=kind).select_related("asked_by").order_by("-pk")[:most]
