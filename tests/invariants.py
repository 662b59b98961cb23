"""What must hold at every instant at which nothing is half-way, whatever was killed before."""

from django.db import connection

from ledger.queries import check_invariants as check_books

# Each statement returns the offenders, with what they are.
_RULES = {
    "the entries of every transfer sum to zero": """
        SELECT transfer_id, sum(amount) FROM ledger_entry GROUP BY transfer_id HAVING sum(amount) <> 0""",
    "every transfer has entries": """
        SELECT t.id FROM ledger_transfer t WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.transfer_id = t.id)""",
    # The platform's own accounts, below 10, keep no balance of their own: everybody would wait for that row.
    "each balance is the sum of its entries": """
        SELECT coalesce(b.account_id, e.account_id), b.balance, e.total
        FROM ledger_accountbalance b
        FULL JOIN (SELECT account_id, sum(amount) AS total FROM ledger_entry GROUP BY account_id) e
            ON e.account_id = b.account_id
        WHERE (b.account_id IS NOT NULL OR e.account_id >= 10) AND coalesce(b.balance, 0) <> coalesce(e.total, 0)""",
    "no customer's balance is negative": """
        SELECT account_id, balance FROM ledger_accountbalance WHERE account_id >= 10 AND balance < 0""",
    "funded is the sum of the bids that count, never above the target": """
        SELECT l.id, l.funded, l.amount, b.total, b.bids
        FROM lending_listing l
        LEFT JOIN (
            SELECT listing_id, sum(amount) AS total, count(*) AS bids
            FROM lending_bid WHERE state IN ('LIVE', 'WON') GROUP BY listing_id
        ) b ON b.listing_id = l.id
        WHERE l.state IN ('OPEN', 'FILLED', 'PAID_OUT')
          AND (l.funded <> coalesce(b.total, 0) OR l.funded > l.amount OR l.bid_count <> coalesce(b.bids, 0))""",
    "the parts of each repayment add up": """
        SELECT id FROM lending_repayment WHERE amount <> fee + penalty + interest + principal""",
    "the lenders' parts of each repayment add up": """
        SELECT r.id, r.amount - r.fee, d.total
        FROM lending_repayment r
        LEFT JOIN (
            SELECT repayment_id, sum(principal + interest + penalty) AS total
            FROM lending_distribution GROUP BY repayment_id
        ) d ON d.repayment_id = r.id
        WHERE r.amount - r.fee <> coalesce(d.total, 0)""",
    "the lenders' claims in a loan are its principal": """
        SELECT l.id, l.principal, sum(s.principal) FROM lending_loan l LEFT JOIN lending_lendershare s ON s.loan_id = l.id
        WHERE l.state IN ('ACTIVE', 'SETTLED') GROUP BY l.id HAVING l.principal IS DISTINCT FROM sum(s.principal)""",
    "a running loan was paid out by exactly one transfer": """
        SELECT l.id, count(t.id) FROM lending_loan l
        LEFT JOIN ledger_transfer t
            ON t.type = 'LOAN_PAYOUT' AND t.reference_type = 'lending.loan' AND t.reference_id = l.id::text
        WHERE l.state IN ('ACTIVE', 'SETTLED') GROUP BY l.id HAVING count(t.id) <> 1""",
    "no idempotency key has two effects": """
        SELECT 'transfer', idempotency_key FROM ledger_transfer GROUP BY idempotency_key HAVING count(*) > 1
        UNION ALL SELECT 'order', idempotency_key FROM ledger_paymentorder GROUP BY idempotency_key HAVING count(*) > 1
        UNION ALL SELECT 'bid', idempotency_key FROM lending_bid GROUP BY idempotency_key HAVING count(*) > 1
        UNION ALL SELECT 'repayment', idempotency_key FROM lending_repayment
            GROUP BY idempotency_key HAVING count(*) > 1""",
    "one penalty a loan and business date": """
        SELECT loan_id, business_date FROM lending_chargeaccrual GROUP BY loan_id, business_date HAVING count(*) > 1""",
    "the penalties of a loan are what it was charged": """
        SELECT s.loan_id, s.penalty_charged_total, sum(a.charged) FROM lending_loanstate s
        LEFT JOIN lending_chargeaccrual a ON a.loan_id = s.loan_id
        GROUP BY s.loan_id HAVING s.penalty_charged_total <> coalesce(sum(a.charged), 0)""",
    "every delivery is done or pending": """
        SELECT id, state FROM core_eventdelivery
        WHERE state NOT IN ('DONE', 'PENDING') OR (state = 'DONE') <> (done_at IS NOT NULL)""",
    "no event has two deliveries to one handler": """
        SELECT event_id, handler FROM core_eventdelivery GROUP BY event_id, handler HAVING count(*) > 1""",
}


def check_invariants() -> None:
    """Assert that the books, the listings, the loans and the outbox are whole; name all that is not."""
    broken: dict[str, list[tuple[object, ...]]] = {}
    with connection.cursor() as cursor:
        for name, statement in _RULES.items():
            cursor.execute(statement)
            if offenders := cursor.fetchmany(5):
                broken[name] = offenders
    assert not broken, broken
    findings = [(finding.name, finding.samples) for finding in check_books() if not finding.holds]
    assert not findings, findings
