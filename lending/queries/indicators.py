"""What risk watches of the book as lending knows it: how concentrated it is, and whether there is money for it."""

from collections.abc import Sequence
from datetime import date

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from core.registries import Indicator, indicators
from core.rules.ratios import Row, share_row
from customers.rules.regions import find_region_name
from lending.queries.supply import sum_demand, sum_funds

Rows = Sequence[Row]
_TOP = 10
_TOP_BORROWERS = """
WITH owed AS (
    SELECT l.borrower_id, sum(s.principal_outstanding) AS amount
    FROM lending_loan l JOIN lending_loanstate s ON s.loan_id = l.id WHERE l.state = 'ACTIVE' GROUP BY 1
)
SELECT coalesce((SELECT sum(amount) FROM (SELECT amount FROM owed ORDER BY amount DESC LIMIT %(top)s) t), 0),
       coalesce((SELECT sum(amount) FROM owed), 0)
"""
_BY_REGION = """
SELECT left(c.region_code, 2), sum(s.principal_outstanding)
FROM lending_loan l JOIN lending_loanstate s ON s.loan_id = l.id JOIN customers_customer c ON c.id = l.borrower_id
WHERE l.state = 'ACTIVE' AND c.region_code <> '' GROUP BY 1
"""
_BY_PRODUCT = """
SELECT p.code, sum(s.principal_outstanding)
FROM lending_loan l JOIN lending_loanstate s ON s.loan_id = l.id JOIN lending_product p ON p.id = l.product_id
WHERE l.state = 'ACTIVE' GROUP BY 1
"""


def compute_top_borrowers(_business_date: date) -> Rows:
    """Return the share of the ten greatest borrowers in all outstanding principal (信息披露指引 art. 8)."""
    with connection.cursor() as cursor:
        cursor.execute(_TOP_BORROWERS, {"top": _TOP})
        top, total = cursor.fetchone()
    return [share_row("", top, total)] if total else []


def compute_regions(_business_date: date) -> Rows:
    """Return each province's share of the outstanding principal."""
    return _divide(_BY_REGION)


def compute_products(_business_date: date) -> Rows:
    """Return each product's share of the outstanding principal."""
    return _divide(_BY_PRODUCT)


def _divide(sql: str) -> Rows:
    """Return the share of each part; the total's value is the greatest of them, the figure that is watched."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        parts = cursor.fetchall()
    total = sum((amount for _part, amount in parts), ZERO)
    if not total:
        return []
    greatest = max(amount for _part, amount in parts)
    return [*(share_row(part, amount, total) for part, amount in parts), share_row("", greatest, total)]


def compute_funding_gap(_business_date: date) -> Rows:
    """Return the share of what open listings still lack that no investor's available money could fill."""
    demand = sum_demand()
    return [share_row("", max(demand - sum_funds(), ZERO), demand)] if demand else []


def _name_province(code: str) -> str:
    return find_region_name(f"{code}0000") or code


def register_indicators() -> None:
    """Register the indicators of this app."""
    indicators.register(
        "top_borrowers",
        Indicator(
            _("Ten greatest borrowers"),
            compute_top_borrowers,
            definition=_("Outstanding principal of the ten greatest borrowers, divided by all outstanding principal."),
            records=lambda _dimension: f"{reverse('lending:loans')}?state=ACTIVE&sort=-principal",
        ),
    )
    indicators.register(
        "region_share",
        Indicator(
            _("Greatest region"),
            compute_regions,
            definition=_("Outstanding principal by province of the borrower, divided by all outstanding principal."),
            name_dimension=_name_province,
            records=lambda _dimension: f"{reverse('lending:loans')}?state=ACTIVE",
        ),
    )
    indicators.register(
        "product_share",
        Indicator(
            _("Greatest product"),
            compute_products,
            definition=_("Outstanding principal by product, divided by all outstanding principal."),
            records=lambda part: f"{reverse('lending:loans')}?state=ACTIVE" + (f"&product={part}" if part else ""),
        ),
    )
    indicators.register(
        "funding_gap",
        Indicator(
            _("Funding gap"),
            compute_funding_gap,
            definition=_("What open listings lack beyond all available money of investors, divided by what they lack."),
            records=lambda _dimension: f"{reverse('lending:listings')}?state=OPEN",
        ),
    )
