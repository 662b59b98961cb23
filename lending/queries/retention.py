"""Contracts whose files nobody has to keep any more."""

from typing import Final

from core.registries import erasures

# A contract belongs to all its parties: its files go with the papers of the last of them. Hashes and signatures stay.
_FORGET_FILES: Final = """
WITH touched AS (
    SELECT k.id, k.loan_id, l.borrower_id
    FROM lending_contract k JOIN lending_loan l ON l.id = k.loan_id
    WHERE (k.signed_pdf IS NOT NULL OR length(k.pdf) > 0)
      AND (l.borrower_id = ANY(%(ids)s) OR EXISTS (
          SELECT 1 FROM lending_lendershare h WHERE h.loan_id = l.id AND h.investor_id = ANY(%(ids)s)))
), party AS (
    SELECT id, borrower_id AS customer_id FROM touched
    UNION SELECT t.id, h.investor_id FROM touched t JOIN lending_lendershare h ON h.loan_id = t.loan_id
)
UPDATE lending_contract k SET pdf = '', signed_pdf = NULL FROM touched t
WHERE k.id = t.id AND NOT EXISTS (
    SELECT 1 FROM party p WHERE p.id = k.id AND p.customer_id <> ALL(%(ids)s) AND NOT EXISTS (
        SELECT 1 FROM customers_erasure x WHERE x.customer_id = p.customer_id AND x."group" = 'documents'))
"""


def register() -> None:
    """Let the papers' retention reach them."""
    erasures.register("lending.contracts", ("documents", _FORGET_FILES))
