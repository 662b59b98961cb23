"""What the rule says about customers, and whom it could see differently since it last looked."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection

from core import clock
from core.arrays import array_literal
from segmentation.models import LabelRule, LabelRun

# The rule behind each label.
RULES: Final = {"stage": "segmentation.stage", "value_tier": "segmentation.value"}
# Who registers while a close runs may be committed after it.
_OVERLAP: Final = timedelta(days=1)

# One row a customer and role: what the attributes of lending say one by one, in one pass (a test compares them).
_DEALS = """
SELECT customer_id, CASE WHEN borrowed IS NULL THEN 'INVESTOR' ELSE 'BORROWER' END AS role, count(*) AS deals,
       min(on_date) AS first_date, max(on_date) AS last_date, sum(coalesce(borrowed, lent)) AS value,
       sum(running) AS running
FROM (
    SELECT l.borrower_id AS customer_id, l.start_date AS on_date, l.principal AS borrowed, NULL::numeric AS lent,
           CASE WHEN l.state = 'ACTIVE' THEN s.principal_outstanding ELSE 0 END AS running
    FROM lending_loan l LEFT JOIN lending_loanstate s ON s.loan_id = l.id
    WHERE l.start_date IS NOT NULL {borrowers}
    UNION ALL
    SELECT h.investor_id, l.start_date, NULL, h.principal,
           CASE WHEN l.state = 'ACTIVE' THEN h.principal - h.principal_received ELSE 0 END
    FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id
    WHERE l.start_date IS NOT NULL {investors}
) x GROUP BY 1, 2
"""
LABELS: Final = """
SELECT c.id AS customer_id,
       CASE WHEN d.deals IS NULL THEN 'POTENTIAL'
            WHEN d.first_date > %(on)s::date - %(new)s THEN 'NEW'
            WHEN d.running = 0 AND d.last_date <= %(on)s::date - %(lost)s THEN 'LOST'
            WHEN d.deals >= %(mature)s THEN 'MATURE'
            ELSE 'ACTIVE' END AS stage,
       jsonb_build_object('code', 'segmentation.stage_reason', 'deals', coalesce(d.deals, 0),
                          'first', coalesce(d.first_date::text, '—'), 'last', coalesce(d.last_date::text, '—'))
           AS stage_reason,
       CASE WHEN d.deals IS NULL THEN 'UNKNOWN'
            WHEN d.value >= %(high)s THEN 'HIGH' WHEN d.value >= %(middle)s THEN 'MIDDLE' ELSE 'LOW' END AS value_tier,
       jsonb_build_object('code', 'segmentation.value_reason', 'borrowed', coalesce(d.borrowed, 0)::text,
                          'lent', coalesce(d.lent, 0)::text) AS value_tier_reason
FROM customers_customer c
LEFT JOIN (
    SELECT customer_id, sum(deals) AS deals, min(first_date) AS first_date, max(last_date) AS last_date,
           sum(value) AS value, sum(value) FILTER (WHERE role = 'BORROWER') AS borrowed,
           sum(value) FILTER (WHERE role = 'INVESTOR') AS lent, sum(running) AS running
    FROM segmentation_deals GROUP BY customer_id
) d ON d.customer_id = c.id
WHERE %(customers)s::bigint[] IS NULL OR c.id = ANY(%(customers)s::bigint[])
"""
# The same limits for each role by itself: who lends much may be new as a borrower.
ROLES: Final = """
SELECT d.customer_id, d.role, d.first_date AS since_date,
       CASE WHEN d.first_date > %(on)s::date - %(new)s THEN 'NEW'
            WHEN d.running = 0 AND d.last_date <= %(on)s::date - %(lost)s THEN 'LOST'
            WHEN d.deals >= %(mature)s THEN 'MATURE'
            ELSE 'ACTIVE' END AS stage,
       CASE WHEN d.value >= %(high)s THEN 'HIGH' WHEN d.value >= %(middle)s THEN 'MIDDLE' ELSE 'LOW' END AS value_tier,
       d.value
