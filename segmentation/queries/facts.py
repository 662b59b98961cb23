"""Facts that labels are told from and no app tells by itself: the rhythm of deals by role, purposes, costs, choices of people."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.registries import Among, Attribute, register_family
from customers.models import Customer
from lending.models import Application
from segmentation.models.vocabulary import Sensitivity

_BORROWING: Final = _("Borrowing")
_INVESTING: Final = _("Investing")
_CARE: Final = _("Contact and care")
_TODAY: Final = "(SELECT value FROM core_businessdate)"
# Working capital and equipment; the rest is consumption.
_BUSINESS: Final = f"('{Application.Purpose.WORKING_CAPITAL}', '{Application.Purpose.EQUIPMENT}')"


def _build_borrowing(among: Among) -> str:
    # The gap is the median of days between the days on which loans began.
    return f"""
    SELECT d.borrower_id AS customer_id, sum(d.loans) AS loans_ever, min(d.on_date) AS first_borrowed_date,
           max(d.on_date) AS last_borrowed_date, sum(d.consumption) AS borrowed_consumption,
           sum(d.business) AS borrowed_business,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY d.gap) AS borrowing_gap
    FROM (
        SELECT l.borrower_id, l.start_date AS on_date, count(*) AS loans,
               sum(l.principal) FILTER (WHERE a.purpose NOT IN {_BUSINESS}) AS consumption,
               sum(l.principal) FILTER (WHERE a.purpose IN {_BUSINESS}) AS business,
               l.start_date - lag(l.start_date) OVER (PARTITION BY l.borrower_id ORDER BY l.start_date) AS gap
        FROM lending_loan l JOIN lending_listing g ON g.id = l.listing_id
        JOIN lending_application a ON a.id = g.application_id
        WHERE l.start_date IS NOT NULL {among("l.borrower_id")} GROUP BY 1, 2
    ) d GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_investing(among: Among) -> str:
    return f"""
    SELECT d.investor_id AS customer_id, sum(d.shares) AS shares_ever, min(d.on_date) AS first_lent_date,
           max(d.on_date) AS last_lent_date, max(d.ended_date) AS last_share_ended_date, sum(d.risky) AS lent_risky,
           sum(d.lent) FILTER (WHERE d.on_date BETWEEN {_TODAY} - 179 AND {_TODAY} - 90) AS lent_before_90_days,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY d.gap) AS investing_gap
    FROM (
        SELECT h.investor_id, l.start_date AS on_date, count(*) AS shares, sum(h.principal) AS lent,
               sum(h.principal) FILTER (WHERE g.risk_grade >= 4) AS risky,
               max((l.settled_at AT TIME ZONE 'Asia/Shanghai')::date) AS ended_date,
               l.start_date - lag(l.start_date) OVER (PARTITION BY h.investor_id ORDER BY l.start_date) AS gap
        FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id JOIN lending_listing g ON g.id = l.listing_id
        WHERE l.start_date IS NOT NULL {among("h.investor_id")} GROUP BY 1, 2
    ) d GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_effort(among: Among) -> str:
    return f"""
    SELECT e.customer_id, sum(e.cost) AS cost_ever, sum(e.minutes) AS contact_minutes
    FROM (
        SELECT k.customer_id, k.amount AS cost, NULL::int AS minutes FROM customers_customercost k
        WHERE true {among("k.customer_id")}
        UNION ALL
        SELECT k.customer_id, NULL, k.minutes FROM customers_contact k
        WHERE k.minutes IS NOT NULL AND k.customer_id IS NOT NULL {among("k.customer_id")}
    ) e GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_referrals(among: Among) -> str:
    return f"""
    SELECT l.introducer_id AS customer_id, count(*) AS referrals FROM customers_lead l
    WHERE l.introducer_id IS NOT NULL AND l.state = 'CONVERTED' {among("l.introducer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


def _build_assessments(among: Among) -> str:
    return f"""
    SELECT c.id AS customer_id, c.investor_type_expires_date AS assessed_until FROM customers_customer c
    WHERE c.investor_type_expires_date IS NOT NULL {among("c.id")}
    """  # noqa: S608 - everything is our own


def _build_choices(among: Among) -> str:
    def of(label: str, key: str) -> str:
        return f"max(k.value) FILTER (WHERE k.label = '{label}') AS {key}"

    return f"""
    SELECT k.customer_id, {of("stage_borrower", "set_stage_borrower")}, {of("stage_investor", "set_stage_investor")},
           {of("sensitivity", "set_sensitivity")}
    FROM segmentation_labelchoice k
    WHERE k.ended_at IS NULL AND (k.until_date IS NULL OR k.until_date >= {_TODAY}) {among("k.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


_BORROWED: Final = {
    "loans_ever": Attribute(_("Loans ever"), "count", "segmentation.borrowing", _BORROWING),
    "first_borrowed_date": Attribute(_("First loan"), "date", "segmentation.borrowing", _BORROWING),
    "last_borrowed_date": Attribute(_("Latest loan"), "date", "segmentation.borrowing", _BORROWING),
    "borrowed_consumption": Attribute(_("Borrowed for consumption"), "money", "segmentation.borrowing", _BORROWING),
    "borrowed_business": Attribute(_("Borrowed for business"), "money", "segmentation.borrowing", _BORROWING),
    "borrowing_gap": Attribute(_("Usual days between loans"), "count", "segmentation.borrowing", _BORROWING),
}
_LENT: Final = {
    "shares_ever": Attribute(_("Shares ever"), "count", "segmentation.investing", _INVESTING),
    "first_lent_date": Attribute(_("First lent"), "date", "segmentation.investing", _INVESTING),
    "last_lent_date": Attribute(_("Latest lent"), "date", "segmentation.investing", _INVESTING),
    "last_share_ended_date": Attribute(_("Latest share paid back"), "date", "segmentation.investing", _INVESTING),
    "lent_risky": Attribute(_("Lent in grades R4 and R5"), "money", "segmentation.investing", _INVESTING),
    "lent_before_90_days": Attribute(_("Lent 180 to 90 days ago"), "money", "segmentation.investing", _INVESTING),
    "investing_gap": Attribute(_("Usual days between lendings"), "count", "segmentation.investing", _INVESTING),
}
_EFFORT: Final = {
    "cost_ever": Attribute(_("Cost ever"), "money", "segmentation.effort", _CARE),
    "contact_minutes": Attribute(_("Minutes of contact"), "count", "segmentation.effort", _CARE),
}


def register() -> None:
    """Register the facts as attributes: they are kept, refreshed and usable in rules as all others."""
    hand = _("Set by hand")
    register_family("segmentation.borrowing", _build_borrowing, _BORROWED)
    register_family("segmentation.investing", _build_investing, _LENT)
    register_family("segmentation.effort", _build_effort, _EFFORT)
    register_family(
        "segmentation.referrals",
        _build_referrals,
        {"referrals": Attribute(_("Customers brought"), "count", "segmentation.referrals", _CARE)},
    )
    register_family(
        "segmentation.assessments",
        _build_assessments,
        {"assessed_until": Attribute(_("Questionnaire valid until"), "date", "segmentation.assessments", _INVESTING)},
    )
    register_family(
        "segmentation.choices",
        _build_choices,
        {
            "set_stage_borrower": Attribute(
                _("Stage as borrower, set by hand"), "text", "segmentation.choices", hand, Customer.Stage.choices
            ),
            "set_stage_investor": Attribute(
                _("Stage as investor, set by hand"), "text", "segmentation.choices", hand, Customer.Stage.choices
            ),
            "set_sensitivity": Attribute(
                _("Sensitivity, set by hand"), "text", "segmentation.choices", hand, Sensitivity.choices
            ),
        },
    )
