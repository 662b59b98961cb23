"""What lending knows about each customer, for lists, labels and segments: set-based SQL over all of them."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.registries import Act, Among, Attribute, acts, register_family
from lending.models import Application
from lending.rules.arrears import BUCKETS

_BORROWING: Final = _("Borrowing")
_INVESTING: Final = _("Investing")
_RISK: Final = _("Risk")
_TODAY: Final = "(SELECT value FROM core_businessdate)"


def _build_borrowing(among: Among) -> str:
    running = "l.state = 'ACTIVE'"
    return f"""
    SELECT l.borrower_id AS customer_id,
           sum(s.principal_outstanding) FILTER (WHERE {running}) AS outstanding,
           sum(s.overdue_amount + s.penalty_outstanding) FILTER (WHERE {running} AND s.overdue_amount > 0) AS overdue,
           max(s.dpd) FILTER (WHERE {running} AND s.dpd > 0) AS days_past_due,
           max(s.bucket) FILTER (WHERE {running}) AS bucket,
           min(s.next_due_date) FILTER (WHERE {running}) AS next_due_date,
           min(l.maturity_date) FILTER (WHERE {running}) AS next_maturity_date,
           count(*) FILTER (WHERE {running}) AS running_loans,
           count(*) FILTER (WHERE l.state = 'SETTLED') AS settled_loans,
           count(*) FILTER (WHERE l.settled_early) AS settled_early,
           max(l.settled_at) AS last_settled,
           sum(l.principal) AS borrowed_ever
    FROM lending_loan l LEFT JOIN lending_loanstate s ON s.loan_id = l.id
    WHERE l.start_date IS NOT NULL {among("l.borrower_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_investing(among: Among) -> str:
    running = "l.state = 'ACTIVE'"
    return f"""
    SELECT h.investor_id AS customer_id,
           sum(h.principal - h.principal_received) FILTER (WHERE {running}) AS invested,
           count(*) FILTER (WHERE {running}) AS running_shares,
           sum(h.principal) AS lent_ever,
           sum(h.principal) FILTER (WHERE l.start_date > {_TODAY} - 90) AS lent_90_days,
           sum(h.interest_received) AS interest_received
    FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id
    WHERE l.start_date IS NOT NULL {among("h.investor_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_deals(among: Among) -> str:
    return f"""
    SELECT d.customer_id, min(d.on_date) AS first_deal_date, max(d.on_date) AS last_deal_date, count(*) AS deal_count
    FROM (
        SELECT l.borrower_id AS customer_id, l.start_date AS on_date FROM lending_loan l
        WHERE l.start_date IS NOT NULL {among("l.borrower_id")}
        UNION ALL
        SELECT h.investor_id, l.start_date FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id
        WHERE l.start_date IS NOT NULL {among("h.investor_id")}
    ) d GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_applications(among: Among) -> str:
    latest = "(array_agg({} ORDER BY a.id DESC))[1]"
    return f"""
    SELECT a.customer_id,
           nullif(count(*) FILTER (WHERE a.state IN ('SUBMITTED', 'REFERRED', 'APPROVED')), 0) AS open_applications,
           count(*) AS applications, max(a.business_date) AS last_application_date,
           count(*) FILTER (WHERE a.state = 'DECLINED') AS declined_applications,
           {latest.format("a.purpose")} AS purpose, {latest.format("nullif(a.grade, '')")} AS grade
    FROM lending_application a WHERE true {among("a.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_bids(among: Among) -> str:
    return f"""
    SELECT b.investor_id AS customer_id, sum(b.amount) FILTER (WHERE b.state = 'LIVE') AS bid_open,
           count(*) AS bids, max(b.placed_at) AS last_bid
    FROM lending_bid b WHERE true {among("b.investor_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _borrowing(label: object, type: str, group: object = _BORROWING, **more: object) -> Attribute:
    return Attribute(label, type, "lending.borrowing", group, **more)  # type: ignore[arg-type]


_BORROWED: Final = {
    "outstanding": _borrowing(_("To repay"), "money", is_listed=True),
    "overdue": _borrowing(_("Overdue"), "money", _RISK, is_listed=True),
    "days_past_due": _borrowing(_("Days past due"), "count", _RISK, is_listed=True),
    "bucket": _borrowing(_("Bucket"), "text", _RISK, choices=[(bucket, bucket) for _floor, bucket in BUCKETS]),
    "next_due_date": _borrowing(_("Next due date"), "date", is_listed=True),
    "next_maturity_date": _borrowing(_("Next loan to end"), "date"),
    "running_loans": _borrowing(_("Running loans"), "count"),
    "settled_loans": _borrowing(_("Settled loans"), "count"),
    "settled_early": _borrowing(_("Loans settled early"), "count"),
    "last_settled": _borrowing(_("Latest loan settled"), "moment"),
    "borrowed_ever": _borrowing(_("Ever borrowed"), "money", is_listed=True),
}
_INVESTED: Final = {
    "invested": Attribute(_("Invested"), "money", "lending.investing", _INVESTING, is_listed=True),
    "running_shares": Attribute(_("Running shares"), "count", "lending.investing", _INVESTING),
    "lent_ever": Attribute(_("Ever lent"), "money", "lending.investing", _INVESTING, is_listed=True),
    "lent_90_days": Attribute(_("Lent in 90 days"), "money", "lending.investing", _INVESTING),
    "interest_received": Attribute(_("Interest received"), "money", "lending.investing", _INVESTING),
}
_DEALS: Final = {
    "first_deal_date": Attribute(_("First deal"), "date", "lending.deals", _("Dates"), is_listed=True),
    "last_deal_date": Attribute(_("Last deal"), "date", "lending.deals", _("Dates"), is_listed=True),
    "deal_count": Attribute(_("Deals"), "count", "lending.deals", _("Deals"), is_listed=True),
}
_APPLICATIONS: Final = {
    "open_applications": Attribute(_("Open applications"), "count", "lending.applications", _BORROWING, is_listed=True),
    "applications": Attribute(_("Applications"), "count", "lending.applications", _BORROWING),
    "last_application_date": Attribute(_("Latest application"), "date", "lending.applications", _BORROWING),
    "declined_applications": Attribute(_("Declined applications"), "count", "lending.applications", _RISK),
    "purpose": Attribute(
        _("Latest purpose"), "text", "lending.applications", _BORROWING, Application.Purpose.choices
    ),
    "grade": Attribute(_("Latest grade"), "text", "lending.applications", _RISK),
}  # fmt: skip
_BIDS: Final = {
    "bid_open": Attribute(_("Open bids"), "money", "lending.bids", _INVESTING),
    "bids": Attribute(_("Bids ever"), "count", "lending.bids", _INVESTING),
    "last_bid": Attribute(_("Latest bid"), "moment", "lending.bids", _INVESTING),
}


def _act(label: object, select: str, column: str) -> Act:
    return Act(label, lambda among: f"{select} {among(column)}")  # type: ignore[arg-type]


_ACTS: Final = {
    "application": _act(
        _("applied for a loan"),
        "SELECT a.customer_id, a.business_date AS on_date, a.amount FROM lending_application a WHERE true",
        "a.customer_id",
    ),
    "loan": _act(
        _("was paid out a loan"),
        "SELECT l.borrower_id AS customer_id, l.start_date AS on_date, l.principal AS amount FROM lending_loan l"
        " WHERE l.start_date IS NOT NULL",
        "l.borrower_id",
    ),
    "bid": _act(
        _("placed a bid"),
        "SELECT b.investor_id AS customer_id, (b.placed_at AT TIME ZONE 'Asia/Shanghai')::date AS on_date, b.amount"
        " FROM lending_bid b WHERE true",
        "b.investor_id",
    ),
    "lending": _act(
        _("lent in a loan"),
        "SELECT h.investor_id AS customer_id, l.start_date AS on_date, h.principal AS amount"
        " FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id WHERE l.start_date IS NOT NULL",
        "h.investor_id",
    ),
    "repayment": _act(
        _("repaid"),
        "SELECT l.borrower_id AS customer_id, r.business_date AS on_date, r.amount"
        " FROM lending_repayment r JOIN lending_loan l ON l.id = r.loan_id WHERE true",
        "l.borrower_id",
    ),
}


def register_attributes() -> None:
    """Register the attributes of this app and what customers do that can be counted."""
    register_family("lending.borrowing", _build_borrowing, _BORROWED)
    register_family("lending.investing", _build_investing, _INVESTED)
    register_family("lending.deals", _build_deals, _DEALS)
    register_family("lending.applications", _build_applications, _APPLICATIONS)
    register_family("lending.bids", _build_bids, _BIDS)
    for key, act in _ACTS.items():
        acts.register(key, act)
