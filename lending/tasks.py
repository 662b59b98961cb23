"""Celery doors of lending."""

from core import clock
from core.jobs import job
from lending.operations.closing import plan_loans
from lending.operations.closing.debits import debit_in_the_morning


@job
def debit_round() -> int:
    """Debit what is due today, a range of loans at a time; beat calls this in the morning, a repeat debits nothing."""
    business_date = clock.business_date()
    return sum(
        debit_in_the_morning(business_date=business_date, from_id=low, to_id=high, now=clock.now())
        for low, high in plan_loans(business_date)
    )
