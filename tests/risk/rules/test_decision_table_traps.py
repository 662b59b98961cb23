"""Each danger of the rule engine: what the bare engine does with it, and that the guard here stops it."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
import zen

from risk.reasons import TABLE_REASONS
from risk.rules import standard
from risk.rules.decision import RULES_FAILED, decide
from risk.rules.inputs import MAX_INT, InvalidInputs, check_inputs
from risk.rules.problems import InvalidRule
from risk.rules.scorecard import Scorecard
from risk.rules.tables import Outcome, compile_table, lint_table

BASE = standard.CASES["base"]
ENGINE = zen.ZenEngine()


def document(policy: list[dict[str, str]], grading: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return a small document whose `grading` approves every score that `policy` lets through."""
    closing = grading or [
        {"_id": "G1", "score": ">= 0", "decision": "APPROVE", "grade": "A", "reason": "SCORE_A", "amount_bp": "10000"},
        {"_id": "G2", "decision": "DECLINE", "grade": "E", "reason": "SCORE_TOO_LOW", "amount_bp": "0"},
    ]
    return standard.build_document(
        ("score", "debt_to_income_bp", "housing", "is_blacklisted"), policy, ("score",), closing
    )


def low_score_row(cell: str) -> dict[str, str]:
    return {"_id": "P1", "score": cell, "action": "DECLINE", "reason": "SCORE_TOO_LOW"}


def run_bare_engine(content: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    """Evaluate with nothing but the engine and return the two tables' outputs."""
    result: dict[str, Any] = ENGINE.create_decision(json.dumps(content)).evaluate(inputs)["result"]
    return result


def codes(content: dict[str, Any]) -> set[str]:
    return {problem.code for problem in lint_table(content, TABLE_REASONS)}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("<< 500", "cell_not_a_number"),
        ("< 500)", "cell_not_a_number"),
        ("below(500)", "cell_not_a_number"),
        ("> 1/0", "cell_not_a_number"),
        ("< '500'", "cell_not_a_number"),
        ("< minimum_score", "cell_not_a_number"),
        ("< 500 and foo", "cell_not_a_number"),
        ("[600..500]", "cell_empty_interval"),
        ("< 500,", "cell_syntax"),
        (f"< {2**53 + 1}", "cell_too_large"),
        ("null", "cell_never_missing"),
        ("< ５００", "cell_not_a_number"),
        ("< 500\n", ""),
    ],
)
def test_a_cell_that_the_engine_passes_over_is_refused(cell: str, code: str) -> None:
    content = document([low_score_row(cell)])
    assert codes(content) == ({code} if code else set())


@pytest.mark.parametrize("cell", ["<< 500", "below(500)", "> 1/0", "< '500'", "< minimum_score"])
def test_the_bare_engine_approves_what_a_broken_row_should_have_declined(cell: str) -> None:
    content = document([low_score_row(cell)])
    result = run_bare_engine(content, score=450, debt_to_income_bp=1, housing="OWN", is_blacklisted=False)
    assert result["policy"] == []
    assert result["grading"]["decision"] == "APPROVE"
    with pytest.raises(InvalidRule):
        compile_table(content, TABLE_REASONS)


def test_a_sound_row_declines_in_the_engine_and_here() -> None:
    content = document([low_score_row("< 500")])
    result = run_bare_engine(content, score=450, debt_to_income_bp=1, housing="OWN", is_blacklisted=False)
    assert result["policy"] == [{"action": "DECLINE", "reason": "SCORE_TOO_LOW"}]
    table = compile_table(content, TABLE_REASONS)
    card = Scorecard({"base_points": 450, "factors": standard.SCORECARD["factors"][-1:]})
    verdict = decide(card, table, {**BASE, "own_max_dpd": 20})
    assert verdict.outcome is Outcome.DECLINE


def test_a_missing_field_falls_through_in_the_engine_and_goes_to_a_person_here() -> None:
    content = document([low_score_row("< 500")])
    assert run_bare_engine(content)["policy"] == []
    assert run_bare_engine(content, score=None)["policy"] == []
    table = compile_table(content, TABLE_REASONS)
    card = Scorecard(standard.SCORECARD)
    lacking = {name: value for name, value in BASE.items() if name != "is_overdue_now"}
    assert decide(card, table, lacking).outcome is Outcome.REFER
    assert decide(card, table, {**BASE, "is_overdue_now": None}).outcome is Outcome.REFER


