"""The borrower's risk tier, kept on the customer by the latest decision or assessment and the present arrears."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction

from customers.operations.labels import set_label, set_labels
from risk.rules.tiers import judge_tier

RULE: Final = "risk.tier"
RULE_VERSION: Final = "1"
# What was said last about each borrower, by a decision or by a periodic assessment, and how late he is.
_STANDINGS: Final = """
SELECT c.id, coalesce(said.grade, ''), coalesce(said.outcome, ''), coalesce(said.number, ''), coalesce(late.dpd, 0)
FROM unnest(%s::bigint[]) c (id)
LEFT JOIN LATERAL (
    SELECT * FROM (
        (SELECT a.grade, a.outcome, a.number, a.decided_at AS at FROM lending_application a
         WHERE a.customer_id = c.id AND a.outcome <> '' ORDER BY a.decided_at DESC NULLS FIRST, a.id DESC LIMIT 1)
        UNION ALL
        (SELECT r.grade, '', '', r.assessed_at FROM risk_reassessment r
         WHERE r.customer_id = c.id ORDER BY r.id DESC LIMIT 1)
    ) both_kinds ORDER BY at DESC NULLS FIRST LIMIT 1
) said ON true
LEFT JOIN LATERAL (
    SELECT max(s.dpd) AS dpd FROM lending_loan l JOIN lending_loanstate s ON s.loan_id = l.id
    WHERE l.borrower_id = c.id AND l.state = 'ACTIVE'
) late ON true
"""
_JUDGED: Final = """
SELECT x.customer_id, x.risk_tier, x.risk_tier_reason
FROM unnest(%(ids)s::bigint[], %(tiers)s::text[], %(reasons)s::jsonb[]) x (customer_id, risk_tier, risk_tier_reason)
"""


@transaction.atomic
def refresh_risk_tier(*, customer_id: int, now: datetime) -> None:
    """Judge a borrower's tier anew and write it where everybody reads it."""
    [(_customer_id, tier, reason)] = _judge([customer_id])
    set_label(
        customer_id=customer_id,
        label="risk_tier",
        value=tier,
        rule=RULE,
        version=RULE_VERSION,
        reason=reason,
        now=now,
    )


@transaction.atomic
def refresh_risk_tiers(*, customer_ids: Sequence[int], now: datetime) -> None:
    """Judge the tiers of many borrowers anew; those that stay keep the reason that they have."""
    if not customer_ids:
        return
    judged = _judge(customer_ids)
    set_labels(
        rules={"risk_tier": RULE},
        source=_JUDGED,
        params={
            "ids": [row[0] for row in judged],
            "tiers": [row[1] for row in judged],
            "reasons": [orjson.dumps(row[2]).decode() for row in judged],
        },
        version=RULE_VERSION,
        now=now,
    )


def _judge(customer_ids: Sequence[int]) -> list[tuple[int, str, dict[str, Any]]]:
    """Return each borrower's tier and why."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, [list(customer_ids)])
        rows = cursor.fetchall()
    return [
        (
            customer_id,
            judge_tier(grade=grade, is_declined=outcome == "DECLINE", worst_dpd=worst_dpd),
            {
                "code": "risk.tier_reason",
                "grade": grade or "–",
                "outcome": outcome,
                "application": number,
                "worst_dpd": worst_dpd,
            },
        )
        for customer_id, grade, outcome, number, worst_dpd in rows
    ]
