"""Which dealings keep a customer's record from going into another one."""

from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.registries import merge_obstacles
from lending.models import Application, Bid, LenderShare, Listing, Loan

_OPEN = ("SUBMITTED", "REFERRED", "APPROVED", "ACCEPTED")


def find_dealings(merged_id: int, _kept_id: int) -> Text | None:
    """Return the obstacle, if there is one: contracts name the record as a party."""
    if Loan.objects.filter(borrower_id=merged_id).exists() or Listing.objects.filter(borrower_id=merged_id).exists():
        return _("it has borrowed or has a listing.")
    if Bid.objects.filter(investor_id=merged_id).exists() or LenderShare.objects.filter(investor_id=merged_id).exists():
        return _("it has bid or lent.")
    if Application.objects.filter(customer_id=merged_id, state__in=_OPEN).exists():
        return _("it has an application under way.")
    return None


def register() -> None:
    """Register the obstacle."""
    merge_obstacles.register("lending", find_dealings)
