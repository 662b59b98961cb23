"""What an investor is shown before he bids (信息披露指引 art. 9), without saying who the borrower is."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from core.errors import NotFound
from core.money import ZERO
from core.registries import listing_disclosures
from customers.models import FinancialProfile
from lending.models import Listing, Loan, LoanState, Product
from lending.queries.terms import Quoter, list_fee_terms, list_fee_terms_of, make_sample
from lending.rules.terms import InvalidTerms

_COLUMNS = (
    "id",
    "number",
    "title",
    "amount",
    "funded",
    "bid_count",
    "annual_rate",
    "periods",
    "method",
    "grade",
    "risk_grade",
    "state",
    "opened_at",
    "deadline_date",
    "public_id",
)
# Income is disclosed as a band: the figure itself would help to tell who the borrower is.
_INCOME_BANDS = ((5_000, "<5000"), (10_000, "5000-10000"), (20_000, "10000-20000"), (50_000, "20000-50000"))


def list_listings() -> QuerySet[Any, Any]:
    """Return listing rows as every investor may see them."""
    return Listing.objects.values(*_COLUMNS, product_code=F("product__code"), period_unit=F("product__period_unit"))


def get_listing(public_id: str) -> Listing:
    """Return a listing with what its disclosure needs. Raises NotFound."""
    listing = Listing.objects.select_related("product", "application", "borrower").filter(public_id=public_id).first()
    if listing is None:
        raise NotFound
    return listing


def disclose_borrower(listing: Listing) -> dict[str, Any]:
    """Return the borrower's basics: kind, work, income band, debts, other platforms, history here."""
    profile = FinancialProfile.objects.filter(customer_id=listing.borrower_id).order_by("-as_of_date", "-id").first()
    history = Loan.objects.filter(
        borrower_id=listing.borrower_id, state__in=[Loan.State.ACTIVE, Loan.State.SETTLED]
    ).aggregate(loans=Count("pk"), settled=Count("pk", filter=Q(state=Loan.State.SETTLED)))
    standing = LoanState.objects.filter(loan__borrower_id=listing.borrower_id, loan__state=Loan.State.ACTIVE).aggregate(
        owed=Sum("principal_outstanding"), overdue=Sum("overdue_amount"), dpd=Max("dpd")
    )
    return {
        "kind": listing.borrower.kind,
        "occupation": profile.occupation if profile else "",
        "employment_years": profile.employment_years if profile else 0,
        "monthly_income_band": _band(Decimal(profile.monthly_income or 0)) if profile else "",
        "monthly_debt_payment": profile.monthly_debt_payment if profile else ZERO,
        "liabilities": profile.liabilities if profile else ZERO,
        "other_platform_balance": listing.application.other_platform_balance,
        "loans_here": history["loans"],
        "loans_settled_here": history["settled"],
        "outstanding_here": standing["owed"] or ZERO,
        "overdue_here": standing["overdue"] or ZERO,
        "days_past_due_here": standing["dpd"] or 0,
    }


def disclose_judgement(listing: Listing) -> dict[str, dict[str, Any]]:
    """Return what higher apps know of the application and lenders must be shown, by its key."""
    return {key: disclose(listing.application_id) for key, disclose in listing_disclosures.items()}


def _band(income: Decimal) -> str:
    return next((band for below, band in _INCOME_BANDS if income < below), ">=50000")


def list_products(today: date) -> list[dict[str, Any]]:
    """Return the products that take applications, with their fees and an example paid out today, each read once for all."""
    products = list(Product.objects.filter(state=Product.State.ACTIVE).order_by("code"))
    fees = list_fee_terms_of(products)
    quoter = Quoter(fees)
    names = (
        "code",
        "name",
        "name_en",
        "methods",
        "period_unit",
        "periods_allowed",
        "amount_min",
        "amount_max",
        "amount_step",
        "day_count",
        "rounding",
        "payment_step",
        "payment_rounding",
        "principal_grace",
        "penalty_daily_rate",
        "early_settlement_fee_rate",
        "rate_by_grade",
    )
    return [
        {
            **{name: getattr(product, name) for name in names},
            "fees": fees[product.pk],
            "example": _give_example(product, quoter, today),
        }
        for product in products
    ]


def _give_example(product: Product, quoter: Quoter, today: date) -> dict[str, Any] | None:
    """Return what the least amount over the longest time costs at the highest rate, as a loan paid out today would.

    None for a product that has no rate yet, or terms that no schedule carries: nobody gets an offer then either.
    """
    if not product.rate_by_grade:
        return None
    method, periods = product.methods[0], max(product.periods_allowed)
    sample = make_sample(product, method=method, amount=product.amount_min, periods=periods)
    try:
        quote = quoter.quote(sample, disbursed_on=today)
    except InvalidTerms:
        return None
    names = ("payment", "total_interest", "total_fees", "total_payment", "total_cost", "apr_nominal")
    return {
        "amount": product.amount_min,
        "method": method,
        "periods": periods,
        "annual_rate": sample.annual_rate,
        **{name: getattr(quote, name) for name in names},
    }


def list_listing_fees(listing: Listing) -> list[dict[str, Any]]:
    """Return the fees of the listing's product as they will stand in the loan."""
    return list_fee_terms(listing.product)


def get_product_id(code: str) -> int:
    """Return the id of a product by its code. Raises NotFound."""
    pk = Product.objects.filter(code=code).values_list("pk", flat=True).first()
    if pk is None:
        raise NotFound
    return pk
