"""The figures that are kept by day: one statement over the book for all that read the same rows.

Sums are kept for the whole house, by product, by RM and by both, so that any scope adds up its own part; a ratio is
always a sum divided by a sum.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.registries import Metric, metrics

Rows = Sequence[tuple[str, Decimal]]
_STEP = Decimal("0.000001")

# What is filled in comes from the tables below, never from a request.
_GROUPED = """
SELECT x.product, coalesce(x.rm, 0), {values} FROM ({rows}) x GROUP BY 1, 2
"""
# A customer has one RM: by RM he counts once however many products he has, and so he does in the house.
_COUNTED = """
WITH found AS MATERIALIZED (SELECT DISTINCT x.product, coalesce(x.rm, 0) AS rm, {customer} AS customer FROM ({rows}) x)
SELECT product, rm, count(*) FROM found GROUP BY product, rm
UNION ALL SELECT NULL, rm, count(*) FROM (SELECT DISTINCT rm, customer FROM found) once GROUP BY rm
"""
# The conditions are only there where they narrow: the few customers of an RM are then found by their index.
_PART = "SELECT {values} FROM ({rows}) x WHERE {part}"
_OF_MANAGERS = "x.rm = ANY(%(managers)s::bigint[])"
_OF_PRODUCT = "x.product = %(product)s"
_BOOK = """
SELECT p.code AS product, c.rm_id AS rm, s.principal_outstanding, s.interest_outstanding, s.dpd,
       coalesce(late.amount, 0) AS late_amount
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
_BORROWERS = """
SELECT p.code AS product, c.rm_id AS rm, l.borrower_id
FROM lending_loan l JOIN lending_product p ON p.id = l.product_id JOIN customers_customer c ON c.id = l.borrower_id
WHERE l.state = 'ACTIVE'
"""
_PAYOUTS = """
SELECT p.code AS product, c.rm_id AS rm, l.principal AS amount
FROM lending_loan l JOIN lending_product p ON p.id = l.product_id JOIN customers_customer c ON c.id = l.borrower_id
WHERE l.start_date = %(on)s
"""
_REPAYMENTS = """
SELECT p.code AS product, c.rm_id AS rm, r.amount
FROM lending_repayment r JOIN lending_loan l ON l.id = r.loan_id JOIN lending_product p ON p.id = l.product_id
JOIN customers_customer c ON c.id = l.borrower_id
WHERE r.business_date = %(on)s
"""
_SHARES = """
SELECT p.code AS product, c.rm_id AS rm, h.investor_id
FROM (
    SELECT DISTINCT l.product_id, h.investor_id FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id
    WHERE l.state = 'ACTIVE' AND h.principal > h.principal_received
) h JOIN lending_product p ON p.id = h.product_id JOIN customers_customer c ON c.id = h.investor_id
"""
# What investors earned in the thirty days up to the date, and the balance they had out, added up over those days: what
# is out now was out on each of them since the start, and what came back was out until the day before it came.
_YIELD = """
SELECT p.code AS product, c.rm_id AS rm, 0 AS earned,
       CASE WHEN %(on)s::date - s.oldest_unpaid_due_date BETWEEN 181 AND 210 THEN s.principal_outstanding ELSE 0 END
           AS lost,
       s.principal_outstanding * (%(on)s::date - greatest(l.start_date, %(on)s::date - 29) + 1) AS balance_days
FROM lending_loan l JOIN lending_loanstate s ON s.loan_id = l.id JOIN lending_product p ON p.id = l.product_id
JOIN customers_customer c ON c.id = l.borrower_id
WHERE l.state = 'ACTIVE' AND l.start_date <= %(on)s::date
UNION ALL
SELECT p.code, c.rm_id,
       CASE WHEN r.business_date <= %(on)s::date THEN r.interest + r.penalty ELSE 0 END, 0,
       r.principal * (least(r.business_date, %(on)s::date + 1) - greatest(l.start_date, %(on)s::date - 29))
FROM lending_repayment r JOIN lending_loan l ON l.id = r.loan_id JOIN lending_product p ON p.id = l.product_id
JOIN customers_customer c ON c.id = l.borrower_id
WHERE r.business_date > %(on)s::date - 30 AND l.start_date <= %(on)s::date
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
        _BORROWERS,
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
# Sums of people, not of amounts: whoever is in two products is one.
_PEOPLE = {"active_borrowers": "x.borrower_id", "active_investors": "x.investor_id"}
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


def compute_all(business_date: date) -> Mapping[str, Rows]:
    """Return every figure for the house, by product, by RM and by both."""
    found = _read_sums(_SUMS, business_date)
    return found | {code: _divide_rows(code, found) for code in RATIOS}


def compute_sum(code: str, business_date: date) -> Rows:
    """Return one figure for the house, by product, by RM and by both."""
    return _read_sums([code], business_date)[code]


def _read_sums(codes: Iterable[str], business_date: date) -> dict[str, Rows]:
    params = {"on": business_date, "late_on": business_date}
    found: dict[str, Rows] = {}
    for rows, names in _by_source(codes).items():
        people = next((_PEOPLE[name] for name in names if name in _PEOPLE), None)
        with connection.cursor() as cursor:
            if people is not None:
                cursor.execute(_COUNTED.format(customer=people, rows=rows), params)
            else:
                values = ", ".join(f"coalesce({_SUMS[name][1]}, 0)" for name in names)
                cursor.execute(_GROUPED.format(values=values, rows=rows), params)
            parts = cursor.fetchall()
        add_up = _add_people if people is not None else _add_sums
        found |= {name: add_up([(row[0], row[1], row[place]) for row in parts]) for place, name in enumerate(names, 2)}
    return found


def _by_source(codes: Iterable[str]) -> dict[str, list[str]]:
    by_source: dict[str, list[str]] = {}
    for code in codes:
        by_source.setdefault(_SUMS[code][2], []).append(code)
    return by_source


def _add_sums(parts: Iterable[tuple[str, int, Any]]) -> Rows:
    """Add the parts by product and RM up to the products, the RMs and the house."""
    totals: dict[str, Decimal] = defaultdict(Decimal, {"": Decimal(0)})
    for product, rm, value in parts:
        for dimension in ("", f"product:{product}", f"rm:{rm}", f"product:{product}/rm:{rm}"):
            totals[dimension] += value
    return sorted(totals.items())


def _add_people(parts: Iterable[tuple[str | None, int, int]]) -> Rows:
    """Add counted people up: those of an RM or of the house were counted once over all products."""
    totals: dict[str, Decimal] = defaultdict(Decimal, {"": Decimal(0)})
    for product, rm, count in parts:
        dimensions = ("", f"rm:{rm}") if product is None else (f"product:{product}", f"product:{product}/rm:{rm}")
        for dimension in dimensions:
            totals[dimension] += count
    return sorted(totals.items())


def sum_part(
    codes: Iterable[str], business_date: date, *, managers: Sequence[int] | None, product: str
) -> dict[str, Decimal]:
    """Return figures of one part of the book as it stands now, one statement for all that read the same rows."""
    found: dict[str, Decimal] = {}
    # What is due today is not late before tonight.
    params = {
        "on": business_date,
        "late_on": business_date - timedelta(days=1),
        "managers": None if managers is None else list(managers),
        "product": product,
    }
    conditions = [*([] if managers is None else [_OF_MANAGERS]), *([_OF_PRODUCT] if product else [])]
    part = " AND ".join(conditions) or "true"
    for rows, names in _by_source(codes).items():
        values = ", ".join(f"coalesce({_SUMS[name][1]}, 0)" for name in names)
        with connection.cursor() as cursor:
            cursor.execute(_PART.format(values=values, rows=rows, part=part), params)
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
    return _divide_rows(code, _read_sums({**above, **below}, business_date))


def _divide_rows(code: str, sums: Mapping[str, Rows]) -> Rows:
    _label, above, below, _factor, _definition = RATIOS[code]
    by_dimension: dict[str, dict[str, Decimal]] = {}
    for name in {**above, **below}:
        for dimension, value in sums[name]:
            by_dimension.setdefault(dimension, {})[name] = value
    found = [(dimension, divide(code, values)) for dimension, values in sorted(by_dimension.items())]
    return [(dimension, value) for dimension, value in found if value is not None]


def register_metrics() -> None:
    """Register the figures of the book."""
    for code, (label, _value, _rows, unit, definition) in _SUMS.items():
        metrics.register(code, Metric(label, partial(compute_sum, code), unit, definition, compute_all))
    for code, (label, _above, _below, _factor, definition) in RATIOS.items():
        metrics.register(code, Metric(label, partial(compute_ratio, code), "ratio", definition, compute_all))