FROM segmentation_deals d
"""
# The same for some customers, with those of their roles that have no deals.
ROLES_OF_SOME: Final = f"""
{ROLES}
UNION ALL
SELECT r.customer_id, r.role, r.since_date, 'POTENTIAL', 'UNKNOWN', 0
FROM customers_customerrole r
WHERE r.customer_id = ANY(%(customers)s::bigint[]) AND NOT EXISTS (
    SELECT 1 FROM segmentation_deals d WHERE d.customer_id = r.customer_id AND d.role = r.role
)
"""  # noqa: S608 - one statement of our own in another
# Deals and volumes change by a payout alone. Stages also change when the first or the last deal comes of age, and when
# nothing is lent or owed any more; that takes a payment. The last date is looked at again: its close was not its end.
_WHO_COULD_DIFFER = """
WITH loans AS (
    SELECT id FROM lending_loan WHERE start_date >= %(since)s
    UNION
    SELECT id FROM lending_loan WHERE start_date BETWEEN %(since)s::date - %(new)s AND %(on)s::date - %(new)s
    UNION
    SELECT id FROM lending_loan WHERE start_date BETWEEN %(since)s::date - %(lost)s AND %(on)s::date - %(lost)s
    UNION
    SELECT r.loan_id FROM lending_repayment r JOIN lending_loanstate s ON s.loan_id = r.loan_id
    WHERE r.business_date >= %(since)s AND s.principal_outstanding = 0
)
SELECT l.borrower_id FROM lending_loan l JOIN loans ON loans.id = l.id
UNION
SELECT h.investor_id FROM lending_lendershare h JOIN loans ON loans.id = h.loan_id
UNION
SELECT h.investor_id FROM lending_repayment r JOIN lending_distribution d ON d.repayment_id = r.id
JOIN lending_lendershare h ON h.id = d.share_id
WHERE r.business_date >= %(since)s AND h.principal_received = h.principal
UNION
SELECT id FROM customers_customer WHERE registered_at >= %(registered_since)s
"""


def get_rule(on: date) -> LabelRule | None:
    """Return the version in force on a date."""
    return LabelRule.objects.filter(valid_from__lte=on).order_by("-valid_from", "-id").first()


def list_who_could_differ(rule: LabelRule, on: date) -> Sequence[int] | None:
    """Return the customers whose labels may have changed since the latest run; None where that may be anybody.

    Everybody is looked at by new limits and on the first of each month.
    """
    latest = LabelRun.objects.order_by("-business_date").first()
    if latest is None or latest.limits != rule.limits or latest.business_date > on or on.day == 1:
        return None
    since = latest.business_date
    params: dict[str, Any] = {
        "on": on,
        "since": since,
        "new": rule.new_days,
        "lost": rule.lost_days,
        "registered_since": clock.at(since - _OVERLAP, 0),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WHO_COULD_DIFFER, params)
        return [pk for (pk,) in cursor.fetchall()]


def build_deals(customers: Sequence[int] | None) -> tuple[str, dict[str, Any]]:
    """Return the SQL that sums up the deals of some customers, or of all, by role, and its parameters.

    `LABELS` and `ROLES` read its rows from a working table `segmentation_deals`.
    """
    if customers is None:
        return _DEALS.format(borrowers="", investors=""), {}
    among = "= ANY(%(customers)s::bigint[])"
    statement = _DEALS.format(borrowers=f"AND l.borrower_id {among}", investors=f"AND h.investor_id {among}")
    return statement, {"customers": array_literal(customers)}


def list_limits(rule: LabelRule, on: date) -> dict[str, Any]:
    """Return the parameters of `LABELS` and `ROLES` on a date."""
    return {
        "on": on,
        "new": rule.new_days,
        "lost": rule.lost_days,
        "mature": rule.mature_deals,
        "high": rule.value_high,
        "middle": rule.value_middle,
    }
