"""What protects an investor's money, as facts: where it lies, who answers for his borrowers, what a reserve could pay."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ledger.models import CustodyAccount, ReconciliationRun
from ledger.queries.balances import CustomerBalance, balance_of, balance_of_customer
from ledger.rules import accounts

# What is still lent, by the risk grade of the listing; with a guarantor, with papers about assets, what guarantors answer for:
# a borrower's guarantors once, however many of his loans there are.
_LENT: Final = """
SELECT x.risk_grade, count(*), sum(x.lent), count(*) FILTER (WHERE x.guarantors > 0), count(*) FILTER (WHERE x.has_assets),
       coalesce(sum(x.answered_for) FILTER (WHERE x.nth = 1), 0), count(*) FILTER (WHERE x.dpd > 0)
FROM (
    SELECT g.risk_grade, h.principal - h.principal_received AS lent, s.dpd, p.guarantors, p.answered_for, p.has_assets,
           row_number() OVER (PARTITION BY g.risk_grade, l.borrower_id ORDER BY l.id) AS nth
    FROM lending_lendershare h
    JOIN lending_loan l ON l.id = h.loan_id AND l.state = 'ACTIVE'
    JOIN lending_loanstate s ON s.loan_id = l.id
    JOIN lending_listing g ON g.id = l.listing_id
    CROSS JOIN LATERAL (
        SELECT count(r.id) AS guarantors, sum(r.amount) AS answered_for,
               EXISTS (SELECT 1 FROM customers_document d
                       WHERE d.customer_id = l.borrower_id AND d.kind = 'ASSET' AND d.removed_at IS NULL) AS has_assets
        FROM customers_relation r WHERE r.other_id = l.borrower_id AND r.kind = 'GUARANTOR' AND r.ended_at IS NULL
    ) p
    WHERE h.investor_id = %s
) x GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class LentInGrade:
    """What an investor still has in loans of one risk grade, and what stands behind them."""

    risk_grade: int
    loans: int
    lent: Decimal
    guaranteed: int
    with_assets: int
    answered_for: Decimal
    overdue: int


@dataclass(frozen=True)
class SafetyFacts:
    """The facts of one customer; `reserve` is None where nobody has paid into a reserve."""

    opened_at: datetime | None
    balance: CustomerBalance
    compared_on: date | None
    compared_state: str
    differences: int
    reserve: Decimal | None
    lent: list[LentInGrade]

    @property
    def total(self) -> Decimal:
        """All that is still lent."""
        return sum((row.lent for row in self.lent), Decimal("0.00"))


def read_safety(customer_id: int) -> SafetyFacts:
    """Return what protects a customer's money now."""
    account = CustodyAccount.objects.filter(pk=customer_id, status=CustodyAccount.Status.OPEN).first()
    run: Any = (
        ReconciliationRun.objects.exclude(state=ReconciliationRun.State.REQUESTED).order_by("-business_date").first()
    )
    with connection.cursor() as cursor:
        cursor.execute(_LENT, [customer_id])
        lent = [LentInGrade(*row) for row in cursor.fetchall()]
    return SafetyFacts(
        account.opened_at if account else None,
        balance_of_customer(customer_id),
        run.business_date if run else None,
        str(run.get_state_display()) if run else "",
        run.difference_count if run else 0,
        balance_of(accounts.RESERVE) or None,
        lent,
    )
