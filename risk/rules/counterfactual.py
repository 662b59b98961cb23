"""What would have to be different: the smallest change of one input that turns the verdict."""

from collections.abc import Iterable
from dataclasses import dataclass

from risk.rules.decision import Verdict, decide
from risk.rules.inputs import FACTS, InputField, Inputs, InputType, Value
from risk.rules.scorecard import Champion
from risk.rules.tables import DecisionTable, Outcome

_RANK = {Outcome.DECLINE: 0, Outcome.REFER: 1, Outcome.APPROVE: 2}


@dataclass(frozen=True, slots=True)
class Flip:
    """One input that, changed alone from one value to the other, would have given another outcome."""

    factor: str
    from_value: Value
    to_value: Value
    outcome: Outcome
    score: int


def find_flips(scorecard: Champion, table: DecisionTable, facts: Inputs, verdict: Verdict) -> list[Flip]:
    """Return for each input the smallest change that turns the outcome, the smallest change relative to size first.

    What was not approved is turned to the better, and only by what a borrower can change; what was approved is turned
    to the worse. Each candidate is judged by the rules themselves: nothing is approximated.
    """
    flips = []
    for field in FACTS.values():
        if verdict.outcome is Outcome.APPROVE or field.is_actionable:
            flip = _find_flip(scorecard, table, facts, verdict, field)
            if flip is not None:
                flips.append(flip)
    return sorted(flips, key=lambda flip: (-_gain(verdict, flip), _relative_distance(flip), flip.factor))


def _gain(verdict: Verdict, flip: Flip) -> int:
    return abs(_RANK[flip.outcome] - _RANK[verdict.outcome])


def _find_flip(
    scorecard: Champion, table: DecisionTable, facts: Inputs, verdict: Verdict, field: InputField
) -> Flip | None:
    present = facts[field.name]
    best: Flip | None = None
    for candidate in _list_candidates(scorecard, table, field, present):
        tried = decide(scorecard, table, {**facts, field.name: candidate})
        if tried.score is None or not _is_turned(verdict.outcome, tried.outcome):
            continue
        flip = Flip(field.name, present, candidate, tried.outcome, tried.score.value)
        if best is None or _gain(verdict, flip) > _gain(verdict, best):
            best = flip
    return best


def _is_turned(before: Outcome, after: Outcome) -> bool:
    if before is Outcome.APPROVE:
        return _RANK[after] < _RANK[before]
    return _RANK[after] > _RANK[before]


def _list_candidates(scorecard: Champion, table: DecisionTable, field: InputField, present: Value) -> Iterable[Value]:
    """Return the other values at which anything can turn, nearest first: both sides of each bound that rules name."""
    if field.type is InputType.BOOL:
        return [not present]
    if field.type is InputType.TEXT:
        return sorted(field.choices - {str(present)})
    bounds = set(scorecard.bounds.get(field.name, ()))
    for row in table.list_rows():
        for condition in row.conditions:
            if condition.field.name == field.name:
                bounds.update(condition.bounds)
    edges = {bound + step for bound in bounds for step in (-1, 0, 1) if bound + step >= 0}
    start = present if isinstance(present, int) else 0
    return sorted(edges - {present}, key=lambda value: (abs(value - start), value))


def _relative_distance(flip: Flip) -> float:
    if isinstance(flip.from_value, bool) or not isinstance(flip.from_value, int) or not isinstance(flip.to_value, int):
        return 1.0
    return abs(flip.to_value - flip.from_value) / max(abs(flip.from_value), abs(flip.to_value), 1)
