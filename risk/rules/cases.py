"""A table's own golden cases: running them, which row each makes fire, and which row none does.

`{"base": {every input}, "cases": [{"name", "fires": "policy/P3", "change": {…}, "expect": {"outcome", "grade",
"reasons"}}]}`. `score` may be changed too: it then stands in for the scorecard's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from risk.rules.decision import Verdict, apply_tables
from risk.rules.inputs import TABLE_FIELDS, InputField, InputType, InvalidInputs, Value, check_inputs
from risk.rules.problems import Problem
from risk.rules.scorecard import Champion, Score
from risk.rules.tables import DecisionTable, Row


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one case; without a verdict its inputs could not be judged."""

    index: int
    name: str
    fires: str
    verdict: Verdict | None
    problems: tuple[Problem, ...]

    @property
    def fired(self) -> tuple[str, ...]:
        """Return the places of the rows that fired."""
        return tuple(row.place for row in self.verdict.fired) if self.verdict else ()

    @property
    def is_covering(self) -> bool:
        """Tell whether the row that the case is about fired."""
        return self.fires in self.fired


def run_cases(scorecard: Champion, table: DecisionTable, cases: Any) -> list[CaseResult] | None:
    """Return what became of each case; None where there is no base and list of cases."""
    base = cases.get("base") if isinstance(cases, dict) else None
    rows = cases.get("cases") if isinstance(cases, dict) else None
    if not isinstance(base, dict) or not isinstance(rows, list):
        return None
    return [_run_case(scorecard, table, base, case, index) for index, case in enumerate(rows)]


def count_coverage(results: Iterable[CaseResult]) -> dict[str, int]:
    """Return how many cases cover each row that any covers."""
    counts: dict[str, int] = {}
    for result in results:
        if result.is_covering:
            counts[result.fires] = counts.get(result.fires, 0) + 1
    return counts


def check_cases(scorecard: Champion, table: DecisionTable, cases: Any) -> list[Problem]:
    """Run a table's own golden cases; return what differs and which rows no case makes fire."""
    results = run_cases(scorecard, table, cases)
    if results is None:
        return [Problem("cases", "cases_shape")]
    covered = count_coverage(results)
    problems = [problem for result in results for problem in result.problems]
    return problems + [Problem(row.place, "row_without_case") for row in table.list_rows() if row.place not in covered]


def _run_case(scorecard: Champion, table: DecisionTable, base: Mapping[str, Any], case: Any, index: int) -> CaseResult:
    name = str(case.get("name") or index + 1) if isinstance(case, dict) else str(index + 1)
    place = f"cases/{name}"
    if not isinstance(case, dict) or not isinstance(case.get("change", {}), dict):
        return CaseResult(index, name, "", None, (Problem(place, "cases_shape"),))
    fires = str(case.get("fires"))
    try:
        verdict = judge_case(scorecard, table, {**base, **case.get("change", {})})
    except InvalidInputs as error:
        return CaseResult(index, name, fires, None, (Problem(place, "case_inputs", str(error)),))
    problems = []
    if fires not in (fired := [row.place for row in verdict.fired]):
        problems.append(Problem(place, "case_row_silent", f"{fires} ≠ {', '.join(fired)}"))
    problems += [Problem(place, code, detail) for code, detail in _compare(verdict, case.get("expect"))]
    return CaseResult(index, name, fires, verdict, tuple(problems))


def judge_case(scorecard: Champion, table: DecisionTable, inputs: Mapping[str, Any]) -> Verdict:
    """Judge the inputs of a case, in which a score may be fixed. Raises InvalidInputs."""
    facts = {name: value for name, value in inputs.items() if name != "score"}
    fixed_score = inputs.get("score")
    score = scorecard.score(facts)
    if fixed_score is not None:
        check_inputs({**facts, "score": fixed_score}, TABLE_FIELDS)
        score = Score(fixed_score, fixed_score, ())
    return apply_tables(table, score, facts)


def expect_of(verdict: Verdict) -> dict[str, Any]:
    """Return what a case expects whose answer is right as it is."""
    return {"outcome": str(verdict.outcome), "grade": verdict.grade, "reasons": list(verdict.reasons)}


def _compare(verdict: Verdict, expected: Any) -> Sequence[tuple[str, str]]:
    if not isinstance(expected, dict) or "outcome" not in expected:
        return [("case_expects_nothing", "")]
    found = expect_of(verdict)
    return [
        ("case_differs", f"{key}: {wanted} ≠ {found.get(key)}")
        for key, wanted in expected.items()
        if found.get(key) != wanted
    ]


def suggest_change(row: Row, base: Mapping[str, Any]) -> dict[str, Value]:
    """Return what must differ from the base so that a row fires: the value next to a bound that is nearest to it.

    Of a row `> 90` on a base of 0 that is 91. A condition that no value at its bounds meets is left to a person.
    """
    change: dict[str, Value] = {}
    for condition in row.conditions:
        present = base.get(condition.field.name)
        if present is not None and condition.matches(present):
            continue
        for value in _list_candidates(condition.field, condition.bounds, present):
            if condition.matches(value):
                change[condition.field.name] = value
                break
    return change


def _list_candidates(field: InputField, bounds: Sequence[int], present: Any) -> list[Value]:
    if field.type is InputType.BOOL:
        return [True, False]
    if field.type is InputType.TEXT:
        return [*sorted(field.choices)]
    start = present if isinstance(present, int) else 0
    near = {bound + step for bound in bounds for step in (-1, 0, 1)}
    return [*sorted(near, key=lambda value: abs(value - start)), *([None] if field.is_nullable else [])]
