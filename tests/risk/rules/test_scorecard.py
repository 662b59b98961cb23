"""Points, bins and their bounds."""

import copy
from typing import Any

import pytest

from risk.rules import standard
from risk.rules.problems import InvalidRule
from risk.rules.scorecard import Scorecard, lint_scorecard

BASE = standard.CASES["base"]
CARD = Scorecard(standard.SCORECARD)


@pytest.mark.parametrize(
    ("factor", "value", "points", "label"),
    [
        ("bureau_score", 499, -60, "< 500"),
        ("bureau_score", 500, -20, "500–579"),
        ("bureau_score", 579, -20, "500–579"),
        ("bureau_score", 759, 55, "700–759"),
        ("bureau_score", 760, 70, "≥ 760"),
        ("bureau_score", None, -10, "missing"),
        ("debt_to_income_bp", 1999, 40, "< 2000"),
        ("debt_to_income_bp", 2000, 20, "2000–3499"),
        ("debt_to_income_bp", None, -50, "missing"),
        ("employment_years", 0, -15, "< 1"),
        ("housing", "OWN", 15, "OWN"),
        ("housing", "UNKNOWN", -5, "UNKNOWN"),
        ("own_max_dpd", 31, -60, "≥ 31"),
    ],
)
def test_a_value_falls_into_its_bin(factor: str, value: Any, points: int, label: str) -> None:
    score = CARD.score({**BASE, factor: value})
    part = next(part for part in score.contributions if part.factor == factor)
    assert (part.points, part.bin) == (points, label)


def test_a_worked_score() -> None:
    score = CARD.score(BASE)
    points = {part.factor: part.points for part in score.contributions}
    assert points == {
        "bureau_score": 55, "overdue_count_24_months": 30, "max_dpd_24_months": 15, "query_count_3_months": 15,
        "open_loan_count": 10, "card_utilisation_bp": 20, "oldest_account_months": 10, "debt_to_income_bp": 20,
        "loan_to_income_bp": 5, "employment_years": 10, "housing": 0, "own_settled_loan_count": 0, "own_max_dpd": 5,
    }  # fmt: skip
    assert score.value == 500 + 195


def test_flags_have_bins_too() -> None:
    card = Scorecard(
        {
            "base_points": 0,
            "factors": [{"name": "is_overdue_now", "values": {"true": -9, "false": 4}, "missing_points": -9}],
        }
    )
    assert card.score({**BASE, "is_overdue_now": True}).value == -9
    assert card.score({**BASE, "is_overdue_now": False}).value == 4


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "sex"}, "unknown_input"),
        ({"name": "region_code"}, "unknown_input"),
        ({"missing_points": None}, "missing_bin_missing"),
        ({"bins": []}, "bins_missing"),
        ({"bins": [{"below": 5, "points": 1}]}, "last_bin_not_open"),
        ({"bins": [{"below": 5, "points": 1}, {"below": 5, "points": 2}, {"points": 3}]}, "bounds_not_rising"),
        ({"bins": [{"below": "5", "points": 1}, {"points": 3}]}, "bound_missing"),
        ({"bins": [{"below": 5, "points": 1.5}, {"points": 3}]}, "points_missing"),
        ({"bins": [{"below": 5, "points": True}, {"points": 3}]}, "points_missing"),
    ],
)
def test_a_broken_factor_is_refused(change: dict[str, Any], code: str) -> None:
    content = copy.deepcopy(standard.SCORECARD)
    content["factors"][0].update(change)
    assert [problem.code for problem in lint_scorecard(content)] == [code]
    with pytest.raises(InvalidRule):
        Scorecard(content)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"values": {"CASTLE": 3}}, ["unknown_value", "other_bin_missing"]),
        ({"values": {"OWN": 3}}, ["other_bin_missing"]),
        ({"values": {"OWN": 3}, "other_points": 0}, []),
        ({"values": {}}, ["values_missing"]),
        ({"values": {"OWN": "3"}}, ["values_missing"]),
    ],
)
def test_a_factor_of_texts_covers_all_its_values(change: dict[str, Any], codes: list[str]) -> None:
    content = copy.deepcopy(standard.SCORECARD)
    next(row for row in content["factors"] if row["name"] == "housing").update(change)
    assert [problem.code for problem in lint_scorecard(content)] == codes


@pytest.mark.parametrize(
    "content",
    [None, [], {}, {"base_points": 1}, {"base_points": "1", "factors": []}, {"base_points": 1, "factors": [3]}],
)
def test_any_json_is_linted_without_an_accident(content: Any) -> None:
    assert lint_scorecard(content)


def test_a_factor_counts_once() -> None:
    content = copy.deepcopy(standard.SCORECARD)
    content["factors"].append(content["factors"][0])
    assert [problem.code for problem in lint_scorecard(content)] == ["factor_twice"]
