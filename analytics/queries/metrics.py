"""The figures that are kept by day, each from one statement over the book at the end of a business date.

Sums are kept for the whole house, by product, by RM and by both, so that any scope adds up its own part; a ratio is
always a sum divided by a sum.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.registries import Metric, metrics

Rows = Sequence[tuple[str, Decimal]]
_STEP = Decimal("0.000001")

# %(column)s comes from the tables below, never from a request.
_DIMENSION = """
CASE WHEN GROUPING(x.product) = 0 AND GROUPING(x.rm) = 0 THEN 'product:' || x.product || '/rm:' || x.rm
     WHEN GROUPING(x.product) = 0 THEN 'product:' || x.product
     WHEN GROUPING(x.rm) = 0 THEN 'rm:' || x.rm
     ELSE '' END
"""
_GROUPED = """
SELECT {dimension}, coalesce({value}, 0) FROM ({rows}) x
GROUP BY GROUPING SETS ((), (x.product), (x.rm), (x.product, x.rm))
"""
_PART = """
SELECT {values} FROM ({rows}) x
WHERE (%(managers)s::bigint[] IS NULL OR x.rm = ANY(%(managers)s::bigint[]))
  AND (%(product)s = '' OR x.product = %(product)s)
"""
_BOOK = """
SELECT p.code AS product, coalesce(c.rm_id, 0) AS rm, l.borrower_id, s.*, coalesce(late.amount, 0) AS late_amount
FROM lending_loan l
JOIN lending_loanstate s ON s.loan_id = l.id
JOIN lending_product p ON p.id = l.product_id
JOIN customers_customer c ON c.id = l.borrower_id
LEFT JOIN (
    SELECT loan_id, sum(principal - principal_paid + interest - interest_waived - interest_paid) AS amount
    FROM lending_instalment WHERE paid_at IS NULL AND due_date <= %(late_on)s GROUP BY loan_id
) late ON late.loan_id = l.id
WHERE l.state = 'ACTIVE'
"""
_PAYOUTS = """
SELECT p.code AS product, coalesce(c.rm_id, 0) AS rm, l.principal AS amount
FROM lending_loan l JOIN lending_product p ON p.id = l.product_id JOIN customers_customer c ON c.id = l.borrower_id
WHERE l.start_date = %(on)s
"""
_REPAYMENTS = """
SELECT p.code AS product, coalesce(c.rm_id, 0) AS rm, r.amount
FROM lending_repayment r JOIN lending_loan l ON l.id = r.loan_id JOIN lending_product p ON p.id = l.product_id
JOIN customers_customer c ON c.id = l.borrower_id
WHERE r.business_date = %(on)s
"""
_SHARES = """
SELECT p.code AS product, coalesce(c.rm_id, 0) AS rm, h.investor_id
FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id JOIN lending_product p ON p.id = l.product_id
JOIN customers_customer c ON c.id = h.investor_id
WHERE l.state = 'ACTIVE' AND h.principal > h.principal_received
"""
# What investors earned in the thirty days up to the date, and the balance they had out, added up over those days.
_YIELD = """
SELECT x.product, x.rm, x.earned, x.lost, x.balance_days FROM (
    SELECT p.code AS product, coalesce(c.rm_id, 0) AS rm,
           coalesce(got.earned, 0) AS earned,
           CASE WHEN l.state = 'ACTIVE' AND %(on)s::date - s.oldest_unpaid_due_date BETWEEN 181 AND 210
                THEN s.principal_outstanding ELSE 0 END AS lost,
           greatest(0, (%(on)s::date - greatest(l.start_date, %(on)s::date - 29) + 1)) * l.principal
             - coalesce(back.principal_days, 0) AS balance_days
    FROM lending_loan l
    JOIN lending_loanstate s ON s.loan_id = l.id
    JOIN lending_product p ON p.id = l.product_id
    JOIN customers_customer c ON c.id = l.borrower_id
    LEFT JOIN (
        SELECT loan_id, sum(interest + penalty) AS earned FROM lending_repayment
        WHERE business_date BETWEEN %(on)s::date - 29 AND %(on)s::date GROUP BY loan_id
    ) got ON got.loan_id = l.id
    LEFT JOIN (
        SELECT loan_id, sum(principal * (%(on)s::date - greatest(business_date, %(on)s::date - 29) + 1))
            AS principal_days
        FROM lending_repayment WHERE business_date <= %(on)s::date GROUP BY loan_id
    ) back ON back.loan_id = l.id
    WHERE l.start_date <= %(on)s::date
) x
"""

# code: (label, value over the rows, rows, unit, definition)
_SUMS: dict[str, tuple[Text, str, str, str, Text]] = {
    "loan_balance": (
        _("Loan balance"),
        "sum(x.principal_outstanding)",
        _BOOK,
        "yuan",
        _("Principal paid out and not yet repaid, at the end of the business date."),
    ),
    "interest_balance": (
        _("Interest balance"),
        "sum(x.interest_outstanding)",
        _BOOK,
        "yuan",
        _("Interest of running loans that is still to be paid by their schedules."),
    ),
    "overdue_amount": (
        _("Overdue amount"),
        "sum(x.late_amount)",
        _BOOK,
        "yuan",
        _("Principal and interest that fell due and were not received."),
    ),
    "loan_count": (_("Running loans"), "count(*)", _BOOK, "count", _("Loans that are paid out and not settled.")),
    "overdue_count": (
        _("Overdue loans"),
        "count(*) FILTER (WHERE x.late_amount > 0)",
        _BOOK,
        "count",
        _("Running loans with an unpaid instalment that has fallen due."),
    ),
    "par30_balance": (
        _("Balance over 30 days late"),
        "sum(x.principal_outstanding) FILTER (WHERE x.dpd > 30)",
        _BOOK,
        "yuan",
        _("Outstanding principal of loans more than 30 days past due."),
    ),
    "par60_balance": (
        _("Balance over 60 days late"),
        "sum(x.principal_outstanding) FILTER (WHERE x.dpd > 60)",
        _BOOK,
        "yuan",
        _("Outstanding principal of loans more than 60 days past due."),
    ),
    "par90_balance": (
        _("Balance over 90 days late"),
        "sum(x.principal_outstanding) FILTER (WHERE x.dpd > 90)",
        _BOOK,
        "yuan",
        _("Outstanding principal of loans more than 90 days past due."),
    ),
    "active_borrowers": (
        _("Active borrowers"),
        "count(DISTINCT x.borrower_id)",
        _BOOK,
        "count",
        _("Customers with a running loan."),
    ),
    "active_investors": (
        _("Active investors"),
        "count(DISTINCT x.investor_id)",
        _SHARES,
        "count",
        _("Customers with principal lent out; by RM of the investor."),
    ),
    "funded_volume": (
        _("Funded volume"),
        "sum(x.amount)",
        _PAYOUTS,
        "yuan",
        _("Principal of the loans that were paid out on the business date."),
    ),
    "cash_in": (
        _("Repayments"),
        "sum(x.amount)",
        _REPAYMENTS,
        "yuan",
        _("What borrowers paid on the business date, fees included."),
    ),
    "investor_earned": (
        _("Earned by investors in 30 days"),
        "sum(x.earned)",
        _YIELD,
        "yuan",
        _("Interest and penalty received by lenders in the 30 days up to the date."),
    ),
    "investor_lost": (
        _("Lost by investors in 30 days"),
        "sum(x.lost)",
        _YIELD,
        "yuan",
        _("Principal of the loans that became more than 180 days overdue in the 30 days up to the date."),
    ),
    "balance_days": (
        _("Balance times days"),
        "sum(x.balance_days)",
        _YIELD,
        "yuan",
        _("End-of-day loan balances of the 30 days up to the date, added up."),
    ),
}
# code: (label, numerators with their signs, denominator, factor, definition)
RATIOS: dict[str, tuple[Text, dict[str, int], dict[str, int], int, Text]] = {
    "overdue_ratio": (
        _("Overdue ratio by amount"),
        {"overdue_amount": 1},
        {"loan_balance": 1, "interest_balance": 1},
        1,
        _("Principal and interest due and not received, divided by all principal and interest still to be repaid."),
    ),
    "project_overdue_ratio": (
        _("Overdue ratio by loans"),
        {"overdue_count": 1},
        {"loan_count": 1},
        1,
        _("Running loans with an overdue instalment, divided by all running loans."),
    ),
    "par30": (
        _("Portfolio at risk over 30 days"),
        {"par30_balance": 1},
        {"loan_balance": 1},
        1,
        _("Outstanding principal of loans more than 30 days past due, divided by all outstanding principal."),
    ),
    "par60": (
        _("Portfolio at risk over 60 days"),
        {"par60_balance": 1},
        {"loan_balance": 1},
        1,
        _("Outstanding principal of loans more than 60 days past due, divided by all outstanding principal."),
    ),
    "par90": (
        _("Portfolio at risk over 90 days"),
        {"par90_balance": 1},
        {"loan_balance": 1},
        1,
        _("Outstanding principal of loans more than 90 days past due, divided by all outstanding principal."),
    ),
    "investor_return": (
        _("Investor return, annualised"),
        {"investor_earned": 1, "investor_lost": -1},
        {"balance_days": 1},
        365,
        _(
            "Interest and penalty received by investors in 30 days, less the principal of loans that became more than"
            " 180 days overdue in them, divided by the average balance of these days, times 365/30."
        ),
    ),
}


def compute_sum(code: str, business_date: date) -> Rows:
    """Return one figure for the house, by product, by RM and by both."""
    _label, value, rows, _unit, _definition = _SUMS[code]
    sql = _GROUPED.format(dimension=_DIMENSION, value=value, rows=rows)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"on": business_date, "late_on": business_date})
        return [(dimension, Decimal(number)) for dimension, number in cursor.fetchall()]


def sum_part(
    codes: Iterable[str], business_date: date, *, managers: Sequence[int] | None, product: str
) -> dict[str, Decimal]:
    """Return figures of one part of the book as it stands now, one statement for all that read the same rows."""
    by_source: dict[str, list[str]] = {}
    for code in codes:
        by_source.setdefault(_SUMS[code][2], []).append(code)
    found: dict[str, Decimal] = {}
    # What is due today is not late before tonight.
    params = {
        "on": business_date,
        "late_on": business_date - timedelta(days=1),
        "managers": None if managers is None else list(managers),
        "product": product,
    }
    for rows, names in by_source.items():
        values = ", ".join(f"coalesce({_SUMS[name][1]}, 0)" for name in names)
        with connection.cursor() as cursor:
            cursor.execute(_PART.format(values=values, rows=rows), params)
            found |= {name: Decimal(value) for name, value in zip(names, cursor.fetchone(), strict=True)}
    return found


def divide(code: str, sums: dict[str, Decimal]) -> Decimal | None:
    """Return a ratio from the sums it needs; None where there is nothing to divide by."""
    _label, above, below, factor, _definition = RATIOS[code]
    denominator = sum((sums.get(name, Decimal(0)) * sign for name, sign in below.items()), Decimal(0))
    if denominator <= 0:
        return None
    numerator = sum((sums.get(name, Decimal(0)) * sign for name, sign in above.items()), Decimal(0))
    return (numerator * factor / denominator).quantize(_STEP, ROUND_HALF_UP)


def compute_ratio(code: str, business_date: date) -> Rows:
    """Return one ratio for the house, by product, by RM and by both, where there is a book to divide by."""
    _label, above, below, _factor, _definition = RATIOS[code]
    by_dimension: dict[str, dict[str, Decimal]] = {}
    for name in {*above, *below}:
        for dimension, value in compute_sum(name, business_date):
            by_dimension.setdefault(dimension, {})[name] = value
    found = [(dimension, divide(code, sums)) for dimension, sums in sorted(by_dimension.items())]
    return [(dimension, value) for dimension, value in found if value is not None]


def register_metrics() -> None:
    """Register the figures of the book."""
    for code, (label, _value, _rows, unit, definition) in _SUMS.items():
        metrics.register(code, Metric(label, partial(compute_sum, code), unit, definition))
    for code, (label, _above, _below, _factor, definition) in RATIOS.items():
        metrics.register(code, Metric(label, partial(compute_ratio, code), "ratio", definition))