def test_a_value_of_the_wrong_type_falls_through_in_the_engine_and_goes_to_a_person_here() -> None:
    content = document([low_score_row("< 500")])
    assert run_bare_engine(content, score="450")["policy"] == []
    for value in ("450", 450.0, Decimal(450), True):
        with pytest.raises(InvalidInputs):
            check_inputs({**BASE, "bureau_score": value})
        verdict = decide(
            Scorecard(standard.SCORECARD), compile_table(content, TABLE_REASONS), {**BASE, "bureau_score": value}
        )
        assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, ("INPUTS_INVALID",))


def test_numbers_that_the_engine_cannot_hold_exactly_are_refused() -> None:
    echoed = zen.evaluate_expression("x", {"x": 2**53 + 1})
    assert echoed != 2**53 + 1 or type(echoed) is not int
    with pytest.raises(InvalidInputs):
        check_inputs({**BASE, "amount_fen": MAX_INT + 1})
    check_inputs({**BASE, "amount_fen": MAX_INT})


def test_decimals_are_refused_by_the_engine() -> None:
    with pytest.raises(Exception, match=r"Decimal|convert|type"):
        zen.evaluate_expression("x", {"x": Decimal("1.00")})


def test_a_graph_cut_before_the_tables_decides_nothing_in_the_engine_and_is_refused_here() -> None:
    content = document([low_score_row("< 500")])
    content["edges"] = [edge for edge in content["edges"] if edge["sourceId"] != "start"]
    decision = ENGINE.create_decision(json.dumps(content))
    decision.validate()
    assert "grading" not in (decision.evaluate({"score": 450})["result"] or {})
    assert codes(content) == {"tables_not_connected"}


def test_nodes_that_can_hang_or_fail_are_not_allowed() -> None:
    content = document([low_score_row("< 500")])
    loop = {"id": "f", "type": "functionNode", "name": "f", "content": "while(true){}", "position": {"x": 0, "y": 0}}
    content["nodes"].append(loop)
    assert codes(content) == {"nodes_not_allowed"}


def test_a_table_without_a_closing_row_is_refused() -> None:
    content = document([low_score_row("< 500")])
    grading = next(node for node in content["nodes"] if node["name"] == "grading")
    grading["content"]["rules"].pop()
    assert run_bare_engine(content, score=-5).get("grading") in (None, {})
    assert codes(content) == {"catch_all_missing"}


def test_a_closing_row_that_approves_is_refused() -> None:
    row = {"_id": "G1", "decision": "APPROVE", "grade": "A", "reason": "SCORE_A", "amount_bp": "10000"}
    assert codes(document([low_score_row("< 500")], [row])) == {"catch_all_approves"}


def test_a_row_without_conditions_above_others_is_refused() -> None:
    rows = [
        {"_id": "G1", "decision": "REFER", "grade": "E", "reason": "SCORE_BORDERLINE", "amount_bp": "0"},
        {"_id": "G2", "decision": "DECLINE", "grade": "E", "reason": "SCORE_TOO_LOW", "amount_bp": "0"},
    ]
    assert codes(document([low_score_row("< 500")], rows)) == {"row_hides_the_rest"}


def test_a_value_that_may_be_missing_needs_an_answer() -> None:
    too_high = {"_id": "P1", "debt_to_income_bp": "> 7000", "action": "DECLINE", "reason": "DEBT_TOO_HIGH"}
    unknown = {"_id": "P2", "debt_to_income_bp": "null", "action": "REFER", "reason": "INCOME_UNKNOWN"}
    bare = run_bare_engine(document([too_high]), score=700, debt_to_income_bp=None, housing="OWN", is_blacklisted=False)
    assert bare["policy"] == [], "who keeps his income back passes in the engine"
    assert codes(document([too_high])) == {"missing_value_unanswered"}
    assert codes(document([too_high, unknown])) == set()
    half = {**unknown, "score": "< 600"}
    assert codes(document([too_high, half])) == {"missing_value_unanswered"}


