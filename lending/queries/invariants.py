"""What must hold in the loans at every moment; `check_ledger` asks these beside the ledger's own questions."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from ledger.queries import Invariant, invariants

_OWN: Final = {
    "lending.funded_is_live_bids": Invariant(
        _("What a listing has raised is the sum of its bids and never above its target."),
        """SELECT l.number FROM lending_listing l
        LEFT JOIN (SELECT listing_id, sum(amount) AS total, count(*) AS bids FROM lending_bid
            WHERE state IN ('LIVE', 'WON') GROUP BY listing_id) b ON b.listing_id = l.id
        WHERE l.state IN ('OPEN', 'FILLED', 'PAID_OUT')
            AND (l.funded <> coalesce(b.total, 0) OR l.funded > l.amount OR l.bid_count <> coalesce(b.bids, 0))""",
    ),
    "lending.parts_are_the_repayment": Invariant(
        _("Fee, penalty, interest and principal of each repayment add up to it."),
        "SELECT id FROM lending_repayment WHERE amount <> fee + penalty + interest + principal",
    ),
    "lending.lenders_get_the_repayment": Invariant(
        _("The lenders' parts of each repayment add up to it without the platform's fee."),
        """SELECT r.id FROM lending_repayment r
        LEFT JOIN (SELECT repayment_id, sum(principal + interest + penalty) AS total
            FROM lending_distribution GROUP BY repayment_id) d ON d.repayment_id = r.id
        WHERE r.amount - r.fee <> coalesce(d.total, 0)""",
    ),
    "lending.claims_are_the_principal": Invariant(
        _("The lenders' claims in each loan add up to its principal."),
        """SELECT l.number FROM lending_loan l LEFT JOIN lending_lendershare s ON s.loan_id = l.id
        WHERE l.state IN ('ACTIVE', 'SETTLED') GROUP BY l.id HAVING l.principal IS DISTINCT FROM sum(s.principal)""",
    ),
    "lending.one_payout_a_loan": Invariant(
        _("Each running or settled loan was paid out by exactly one transfer."),
        """SELECT l.number FROM lending_loan l LEFT JOIN ledger_transfer t
            ON t.type = 'LOAN_PAYOUT' AND t.reference_type = 'lending.loan' AND t.reference_id = l.id::text
        WHERE l.state IN ('ACTIVE', 'SETTLED') GROUP BY l.id HAVING count(t.id) <> 1""",
    ),
    "lending.one_penalty_a_day": Invariant(
        _("A loan is charged at most one penalty a business date."),
        """SELECT loan_id FROM lending_chargeaccrual GROUP BY loan_id, business_date HAVING count(*) > 1""",
    ),
    "lending.penalties_are_the_charges": Invariant(
        _("The penalties of each loan are the sum of what it was charged."),
        """SELECT s.loan_id FROM lending_loanstate s LEFT JOIN lending_chargeaccrual a ON a.loan_id = s.loan_id
        GROUP BY s.loan_id HAVING s.penalty_charged_total <> coalesce(sum(a.charged), 0)""",
    ),
}


def register() -> None:
    """Add the questions to the ledger's."""
    for name, invariant in _OWN.items():
        invariants.register(name, invariant)
