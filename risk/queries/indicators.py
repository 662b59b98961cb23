"""The figures that risk watches, each from one statement over the whole book at the end of a business date."""

from collections.abc import Callable, Sequence
from datetime import date
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.registries import Indicator, indicators
from core.rules.ratios import Row, share_row, share_rows
from ledger.queries import balance_of
from ledger.rules import accounts

Rows = Sequence[Row]

# Each gives (product code, numerator, denominator); the total is added up from them.
_OVERDUE = """
SELECT p.code, coalesce(sum(late.amount), 0), sum(s.principal_outstanding + s.interest_outstanding)
FROM lending_loan l
JOIN lending_loanstate s ON s.loan_id = l.id
JOIN lending_product p ON p.id = l.product_id
LEFT JOIN (
    SELECT loan_id, sum(principal - principal_paid + interest - interest_waived - interest_paid) AS amount
    FROM lending_instalment WHERE paid_at IS NULL AND due_date <= %(on)s GROUP BY loan_id
) late ON late.loan_id = l.id
WHERE l.state = 'ACTIVE'
GROUP BY p.code
"""
_PAR30 = """
SELECT p.code, coalesce(sum(s.principal_outstanding) FILTER (WHERE s.dpd > 30), 0), sum(s.principal_outstanding)
FROM lending_loan l
JOIN lending_loanstate s ON s.loan_id = l.id
JOIN lending_product p ON p.id = l.product_id
WHERE l.state = 'ACTIVE'
GROUP BY p.code
"""
_FIRST_PAYMENT_DEFAULT = """
SELECT p.code,
       count(*) FILTER (WHERE i.paid_at IS NULL OR (i.paid_at AT TIME ZONE 'Asia/Shanghai')::date > i.due_date + 7),
       count(*)
FROM lending_instalment i
JOIN lending_loan l ON l.id = i.loan_id
JOIN lending_product p ON p.id = l.product_id
WHERE i.n = 1 AND i.due_date > %(on)s::date - 97 AND i.due_date <= %(on)s::date - 7
GROUP BY p.code
"""
_FUNDING_FAILURE = """
SELECT p.code, count(*) FILTER (WHERE li.state = 'FAILED'), count(*)
FROM lending_listing li
JOIN lending_product p ON p.id = li.product_id
WHERE li.state IN ('FAILED', 'FILLED', 'PAID_OUT')
  -- A listing fails on its deadline, also where the close of that day is caught up days later.
  AND CASE WHEN li.state = 'FAILED' THEN li.deadline_date ELSE (li.ended_at AT TIME ZONE 'Asia/Shanghai')::date END
      BETWEEN %(on)s::date - 29 AND %(on)s::date
GROUP BY p.code
"""


def _compute(sql: str, business_date: date) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"on": business_date})
        return share_rows(cursor.fetchall())


def compute_overdue_ratio(business_date: date) -> Rows:
    """Return 金额逾期率 (T/NIFA 1-2017) by product."""
    return _compute(_OVERDUE, business_date)


def compute_par30(business_date: date) -> Rows:
    """Return the portfolio at risk over 30 days by product."""
    return _compute(_PAR30, business_date)


def compute_first_payment_default(business_date: date) -> Rows:
    """Return the share of loans whose first instalment was missed, by product."""
    return _compute(_FIRST_PAYMENT_DEFAULT, business_date)


def compute_funding_failure(business_date: date) -> Rows:
    """Return the share of listings that failed, by product."""
    return _compute(_FUNDING_FAILURE, business_date)


def compute_reserve_coverage(business_date: date) -> Rows:
    """Return how much of the principal more than 30 days past due the reserve fund could pay.

    Nothing as long as nobody has paid into the fund: a house without one is not a house with an empty one.
    """
    reserve = balance_of(accounts.RESERVE)
    at_risk = next((row[2] for row in compute_par30(business_date) if not row[0]), None)
    return [share_row("", reserve, at_risk)] if reserve and at_risk else []


def _loans(query: dict[str, str]) -> Callable[[str], str]:
    """Return the address of the loans behind a figure, of one product or of all."""

    def link(dimension: str) -> str:
        wanted = {**query, **({"product": dimension} if dimension else {})}
        return f"{reverse('lending:loans')}?{urlencode(wanted)}"

    return link


def _listings(dimension: str) -> str:
    wanted = {"state": "FAILED", **({"product": dimension} if dimension else {})}
    return f"{reverse('lending:listings')}?{urlencode(wanted)}"


def register_indicators() -> None:
    """Register the indicators of this app."""
    indicators.register(
        "reserve_coverage",
        Indicator(
            _("Reserve coverage"),
            compute_reserve_coverage,
            definition=_("Balance of the risk reserve fund, divided by the principal more than 30 days past due."),
            records=_loans({"late_from": "31"}),
        ),
    )
    indicators.register(
        "overdue_ratio",
        Indicator(
            _("Overdue ratio"),
            compute_overdue_ratio,
            definition=_(
                "Principal and interest due and not received, divided by all principal and interest still to be repaid."
            ),
            records=_loans({"overdue": "on"}),
        ),
    )
    indicators.register(
        "par30",
        Indicator(
            _("Portfolio at risk over 30 days"),
            compute_par30,
            definition=_(
                "Outstanding principal of loans more than 30 days past due, divided by all outstanding principal."
            ),
            records=_loans({"bucket": "M2"}),
        ),
    )
    indicators.register(
        "first_payment_default",
        Indicator(
            _("First payment default"),
            compute_first_payment_default,
            definition=_(
                "Of the first instalments that fell due 7 to 96 days ago, the share not paid within 7 days (count)."
            ),
            records=_loans({"state": "ACTIVE"}),
        ),
    )
    indicators.register(
        "funding_failure",
        Indicator(
            _("Funding failure ratio"),
            compute_funding_failure,
            definition=_("Of the listings that ended within 30 days, the share that failed to fill (count)."),
            records=_listings,
        ),
    )
