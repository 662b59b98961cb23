"""What investors had out over thirty days, against a count day by day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from analytics.queries.metrics import compute_sum
from core import clock
from lending.models import Loan, LoanState, Repayment
from tests.web.conftest import TODAY, Book, _kept_book, book

__all__ = ["_kept_book", "book"]


def pay(loan: Loan, day: date, principal: Decimal, interest: Decimal) -> None:
    number = Repayment.objects.count()
    Repayment.objects.create(
        loan=loan,
        kind=Repayment.Kind.REPAYMENT,
        amount=principal + interest,
        fee=0,
        penalty=0,
        interest=interest,
        principal=principal,
        business_date=day,
        received_at=clock.at(day, 12),
        transfer_id=number,
        idempotency_key=f"paid-{number}",
    )


@pytest.mark.parametrize("age", [200, 29, 10, 0])
@pytest.mark.parametrize("settles", [False, True])
def test_balances_are_added_up_over_thirty_days(book: Book, age: int, settles: bool) -> None:
    loan, start = book.loan, TODAY - timedelta(days=age)
    Loan.objects.filter(pk=loan.pk).update(start_date=start)
    days = [day for day in (start + timedelta(days=n) for n in (0, 3, 9, 25, 120, 175, 185)) if day <= TODAY]
    left = loan.principal
    paid: dict[date, Decimal] = {}
    for day in days:
        paid[day] = left if settles and day == days[-1] else Decimal("100.00")
        pay(loan, day, paid[day], Decimal("7.00"))
        left -= paid[day]
    LoanState.objects.filter(loan=loan).update(principal_outstanding=left, oldest_unpaid_due_date=TODAY)
    if not left:
        Loan.objects.filter(pk=loan.pk).update(state="SETTLED", settled_at=clock.at(TODAY, 12))
    # Also for a date that lies behind: what was paid since then was still out.
    for on in (TODAY, TODAY - timedelta(days=8)):
        window = [day for day in (on - timedelta(days=n) for n in range(30)) if day >= start]
        expected = sum((loan.principal - sum(paid[p] for p in paid if p <= day) for day in window), Decimal(0))
        assert dict(compute_sum("balance_days", on))[""] == expected
        earned = 7 * sum(on - timedelta(days=29) <= day <= on for day in paid)
        assert dict(compute_sum("investor_earned", on))[""] == earned
