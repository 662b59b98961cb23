"""What lending knows about each customer, for lists, labels and segments: set-based SQL over all of them."""

from django.utils.translation import gettext_lazy as _

from core.registries import Attribute, attributes

_BORROWING = "FROM lending_loan l JOIN lending_loanstate s ON s.loan_id = l.id WHERE l.state = 'ACTIVE'"
_DEALS = """
SELECT l.borrower_id AS customer_id, l.start_date AS on_date FROM lending_loan l WHERE l.start_date IS NOT NULL
UNION ALL
SELECT h.investor_id, l.start_date FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id
WHERE l.start_date IS NOT NULL
"""
_ATTRIBUTES = {
    "outstanding": (
        _("To repay"),
        "money",
        f"SELECT l.borrower_id AS customer_id, sum(s.principal_outstanding) AS value {_BORROWING} GROUP BY 1",
    ),
    "overdue": (
        _("Overdue"),
        "money",
        f"SELECT l.borrower_id AS customer_id, sum(s.overdue_amount + s.penalty_outstanding) AS value {_BORROWING}"
        " AND s.overdue_amount > 0 GROUP BY 1",
    ),
    "days_past_due": (
        _("Days past due"),
        "count",
        f"SELECT l.borrower_id AS customer_id, max(s.dpd) AS value {_BORROWING} AND s.dpd > 0 GROUP BY 1",
    ),
    "next_due_date": (
        _("Next due date"),
        "date",
        f"SELECT l.borrower_id AS customer_id, min(s.next_due_date) AS value {_BORROWING} GROUP BY 1",
    ),
    "invested": (
        _("Invested"),
        "money",
        "SELECT h.investor_id AS customer_id, sum(h.principal - h.principal_received) AS value FROM lending_lendershare h"
        " JOIN lending_loan l ON l.id = h.loan_id WHERE l.state = 'ACTIVE' GROUP BY 1",
    ),
    "open_applications": (
        _("Open applications"),
        "count",
        "SELECT a.customer_id, count(*) AS value FROM lending_application a"
        " WHERE a.state IN ('SUBMITTED', 'REFERRED', 'APPROVED') GROUP BY 1",
    ),
    "lent_ever": (
        _("Ever lent"),
        "money",
        "SELECT h.investor_id AS customer_id, sum(h.principal) AS value FROM lending_lendershare h"
        " JOIN lending_loan l ON l.id = h.loan_id WHERE l.start_date IS NOT NULL GROUP BY 1",
    ),
    "borrowed_ever": (
        _("Ever borrowed"),
        "money",
        "SELECT l.borrower_id AS customer_id, sum(l.principal) AS value FROM lending_loan l"
        " WHERE l.start_date IS NOT NULL GROUP BY 1",
    ),
    "first_deal_date": (
        _("First deal"),
        "date",
        f"SELECT d.customer_id, min(d.on_date) AS value FROM ({_DEALS}) d GROUP BY 1",  # noqa: S608
    ),
    "last_deal_date": (
        _("Last deal"),
        "date",
        f"SELECT d.customer_id, max(d.on_date) AS value FROM ({_DEALS}) d GROUP BY 1",  # noqa: S608
    ),
    "deal_count": (
        _("Deals"),
        "count",
        f"SELECT d.customer_id, count(*) AS value FROM ({_DEALS}) d GROUP BY 1",  # noqa: S608
    ),
}


def register_attributes() -> None:
    """Register the attributes of this app."""
    for key, (label, kind, sql) in _ATTRIBUTES.items():
        attributes.register(key, Attribute(label, kind, sql))
