"""A year in the life of a book with a shock in it: borrowers fail at a calm pace, and from one day on much faster.

The loans are real ones of the LendingClub book at one price, lived through by the real operations (simulation.replay);
only when each borrower stops paying is drawn here, from a seeded generator.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from simulation.lendingclub import BookLoan

_MONTH = timedelta(days=30)
_STOPS = "Late (31-120 days)"
_STUMBLES = "In Grace Period"
_PAYS = "Current"


@dataclass(frozen=True)
class ShockPlan:
    """When the shock comes and what it does to the chance of failing in one month."""

    first_date: date
    last_date: date
    shock_date: date
    calm: float = 0.004
    shocked: float = 0.06
    shock_months: int = 4
    # Who stumbles pays ten days late and goes on: the noise in which alerts must not cry out.
    stumbling: float = 0.01
    annual_rate: Decimal = Decimal("0.12")


def make_book(loans: Sequence[BookLoan], plan: ShockPlan, *, seed: int) -> list[BookLoan]:
    """Return the loans at one price, each with the instalment at which its borrower stops, stumbles or neither.

    Instalments fall due monthly from a month after the payout; payouts are spread over the first quarter by
    `simulation.replay`, so the month of the book decides how late a loan begins.
    """
    source = random.Random(seed)
    return [_decide(loan, plan, source) for loan in loans]


def _decide(loan: BookLoan, plan: ShockPlan, source: random.Random) -> BookLoan:
    begins = plan.first_date + loan.month * _MONTH
    months = max((plan.last_date - begins) // _MONTH, 0)
    status, stop = _PAYS, 0
    for n in range(1, min(months, loan.periods) + 1):
        due = begins + n * _MONTH
        is_shocked = plan.shock_date <= due < plan.shock_date + plan.shock_months * _MONTH
        drawn = source.random()
        if drawn < (plan.shocked if is_shocked else plan.calm):
            status, stop = _STOPS, n
            break
        if drawn > 1 - plan.stumbling:
            status, stop = _STUMBLES, n
            break
    paid = principal_paid(loan.amount, plan.annual_rate, loan.periods, stop - 1) if stop else loan.amount
    return replace(loan, annual_rate=plan.annual_rate, status=status, paid_principal=paid)


def principal_paid(amount: Decimal, annual_rate: Decimal, periods: int, paid: int) -> Decimal:
    """Return the principal that so many equal instalments repay: 10 000 at 12 % over 12 months, 3 paid: 2 389.20."""
    monthly = annual_rate / 12
    if paid <= 0:
        return Decimal("0.00")
    growth = (1 + monthly) ** paid - 1
    return (amount * growth / ((1 + monthly) ** periods - 1)).quantize(Decimal("0.01"))
