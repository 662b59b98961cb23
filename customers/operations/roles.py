"""The roles a customer plays, and what each is worth."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import connection

# The day is the business date: callers stand inside an operation of that day.
_MARK: Final = """
WITH marked AS (
    UPDATE customers_customer SET {flag} = true WHERE id = %s AND NOT {flag} RETURNING id, registered_at
)
INSERT INTO customers_customerrole (customer_id, role, since_date, stage, value_tier, risk_tier, value)
SELECT id, '{role}', coalesce((SELECT value FROM core_businessdate LIMIT 1), (registered_at AT TIME ZONE 'Asia/Shanghai')::date),
       'POTENTIAL', 'UNKNOWN', 'UNKNOWN', 0
FROM marked ON CONFLICT (customer_id, role) DO NOTHING
"""
_MARK_BORROWER: Final = _MARK.format(flag="is_borrower", role="BORROWER")
_MARK_INVESTOR: Final = _MARK.format(flag="is_investor", role="INVESTOR")


def mark_borrower(*, customer_id: int) -> None:
    """Note that the customer has asked for a loan; called in that transaction."""
    _run(_MARK_BORROWER, [customer_id])


def mark_investor(*, customer_id: int) -> None:
    """Note that the customer has lent or bid; called in that transaction."""
    _run(_MARK_INVESTOR, [customer_id])


# The risk of a borrower is that he does not pay; that of an investor is the loss he can bear, by his questionnaire.
# What stands already is left out before the insertion: a conflict would lock its row.
_REFRESH: Final = """
INSERT INTO customers_customerrole AS r (customer_id, role, since_date, stage, value_tier, risk_tier, value)
SELECT n.customer_id, n.role, n.since_date, n.stage, n.value_tier, n.risk_tier, n.value
FROM (
    SELECT s.*,
           CASE WHEN s.role = 'BORROWER' THEN c.risk_tier
                WHEN c.investor_type IN ('C1', 'C2') THEN 'LOW'
                WHEN c.investor_type = 'C3' THEN 'MIDDLE'
                WHEN c.investor_type IN ('C4', 'C5') THEN 'HIGH'
                ELSE 'UNKNOWN' END AS risk_tier
    FROM ({source}) s JOIN customers_customer c ON c.id = s.customer_id
) n LEFT JOIN customers_customerrole k ON k.customer_id = n.customer_id AND k.role = n.role
WHERE (n.stage, n.value_tier, n.risk_tier, n.value, least(k.since_date, n.since_date))
      IS DISTINCT FROM (k.stage, k.value_tier, k.risk_tier, k.value, k.since_date)
ORDER BY n.customer_id, n.role
ON CONFLICT (customer_id, role) DO UPDATE
SET stage = excluded.stage, value_tier = excluded.value_tier, risk_tier = excluded.risk_tier, value = excluded.value,
    since_date = least(r.since_date, excluded.since_date)
"""


def refresh_roles(*, source: str, params: Mapping[str, Any]) -> int:
    """Write stage, value and tiers of roles for many customers in one statement; returns the rows that changed.

    `source` is SQL of our own that yields `customer_id, role, since_date, stage, value_tier, value`, one row a role;
    `params` are its parameters. The risk is taken from the customer: his risk tier as borrower, his tolerance as investor.
    """
    return _run(_REFRESH.format(source=source), params)


def _run(statement: str, params: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)
