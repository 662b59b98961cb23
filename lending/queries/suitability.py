"""What bids and applications are checked against: an investor's assessment and holdings, a borrower's facts and caps.

Whoever recommends asks the same questions as whoever takes the bid or the application.
"""

from datetime import date
from decimal import Decimal

from django.db.models import Sum

from core import parameters
from core.money import ZERO
from customers.models import Customer, FinancialProfile, InvestorAssessment
from lending.models import Application, Bid, LenderShare, Loan, Product
from lending.rules import limits


def get_suitability(investor_id: int, business_date: date) -> limits.Suitability | None:
    """Return the outcome of an investor's latest assessment with the limits of his tier; None without one."""
    latest = InvestorAssessment.objects.filter(customer_id=investor_id).order_by("-id").first()
    if latest is None:
        return None
    tier = parameters.get_value("lending.investor_tier_limits", on=business_date)[latest.tier]
    return limits.Suitability(
        latest.tier, latest.valid_until_date, single_limit=Decimal(tier["single"]), total_limit=Decimal(tier["total"])
    )


def sum_invested(investor_id: int) -> Decimal:
    """Return what an investor has in running loans and in bids, which his tier's total limit holds."""
    shares = LenderShare.objects.filter(investor_id=investor_id, loan__state=Loan.State.ACTIVE).aggregate(
        lent=Sum("principal"), received=Sum("principal_received")
    )
    bids = Bid.objects.filter(investor_id=investor_id, state=Bid.State.LIVE).aggregate(total=Sum("amount"))["total"]
    return (shares["lent"] or ZERO) - (shares["received"] or ZERO) + (bids or ZERO)


def read_borrower_facts(customer: Customer, purpose: str, purpose_text: str) -> limits.BorrowerFacts:
    """Return what the legal gate asks about an identified person who wants to borrow."""
    latest = FinancialProfile.objects.filter(customer=customer).order_by("-as_of_date", "-id").first()
    assert customer.birth_date is not None, "an identified person has a birth date"
    return limits.BorrowerFacts(
        birth_date=customer.birth_date,
        is_full_time_student=bool(latest and latest.is_student),
        purpose_code=purpose,
        purpose_text=purpose_text or str(Application.Purpose(purpose).label),
    )


def get_caps(customer: Customer, product: Product, business_date: date) -> limits.ExposureCaps:
    """Return the most that a borrower may owe under a product's parameters."""
    who = "person" if customer.kind == Customer.Kind.PERSON else "company"
    prefix = f"{product.parameter_set}." if product.parameter_set else ""
    return limits.ExposureCaps(
        one_platform=parameters.get_decimal(f"{prefix}lending.cap_one_platform_{who}", on=business_date),
        all_platforms=parameters.get_decimal(f"{prefix}lending.cap_all_platforms_{who}", on=business_date),
    )
