"""From facts to a verdict: score, then both tables, the strictest word wins; whatever fails goes to a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from risk.rules.inputs import CONSENTED, Inputs, InvalidInputs, Value
from risk.rules.scorecard import Champion, Score
from risk.rules.tables import FULL_AMOUNT_BP, DecisionTable, Outcome, Row

# Reasons that no table row gives: the judgement itself could not be made or carried out.
INPUTS_INVALID: Final = "INPUTS_INVALID"
RULES_FAILED: Final = "RULES_FAILED"
ADVERSE_FACTORS_SHOWN: Final = 2
_WITHHELD: Final[Mapping[str, Value]] = dict.fromkeys(CONSENTED)
_STRICTNESS = {Outcome.APPROVE: 0, Outcome.REFER: 1, Outcome.DECLINE: 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say, and everything needed to say why."""

    outcome: Outcome
    grade: str
    amount_bp: int
    reasons: tuple[str, ...]
    fired: tuple[Row, ...]
    score: Score | None

    @property
    def adverse_factors(self) -> tuple[str, ...]:
        """Return the score's worst factors when the score is why the application was not approved."""
        if self.score is None or not self.fired or self.fired[-1].outcome is Outcome.APPROVE:
            return ()
        return tuple(self.score.list_adverse_factors(ADVERSE_FACTORS_SHOWN))


def decide(scorecard: Champion, table: DecisionTable, facts: Inputs) -> Verdict:
    """Judge checked or unchecked facts; never raises for what the facts or a cell hold.

    Facts that do not fit the list, and a cell that cannot be evaluated, end as REFER: a person looks.
    """
    try:
        score = scorecard.score(facts)
    except InvalidInputs:
        return Verdict(Outcome.REFER, "", 0, (INPUTS_INVALID,), (), None)
    try:
        return apply_tables(table, score, facts)
    except RuntimeError:
        return Verdict(Outcome.REFER, "", 0, (RULES_FAILED,), (), score)


def apply_tables(table: DecisionTable, score: Score, facts: Inputs) -> Verdict:
    """Judge checked facts that have a score. Raises RuntimeError for a cell that cannot be evaluated."""
    inputs: dict[str, Value] = {**_WITHHELD, **facts, "score": score.value}
    hits = [row for row in table.policy if _fires(row, inputs)]
    graded = next((row for row in table.grading if _fires(row, inputs)), None)
    if graded is None:
        # The closing row is checked when a table is saved; a table that lost it decides nothing.
        return Verdict(Outcome.REFER, "", 0, (RULES_FAILED,), tuple(hits), score)
    outcome = max((row.outcome for row in (*hits, graded)), key=_STRICTNESS.__getitem__)
    reasons = [row.reason for row in hits]
    if graded.outcome is not Outcome.APPROVE or not reasons:
        reasons.append(graded.reason)
    unique = tuple(dict.fromkeys(reasons))
    return Verdict(outcome, graded.grade, graded.amount_bp, unique, (*hits, graded), score)


def _fires(row: Row, inputs: Mapping[str, Value]) -> bool:
    return all(condition.matches(inputs[condition.field.name]) for condition in row.conditions)


def approve_amount(amount: Decimal, amount_bp: int, step: Decimal) -> Decimal:
    """Return the part of the asked amount that a grade may have, rounded down to the product's step.

    80 % of 10 050.00 in steps of 100.00 is 8 000.00.
    """
    share = amount * amount_bp / FULL_AMOUNT_BP
    return (share / step).to_integral_value(ROUND_FLOOR) * step
