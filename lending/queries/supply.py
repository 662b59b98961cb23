"""What the platform can take on: money that may be lent, and what is asked for."""

from decimal import Decimal

from django.db.models import F, Sum

from core.money import ZERO
from core.registries import capabilities
from ledger.models import AccountBalance
from lending.models import Listing


def sum_funds() -> Decimal:
    """Return the available money on all customers' accounts."""
    found: Decimal | None = AccountBalance.objects.filter(account__kind="CUSTOMER_AVAILABLE").aggregate(
        total=Sum("balance")
    )["total"]
    return found or ZERO


def sum_demand() -> Decimal:
    """Return what open listings still lack."""
    found: Decimal | None = Listing.objects.filter(state=Listing.State.OPEN).aggregate(
        total=Sum(F("amount") - F("funded"))
    )["total"]
    return found or ZERO


def register() -> None:
    """Register both figures."""
    capabilities.register("funds", sum_funds)
    capabilities.register("demand", sum_demand)
