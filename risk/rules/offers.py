"""From a verdict to what can be offered: the product's rate of the grade, and the part of the amount that it may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from risk.rules.decision import Verdict, approve_amount
from risk.rules.tables import Outcome

# Reasons that no table row gives: the product cannot carry out what the rules say.
RATE_MISSING: Final = "RATE_MISSING"
AMOUNT_TOO_SMALL: Final = "AMOUNT_TOO_SMALL"
FACTOR_PREFIX: Final = "FACTOR_"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a product and an application said when it was decided; kept with the decision, so that it can be replayed."""

    amount: Decimal
    amount_min: Decimal
    amount_step: Decimal
    rate_by_grade: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return the terms as they are stored."""
        return {
            "amount": str(self.amount),
            "amount_min": str(self.amount_min),
            "amount_step": str(self.amount_step),
            "rate_by_grade": dict(self.rate_by_grade),
        }


def read_terms(stored: Mapping[str, Any]) -> Terms:
    """Return stored terms."""
    amount, amount_min, amount_step = (Decimal(stored[name]) for name in ("amount", "amount_min", "amount_step"))
    return Terms(amount, amount_min, amount_step, stored["rate_by_grade"])


@dataclass(frozen=True, slots=True)
class Settled:
    """What a verdict comes to on a product's terms."""

    outcome: Outcome
    reason_codes: tuple[str, ...]
    grade: str
    annual_rate: Decimal | None
    approved_amount: Decimal | None


def factor_code(factor: str) -> str:
    """Return the reason code of a scorecard factor."""
    return f"{FACTOR_PREFIX}{factor.upper()}"


def settle(verdict: Verdict, terms: Terms) -> Settled:
    """Return what a verdict comes to; an approval that the product cannot carry out goes to a person."""
    codes = (*verdict.reasons, *map(factor_code, verdict.adverse_factors))
    rate = terms.rate_by_grade.get(verdict.grade)
    amount = approve_amount(terms.amount, verdict.amount_bp, terms.amount_step)
    outcome = verdict.outcome
    if outcome is Outcome.APPROVE and rate is None:
        outcome, codes = Outcome.REFER, (RATE_MISSING,)
    elif outcome is Outcome.APPROVE and amount < terms.amount_min:
        outcome, codes = Outcome.REFER, (AMOUNT_TOO_SMALL,)
    return Settled(
        outcome=outcome,
        reason_codes=codes,
        grade=verdict.grade,
        annual_rate=None if rate is None else Decimal(rate),
        approved_amount=amount if amount > 0 else None,
    )
