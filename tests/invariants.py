"""What must hold at every instant at which nothing is half-way, whatever was killed before."""

from django.db import connection

from ledger.queries import check_invariants as ask_invariants

_ODD_DELIVERIES = """
SELECT id, state FROM core_eventdelivery
WHERE state NOT IN ('DONE', 'PENDING') OR (state = 'DONE') <> (done_at IS NOT NULL)
"""


def check_invariants() -> None:
    """Assert what `check_ledger` asks of books, listings and loans, and that every delivery is done or pending."""
    broken: dict[str, object] = {finding.name: finding.samples for finding in ask_invariants() if not finding.holds}
    with connection.cursor() as cursor:
        cursor.execute(_ODD_DELIVERIES)
        if offenders := cursor.fetchmany(5):
            broken["deliveries"] = offenders
    assert not broken, broken
