"""What a borrower owes or is about to owe on this platform."""

from decimal import Decimal

from django.db.models import Sum

from core.money import ZERO
from lending.models import Application, Listing, Loan, LoanState
from lending.rules.limits import Exposure


def get_exposure(customer_id: int, *, other_platforms: Decimal, without_application_id: int | None = None) -> Exposure:
    """Return a borrower's exposure; the caller holds the lock on the customer's row while he relies on it."""
    outstanding = LoanState.objects.filter(loan__borrower_id=customer_id, loan__state=Loan.State.ACTIVE).aggregate(
        total=Sum("principal_outstanding")
    )["total"]
    approved = (
        Application.objects.filter(customer_id=customer_id, state=Application.State.APPROVED)
        .exclude(pk=without_application_id or 0)
        .aggregate(total=Sum("approved_amount"))["total"]
    )
    raising = Listing.objects.filter(
        borrower_id=customer_id, state__in=[Listing.State.OPEN, Listing.State.FILLED]
    ).aggregate(total=Sum("amount"))["total"]
    return Exposure(
        outstanding=outstanding or ZERO,
        approved_not_paid=approved or ZERO,
        raising=raising or ZERO,
        other_platforms=other_platforms,
    )
