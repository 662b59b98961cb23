"""What moved month by month, and how late the book is now, for a part of the book."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from analytics.queries.series import Reach

_MONTHS = """
WITH months AS (
    SELECT m::date AS first, (m + interval '1 month' - interval '1 day')::date AS last
    FROM generate_series(date_trunc('month', %(since)s::date), date_trunc('month', %(until)s::date),
                         interval '1 month') AS m
), book AS (
    SELECT l.id, l.principal, l.start_date FROM lending_loan l
    JOIN lending_product p ON p.id = l.product_id JOIN customers_customer c ON c.id = l.borrower_id
    WHERE l.start_date IS NOT NULL AND (%(managers)s::bigint[] IS NULL OR c.rm_id = ANY(%(managers)s::bigint[]))
      AND (%(product)s = '' OR p.code = %(product)s)
)
SELECT months.first, months.last, coalesce(went.amount, 0), coalesce(came.amount, 0)
FROM months
LEFT JOIN (
    SELECT date_trunc('month', start_date)::date AS first, sum(principal) AS amount FROM book GROUP BY 1
) went USING (first)
LEFT JOIN (
    SELECT date_trunc('month', r.business_date)::date AS first, sum(r.amount) AS amount
    FROM lending_repayment r JOIN book ON book.id = r.loan_id
    WHERE r.business_date >= date_trunc('month', %(since)s::date) GROUP BY 1
) came USING (first)
ORDER BY months.first
"""
_BUCKETS = """
SELECT s.bucket, sum(s.principal_outstanding) FROM lending_loanstate s
JOIN lending_loan l ON l.id = s.loan_id
JOIN lending_product p ON p.id = l.product_id JOIN customers_customer c ON c.id = l.borrower_id
WHERE l.state = 'ACTIVE' AND (%(managers)s::bigint[] IS NULL OR c.rm_id = ANY(%(managers)s::bigint[]))
  AND (%(product)s = '' OR p.code = %(product)s)
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class MonthFlow:
    """What was paid out to borrowers and what they paid in one month."""

    first: date
    last: date
    paid_out: Decimal
    repaid: Decimal


def _params(reach: Reach) -> dict[str, Any]:
    return {
        "managers": list(reach.managers) if reach.managers is not None else None,
        "product": reach.product,
    }


def list_months(reach: Reach, since: date, until: date) -> list[MonthFlow]:
    """Return the flows of each month between two dates, both months included."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, {**_params(reach), "since": since, "until": until})
        return [MonthFlow(*row) for row in cursor.fetchall()]


def sum_buckets(reach: Reach) -> dict[str, Decimal]:
    """Return the balance of each arrears bucket as the book stands now."""
    with connection.cursor() as cursor:
        cursor.execute(_BUCKETS, _params(reach))
        return dict(cursor.fetchall())
