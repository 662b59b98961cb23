"""A customer's money month by month."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

_FLOW = """
SELECT to_char(m.month, 'YYYY-MM'), coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0),
       coalesce(sum(e.amount) FILTER (WHERE e.amount < 0), 0)
FROM generate_series(date_trunc('month', %(on)s::date) - interval '11 months', date_trunc('month', %(on)s::date),
                     interval '1 month') AS m(month)
LEFT JOIN (
    SELECT date_trunc('month', t.business_date) AS month, x.amount
    FROM ledger_entry x
    JOIN ledger_transfer t ON t.id = x.transfer_id
    WHERE x.account_id = %(account)s AND t.type NOT IN ('FREEZE', 'UNFREEZE')
      AND t.business_date >= date_trunc('month', %(on)s::date) - interval '11 months'
    UNION ALL
    SELECT date_trunc('month', t.business_date), x.amount
    FROM ledger_entry x
    JOIN ledger_transfer t ON t.id = x.transfer_id
    WHERE x.account_id = %(frozen)s AND t.type NOT IN ('FREEZE', 'UNFREEZE')
      AND t.business_date >= date_trunc('month', %(on)s::date) - interval '11 months'
) e ON e.month = m.month
GROUP BY m.month ORDER BY m.month
"""


@dataclass(frozen=True, slots=True)
class MonthFlow:
    """What came in and, as a negative amount, went out in one month."""

    month: str
    came: Decimal
    went: Decimal


def list_cash_flow(available_account_id: int, frozen_account_id: int, on: date) -> list[MonthFlow]:
    """Return the last twelve months of a customer's accounts; setting money aside is no flow."""
    with connection.cursor() as cursor:
        cursor.execute(_FLOW, {"account": available_account_id, "frozen": frozen_account_id, "on": on})
        return [MonthFlow(*row) for row in cursor.fetchall()]
