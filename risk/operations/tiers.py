"""The borrower's risk tier, kept on the customer by the latest decision or assessment and the present arrears."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from customers.operations.labels import Labelled, set_label_of_many
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


def refresh_risk_tiers(*, customer_ids: Sequence[int], now: datetime) -> None:
    """Judge borrowers' tiers anew and write them where everybody reads them, in the caller's transaction."""
    if customer_ids:
        set_label_of_many(
            label="risk_tier", rule=RULE, version=RULE_VERSION, labelled=_judge(sorted(set(customer_ids))), now=now
        )


def _judge(customer_ids: Collection[int]) -> list[Labelled]:
    """Return each borrower's tier and why."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, [list(customer_ids)])
        rows = cursor.fetchall()
    return [
        Labelled(
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