def test_a_policy_row_may_not_approve_nor_fire_for_everybody() -> None:
    approves = {"_id": "P1", "housing": "'OWN'", "action": "APPROVE", "reason": "SCORE_A"}
    assert codes(document([approves])) == {"policy_approves"}
    everybody = {"_id": "P1", "action": "REFER", "reason": "THIN_FILE"}
    assert codes(document([everybody])) == {"row_always_fires"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"action": "DECLIEN"}, "unknown_outcome"),
        ({"reason": "BECAUSE"}, "unknown_reason"),
        ({"_id": ""}, "row_id_missing"),
        ({"housing": "'CASTLE'"}, "cell_unknown_value"),
        ({"housing": "RENT"}, "cell_not_a_text"),
        ({"is_blacklisted": "1"}, "cell_not_a_flag"),
    ],
)
def test_what_a_row_says_is_checked(change: dict[str, str], code: str) -> None:
    assert codes(document([{**low_score_row("< 500"), **change}])) == {code}


@pytest.mark.parametrize("amount", ["10001", "0", "-1", "1e9", "a"])
def test_an_approving_row_needs_an_amount_in_range(amount: str) -> None:
    content = document([low_score_row("< 500")])
    grading = next(node for node in content["nodes"] if node["name"] == "grading")
    grading["content"]["rules"][0]["amount_bp"] = amount
    assert codes(content) <= {"amount_out_of_range", "cell_not_a_number"} != set()
    assert codes(content)


def test_a_cell_in_no_column_is_refused() -> None:
    """The engine ignores it: a condition whose column was deleted silently widens the row."""
    content = document([low_score_row("< 500")])
    policy = next(node for node in content["nodes"] if node["name"] == "policy")
    policy["content"]["rules"][0]["deleted_column"] = "> 3"
    assert codes(content) == {"cell_without_column"}


@pytest.mark.parametrize("cell", [0, 500, None, ["< 500"]])
def test_a_cell_that_is_no_text_is_refused(cell: Any) -> None:
    """The number 0 would count as an empty cell."""
    content = document([low_score_row("< 500")])
    policy = next(node for node in content["nodes"] if node["name"] == "policy")
    policy["content"]["rules"][0]["debt_to_income_bp"] = cell
    assert codes(content) == {"cell_syntax"}


NAMELESS = {"nodes": [{"id": {"a": 1}, "type": "inputNode"}], "edges": []}
UNJOINED = {"nodes": [], "edges": [{"sourceId": [], "targetId": {}}]}


@pytest.mark.parametrize(
    "content", [NAMELESS, UNJOINED, None, [], {}, {"nodes": 1, "edges": []}, {"nodes": [1], "edges": []}, "x", 7]
)
def test_any_json_is_linted_without_an_accident(content: Any) -> None:
    assert codes(content) == {"document_shape"}


def test_broken_parts_of_a_document_are_linted_without_an_accident() -> None:
    for name in ("policy", "grading"):
        for part in (
            None,
            {},
            {"inputs": [], "outputs": [], "rules": []},
            {"inputs": [{}], "outputs": [{}], "rules": [{}]},
        ):
            content = copy.deepcopy(standard.DOCUMENT)
            next(node for node in content["nodes"] if node["name"] == name)["content"] = part
            assert codes(content)


def test_a_cell_that_fails_while_judging_goes_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    table = compile_table(standard.DOCUMENT, TABLE_REASONS)

    class Failing:
        def evaluate(self, ctx: Any) -> object:
            raise RuntimeError("vm")

    monkeypatch.setattr(table.policy[3].conditions[0], "_expression", Failing())
    verdict = decide(Scorecard(standard.SCORECARD), table, BASE)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (RULES_FAILED,))


def test_a_table_that_lost_its_closing_row_goes_to_a_person() -> None:
    table = compile_table(standard.DOCUMENT, TABLE_REASONS)
    cut = type(table)(table.policy, ())
    verdict = decide(Scorecard(standard.SCORECARD), cut, BASE)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (RULES_FAILED,))
