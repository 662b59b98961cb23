"""What the rule says about customers, and whom it could see differently since it last looked."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection

from core import clock
from core.arrays import array_literal
from core.registries import attributes
from segmentation.models import LabelRule, LabelRun

# The rule behind each label.
RULES: Final = {"stage": "segmentation.stage", "value_tier": "segmentation.value"}
# Who registers while a close runs may be committed after it.
_OVERLAP: Final = timedelta(days=1)

_LABELS = """
SELECT c.id AS customer_id,
       CASE WHEN coalesce(n.value, 0) = 0 THEN 'POTENTIAL'
            WHEN f.value > %(on)s::date - %(new)s THEN 'NEW'
            WHEN coalesce(o.value, 0) + coalesce(i.value, 0) = 0 AND l.value <= %(on)s::date - %(lost)s THEN 'LOST'
            WHEN n.value >= %(mature)s THEN 'MATURE'
            ELSE 'ACTIVE' END AS stage,
       jsonb_build_object('code', 'segmentation.stage_reason', 'deals', coalesce(n.value, 0),
                          'first', coalesce(f.value::text, '—'), 'last', coalesce(l.value::text, '—')) AS stage_reason,
       CASE WHEN b.value IS NULL AND v.value IS NULL THEN 'UNKNOWN'
            WHEN coalesce(b.value, 0) + coalesce(v.value, 0) >= %(high)s THEN 'HIGH'
            WHEN coalesce(b.value, 0) + coalesce(v.value, 0) >= %(middle)s THEN 'MIDDLE'
            ELSE 'LOW' END AS value_tier,
       jsonb_build_object('code', 'segmentation.value_reason', 'borrowed', coalesce(b.value, 0)::text,
                          'lent', coalesce(v.value, 0)::text) AS value_tier_reason
FROM customers_customer c
LEFT JOIN ({deal_count}) n ON n.customer_id = c.id
LEFT JOIN ({first_deal_date}) f ON f.customer_id = c.id
LEFT JOIN ({last_deal_date}) l ON l.customer_id = c.id
LEFT JOIN ({outstanding}) o ON o.customer_id = c.id
LEFT JOIN ({invested}) i ON i.customer_id = c.id
LEFT JOIN ({borrowed_ever}) b ON b.customer_id = c.id
LEFT JOIN ({lent_ever}) v ON v.customer_id = c.id
"""
_ATTRIBUTES: Final = (
    "deal_count",
    "first_deal_date",
    "last_deal_date",
    "outstanding",
    "invested",
    "borrowed_ever",
    "lent_ever",
)
# The planner takes the condition down to the loans and shares, because every attribute is grouped by the customer.
_ONLY = "SELECT * FROM ({sql}) a WHERE a.customer_id = ANY(%(customers)s::bigint[])"
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


def build_labels(rule: LabelRule, on: date, customers: Sequence[int] | None) -> tuple[str, dict[str, Any]]:
    """Return the SQL that says the labels of some customers, or of all, with reasons, and its parameters."""
    params: dict[str, Any] = {
        "on": on,
        "new": rule.new_days,
        "lost": rule.lost_days,
        "mature": rule.mature_deals,
        "high": rule.value_high,
        "middle": rule.value_middle,
    }
    parts = {key: attributes.get(key).sql for key in _ATTRIBUTES}
    if customers is None:
        return _LABELS.format(**parts), params
    params["customers"] = array_literal(customers)
    parts = {key: _ONLY.format(sql=sql) for key, sql in parts.items()}
    return f"{_LABELS.format(**parts)} WHERE c.id = ANY(%(customers)s::bigint[])", params
