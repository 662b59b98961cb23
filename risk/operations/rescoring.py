"""Scoring all borrowers again outside of any application: the last decision's facts, our own ones as of today."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction

from risk.models import Rescore
from risk.queries.current_facts import read_current_facts
from risk.queries.rules import get_rule_set
from risk.rules.inputs import InvalidInputs

# What the rules see of a customer's own profile.
SCORED_FACTS: Final = frozenset({"monthly_income", "monthly_debt_payment", "employment_years", "housing"})
_AT_ONCE: Final = 500
_BORROWERS: Final = """
SELECT DISTINCT l.borrower_id FROM lending_loan l
WHERE l.state = 'ACTIVE' AND l.borrower_id > %(after)s AND (%(only)s::bigint[] IS NULL OR l.borrower_id = ANY(%(only)s))
ORDER BY 1 LIMIT %(most)s
"""


def rescore_borrowers(*, business_date: date, now: datetime, customer_ids: Collection[int] | None = None) -> int:
    """Score everybody who owes something, or some of them, by the standard champion in force; return how many were."""
    rules = get_rule_set([])
    if rules is None:
        return 0
    count = after = 0
    while found := _read(after, customer_ids):
        after = found[-1]
        rows = []
        for borrower_id, current in read_current_facts(found, business_date).items():
            try:
                score = rules.scorecard.score(current.facts).value
            except InvalidInputs:
                # Decided before an input was added to the list: there is nothing to score him by until he asks again.
                continue
            rows.append(
                Rescore(
                    customer_id=borrower_id,
                    scorecard_id=rules.scorecard_id,
                    score=score,
                    previous_score=current.decided_score,
                    business_date=business_date,
                    scored_at=now,
                )
            )
        count += _write(rows)
    return count


@transaction.atomic
def _write(rows: list[Rescore]) -> int:
    """Write a batch; a second run of the same day replaces its scores."""
    Rescore.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["customer", "scorecard", "business_date"],
        update_fields=["score", "previous_score", "scored_at"],
    )
    return len(rows)


def _read(after: int, only: Collection[int] | None) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_BORROWERS, {"after": after, "only": None if only is None else list(only), "most": _AT_ONCE})
        return [row[0] for row in cursor.fetchall()]
