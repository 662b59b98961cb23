"""Which dealings keep a customer's record from going into another one."""

from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.registries import merge_obstacles, running_relations
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


# Contracts keep their parties as long as there is business from them; five years from maturity are the months' affair.
# An application stays accepted for good: what counts is its listing, and once that is paid out its loan.
_RUNNING = """
SELECT borrower_id AS customer_id FROM lending_loan WHERE state NOT IN ('SETTLED', 'CANCELLED')
UNION ALL SELECT h.investor_id FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id
    WHERE l.state NOT IN ('SETTLED', 'CANCELLED')
UNION ALL SELECT customer_id FROM lending_application WHERE state IN ('SUBMITTED', 'REFERRED', 'APPROVED')
UNION ALL SELECT a.customer_id FROM lending_application a LEFT JOIN lending_listing g ON g.application_id = a.id
    WHERE a.state = 'ACCEPTED' AND (g.id IS NULL OR g.state NOT IN ('FAILED', 'CANCELLED', 'PAID_OUT'))
"""


def register() -> None:
    """Register the obstacle, and whose relation runs."""
    running_relations.register("lending", _RUNNING)
    merge_obstacles.register("lending", find_dealings)
