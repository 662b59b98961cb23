"""Scoring all borrowers again outside of any application (C12.13): the last decision's facts, our own ones as of today."""

from datetime import date, datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction

from core.fields import decrypt
from risk.models import Rescore
from risk.queries.facts import read_own_histories
from risk.queries.rules import get_rule_set
from risk.rules.inputs import InvalidInputs

_AT_ONCE: Final = 500
_LATEST: Final = """
SELECT DISTINCT ON (d.customer_id) d.customer_id, d.inputs, d.score FROM risk_decisionrecord d
WHERE d.customer_id > %(after)s AND (%(only)s::bigint IS NULL OR d.customer_id = %(only)s) AND d.score IS NOT NULL
  AND EXISTS (SELECT 1 FROM lending_loan l WHERE l.borrower_id = d.customer_id AND l.state = 'ACTIVE')
ORDER BY d.customer_id, d.id DESC LIMIT %(most)s
"""


def rescore_borrowers(*, business_date: date, now: datetime, customer_id: int | None = None) -> int:
    """Score everybody who owes something, or one of them, by the standard champion in force; return how many were."""
    rules = get_rule_set([])
    if rules is None:
        return 0
    count = after = 0
    while found := _read(after, customer_id):
        after = found[-1][0]
        histories = read_own_histories([row[0] for row in found], business_date)
        rows = []
        for customer_id, sealed, previous in found:
            facts = orjson.loads(decrypt(sealed))["facts"] | histories[customer_id].as_facts()
            try:
                score = rules.scorecard.score(facts).value
            except InvalidInputs:
                # Decided before an input was added to the list: there is nothing to score him by until he asks again.
                continue
            rows.append(
                Rescore(
                    customer_id=customer_id,
                    scorecard_id=rules.scorecard_id,
                    score=score,
                    previous_score=previous,
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


def _read(after: int, only: int | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"after": after, "only": only, "most": _AT_ONCE})
        return cursor.fetchall()
