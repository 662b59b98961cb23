"""Social and sensitive inputs: seen only while the house allows them, and of whoever consents, at the moment of deciding."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db import connection

from core import parameters
from customers.models import Consent
from risk.rules.inputs import CONSENTED, Value

SWITCH: Final = "risk.social_inputs"
SWITCHED_OFF, NO_CONSENT = "SWITCHED_OFF", "NO_CONSENT"
# Relations are written once and read from both ends.
_LATE_RELATIONS: Final = """
SELECT c.id, (
    SELECT count(DISTINCT tied.id) FROM (
        SELECT r.other_id AS id FROM customers_relation r WHERE r.customer_id = c.id AND r.ended_at IS NULL
        UNION SELECT r.customer_id FROM customers_relation r WHERE r.other_id = c.id AND r.ended_at IS NULL
    ) tied
    WHERE EXISTS (SELECT 1 FROM lending_loan l JOIN lending_loanstate s ON s.loan_id = l.id
                  WHERE l.borrower_id = tied.id AND l.state = 'ACTIVE' AND s.dpd > 0)
) FROM unnest(%s::bigint[]) c (id)
"""


@dataclass(frozen=True)
class Consented:
    """The inputs that a person lets us see, and those left out with the reason."""

    facts: dict[str, Value] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)


def is_allowed(on: date) -> bool:
    """Tell whether the house looks at such inputs at all; without a word on it, it does not."""
    try:
        return parameters.get_value(SWITCH, on=on) is True
    except parameters.ParameterMissing:
        return False


def collect_consented(customer_ids: Sequence[int], on: date) -> dict[int, Consented]:
    """Return what may be seen of each of some customers on a day."""
    if not is_allowed(on):
        return dict.fromkeys(customer_ids, Consented(withheld=dict.fromkeys(CONSENTED, SWITCHED_OFF)))
    agreed = set(
        Consent.objects.filter(
            customer_id__in=customer_ids, purpose=Consent.Purpose.SOCIAL_DATA, withdrawn_at__isnull=True
        ).values_list("customer_id", flat=True)
    )
    counts = _count_late_relations(sorted(agreed))
    refused = Consented(withheld=dict.fromkeys(CONSENTED, NO_CONSENT))
    return {
        pk: Consented(facts={"late_relation_count": counts[pk]}) if pk in agreed else refused for pk in customer_ids
    }


def _count_late_relations(customer_ids: list[int]) -> dict[int, int]:
    if not customer_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LATE_RELATIONS, [customer_ids])
        return dict(cursor.fetchall())
