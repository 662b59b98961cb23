"""The figures that risk watches, each from one statement over the whole book at the end of a business date."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.registries import Indicator, indicators

Rows = Sequence[tuple[str, Decimal, Decimal, Decimal]]
_STEP = Decimal("0.000001")

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
        parts = [(code, Decimal(numerator), Decimal(denominator)) for code, numerator, denominator in cursor.fetchall()]
    if not parts:
        return []
    parts.append(("", sum((part[1] for part in parts), Decimal(0)), sum((part[2] for part in parts), Decimal(0))))
    return [(code, _ratio(numerator, denominator), numerator, denominator) for code, numerator, denominator in parts]


def _ratio(numerator: Decimal, denominator: Decimal) -> Decimal:
    return (numerator / denominator).quantize(_STEP, ROUND_HALF_UP) if denominator else Decimal(0)


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


def register_indicators() -> None:
    """Register the indicators of this app."""
    indicators.register(
        "overdue_ratio",
        Indicator(
            _("Overdue ratio"),
            compute_overdue_ratio,
            definition=_(
                "Principal and interest due and not received, divided by all principal and interest still to be repaid."
            ),
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
        ),
    )
    indicators.register(
        "funding_failure",
        Indicator(
            _("Funding failure ratio"),
            compute_funding_failure,
            definition=_("Of the listings that ended within 30 days, the share that failed to fill (count)."),
        ),
    )
