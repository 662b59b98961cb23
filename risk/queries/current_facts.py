"""What the rules would see of borrowers today: the facts of the last decision, and what has changed since."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from core.fields import decrypt
from customers.models import FinancialProfile
from risk.queries.consented import collect_consented
from risk.queries.facts import OwnHistory, describe_profile, list_newest_profiles, read_own_histories
from risk.rules.inputs import CONSENTED, Value

_LATEST = """
SELECT DISTINCT ON (d.customer_id) d.customer_id, d.inputs, d.score, d.business_date FROM risk_decisionrecord d
WHERE d.customer_id = ANY(%s) AND d.score IS NOT NULL ORDER BY d.customer_id, d.id DESC
"""


@dataclass(frozen=True)
class CurrentFacts:
    """The facts of one borrower as of today, with the day and score of the decision that they come from."""

    facts: dict[str, Value]
    evidence: dict[str, str]
    withheld: dict[str, str]
    decided_date: date
    decided_score: int


def read_current_facts(customer_ids: list[int], business_date: date) -> dict[int, CurrentFacts]:
    """Return the facts of those whom rules have scored before, in a few statements whatever their number.

    Of the credit bureau there is what the last decision was told; income, home and our own history are of today. What
    is owed here weighs with the instalments that still come, and no new loan is assumed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [customer_ids])
        rows = cursor.fetchall()
    histories = read_own_histories([row[0] for row in rows], business_date)
    profiles = {profile.customer_id: profile for profile in list_newest_profiles([row[0] for row in rows])}
    consented = collect_consented([row[0] for row in rows], business_date)
    found = {}
    for customer_id, sealed, score, day in rows:
        stored = orjson.loads(decrypt(sealed))
        facts, figures = _bring_up_to_date(stored, histories[customer_id], profiles.get(customer_id))
        seen = consented[customer_id]
        found[customer_id] = CurrentFacts(facts | seen.facts, figures, seen.withheld, day, score)
    return found


def _bring_up_to_date(
    stored: dict[str, Any], own: OwnHistory, profile: FinancialProfile | None
) -> tuple[dict[str, Value], dict[str, str]]:
    evidence = stored["evidence"]
    # A consent of then says nothing about today.
    facts = {name: value for name, value in stored["facts"].items() if name not in CONSENTED}
    described, figures = describe_profile(
        profile,
        bureau_debt=evidence["monthly_debt_bureau"],
        own=own,
        instalment=Decimal(0),
        amount=Decimal(facts["amount_fen"]) / 100,
    )
    return {**facts, **described, **own.as_facts()}, {**evidence, **figures}
