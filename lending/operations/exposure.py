"""The legal caps on what one borrower owes, judged at apply, at publish and at payout."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError
from customers.models import Customer
from lending.models import Product
from lending.queries.exposure import get_exposure
from lending.queries.suitability import get_caps
from lending.rules import limits


class ExposureTooHigh(BusinessError):
    """The caps of 办法 art. 17 would be passed."""

    code = "exposure_too_high"
    message = _("With this loan you would owe %(actual)s yuan; the legal limit is %(limit)s yuan.")
    next_step = _("Ask for a smaller amount, or repay another loan first.")


def check_exposure(
    customer: Customer,
    amount: Decimal,
    *,
    other_platform_balance: Decimal,
    product: Product,
    business_date: date,
    without_application_id: int | None = None,
) -> None:
    """Check the caps while the customer's row is locked; at apply, at publish and at payout. Raises ExposureTooHigh."""
    caps = get_caps(customer, product, business_date)
    exposure = get_exposure(
        customer.pk, other_platforms=other_platform_balance, without_application_id=without_application_id
    )
    for finding in limits.check_exposure(exposure, amount, caps):
        raise ExposureTooHigh(actual=finding.actual, limit=finding.limit)
