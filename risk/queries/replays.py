"""Replaying stored decisions: the same inputs and the same versions of the rules must give the same answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from risk.models import DecisionRecord
from risk.queries.rules import get_rule_set_of
from risk.rules.decision import Verdict, decide
from risk.rules.inputs import FACTS, InputField, InputType, Value
from risk.rules.offers import Settled, read_terms, settle


@dataclass(frozen=True)
class Difference:
    """One thing that a replay gives otherwise than it was stored."""

    what: str
    stored: str
    replayed: str


@dataclass(frozen=True)
class Replay:
    """What a replay gave; `is_judged` is False where no rule had judged, and nothing can be replayed."""

    is_judged: bool
    differences: tuple[Difference, ...] = ()
    rule_version: str = ""

    @property
    def is_same(self) -> bool:
        """Tell whether the answer is the stored one."""
        return not self.differences


def replay_decision(record: DecisionRecord) -> Replay:
    """Judge a stored decision again by its own inputs and rule versions, in force or replaced."""
    if record.scorecard_id is None or record.table_id is None:
        return Replay(is_judged=False)
    rules = get_rule_set_of(record.scorecard_id, record.table_id)
    stored = orjson.loads(record.inputs)
    facts = stored["facts"]
    if record.score is not None:
        facts = {**_list_later_inputs(facts), **facts}
    verdict = decide(rules.scorecard, rules.table, facts)
    pairs = _compare_verdict(record, verdict)
    # Decisions older than the keeping of their terms are replayed as far as the rules went.
    if "terms" in stored:
        pairs += _compare_settled(record, settle(verdict, read_terms(stored["terms"])))
    differences = tuple(Difference(what, str(old), str(new)) for what, old, new in pairs if old != new)
    return Replay(True, differences, rules.version)


def _list_later_inputs(facts: Mapping[str, Value]) -> dict[str, Value]:
    """Return a value for each input that came to the list after a decision: its rules cannot name it, so any will do."""
    return {name: _any_value(field) for name, field in FACTS.items() if name not in facts}


def _any_value(field: InputField) -> Value:
    if field.is_nullable:
        return None
    if field.type is InputType.TEXT:
        return min(field.choices)
    return False if field.type is InputType.BOOL else 0


def _compare_verdict(record: DecisionRecord, verdict: Verdict) -> list[tuple[str, Any, Any]]:
    score = verdict.score
    return [
        ("score", record.score, score.value if score else None),
        ("grade", record.grade, verdict.grade),
        ("fired", [row["place"] for row in record.fired], [row.place for row in verdict.fired]),
        (
            "points",
            [(part["factor"], part["points"]) for part in record.contributions],
            [(part.factor, part.points) for part in (score.contributions if score else ())],
        ),
    ]


def _compare_settled(record: DecisionRecord, settled: Settled) -> list[tuple[str, Any, Any]]:
    return [
        ("outcome", record.outcome, str(settled.outcome)),
        ("annual_rate", record.annual_rate, settled.annual_rate),
        ("approved_amount", record.approved_amount, settled.approved_amount),
        ("reasons", list(record.reason_codes), list(settled.reason_codes)),
    ]
