"""The rule set that a new installation starts with: points, tables and the golden case of every row.

The points are an expert's, not an estimate: there is no matured book to learn from yet. Signs and order follow what
the literature agrees on (arrears and utilisation cost points, a long file and room in the income give them).
"""

from collections.abc import Sequence
from typing import Any, Final

from risk.rules import tables

CODE: Final = "standard"


def _bins(name: str, *bins: tuple[int | None, int], missing: int = 0) -> dict[str, Any]:
    rows = [{"points": points} if below is None else {"below": below, "points": points} for below, points in bins]
    return {"name": name, "bins": rows, "missing_points": missing}


SCORECARD: Final[dict[str, Any]] = {
    "base_points": 500,
    "factors": [
        _bins("bureau_score", (500, -60), (580, -20), (640, 10), (700, 35), (760, 55), (None, 70), missing=-10),
        _bins("overdue_count_24_months", (1, 30), (2, 0), (3, -25), (None, -60)),
        _bins("max_dpd_24_months", (1, 15), (31, 0), (61, -30), (None, -60)),
        _bins("query_count_3_months", (2, 15), (5, 0), (9, -20), (None, -40)),
        _bins("open_loan_count", (3, 10), (6, 0), (None, -20)),
        _bins("card_utilisation_bp", (3000, 20), (6000, 8), (8500, -5), (None, -25)),
        _bins("oldest_account_months", (12, -15), (36, 0), (84, 10), (None, 20)),
        _bins("debt_to_income_bp", (2000, 40), (3500, 20), (5000, 0), (6000, -25), (None, -50), missing=-50),
        _bins("loan_to_income_bp", (2500, 15), (6000, 5), (12_000, -10), (None, -25), missing=-25),
        _bins("employment_years", (1, -15), (3, 0), (8, 10), (None, 18), missing=-15),
        {
            "name": "housing",
            "values": {"OWN": 15, "MORTGAGE": 12, "FAMILY": 3, "RENT": 0, "OTHER": -3, "UNKNOWN": -5},
            "missing_points": -5,
        },
        _bins("own_settled_loan_count", (1, 0), (3, 12), (None, 25)),
        _bins("own_max_dpd", (1, 5), (4, 0), (31, -25), (None, -60)),
    ],
}

_POLICY_INPUTS = (
    "is_blacklisted",
    "is_overdue_now",
    "own_is_overdue",
    "max_dpd_24_months",
    "debt_to_income_bp",
    "query_count_3_months",
    "undeclared_debt_fen",
    "bureau_has_history",
    "amount_fen",
    "own_max_dpd",
)
_POLICY_ROWS: Sequence[dict[str, str]] = (
    {"_id": "P1", "is_blacklisted": "true", "action": "DECLINE", "reason": "BLACKLISTED"},
    {"_id": "P2", "is_overdue_now": "true", "action": "DECLINE", "reason": "OVERDUE_ELSEWHERE"},
    {"_id": "P3", "own_is_overdue": "true", "action": "DECLINE", "reason": "OVERDUE_HERE"},
    {"_id": "P4", "max_dpd_24_months": "> 90", "action": "DECLINE", "reason": "SERIOUS_ARREARS"},
    {"_id": "P5", "debt_to_income_bp": "> 7000", "action": "DECLINE", "reason": "DEBT_TOO_HIGH"},
    {"_id": "P6", "debt_to_income_bp": "(5500..7000]", "action": "REFER", "reason": "DEBT_HIGH"},
    {"_id": "P7", "debt_to_income_bp": "null", "action": "REFER", "reason": "INCOME_UNKNOWN"},
    {"_id": "P8", "query_count_3_months": "> 11", "action": "REFER", "reason": "MANY_QUERIES"},
    {"_id": "P9", "undeclared_debt_fen": "> 5000000", "action": "REFER", "reason": "UNDECLARED_DEBT"},
    {
        "_id": "P10",
        "bureau_has_history": "false",
        "amount_fen": "> 5000000",
        "action": "REFER",
        "reason": "THIN_FILE",
    },
    {"_id": "P11", "own_max_dpd": "> 30", "action": "REFER", "reason": "ARREARS_HERE"},
)
_GRADING_COLUMNS = ("_id", "score", "decision", "grade", "reason", "amount_bp")
_GRADING_ROWS: Sequence[dict[str, str]] = [
    dict(zip(_GRADING_COLUMNS, row, strict=True))
    for row in (
        ("G1", ">= 680", "APPROVE", "A", "SCORE_A", "10000"),
        ("G2", "[630..680)", "APPROVE", "B", "SCORE_B", "10000"),
        ("G3", "[580..630)", "APPROVE", "C", "SCORE_C", "10000"),
        ("G4", "[530..580)", "APPROVE", "D", "SCORE_D", "8000"),
        ("G5", "[490..530)", "REFER", "E", "SCORE_BORDERLINE", "6000"),
        ("G6", "", "DECLINE", "E", "SCORE_TOO_LOW", "0"),
    )
]


def build_document(
    policy_inputs: Sequence[str],
    policy_rows: Sequence[dict[str, str]],
    grading_inputs: Sequence[str],
    grading_rows: Sequence[dict[str, str]],
) -> dict[str, Any]:
    """Return a zen JDM document of both tables; rows say what they say without quotes."""
    return tables.build_document(
        policy_inputs, _quote_outputs(policy_rows), grading_inputs, _quote_outputs(grading_rows)
    )


def _quote_outputs(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    texts = {"action", "decision", "grade", "reason"}
    return [{field: f"'{text}'" if field in texts else text for field, text in row.items()} for row in rows]


DOCUMENT: Final = build_document(_POLICY_INPUTS, _POLICY_ROWS, ("score",), _GRADING_ROWS)

_BASE: dict[str, Any] = {
    "bureau_has_history": True,
    "bureau_score": 720,
    "overdue_count_24_months": 0,
    "max_dpd_24_months": 0,
    "is_overdue_now": False,
    "query_count_3_months": 1,
    "open_loan_count": 1,
    "is_blacklisted": False,
    "card_utilisation_bp": 2500,
    "oldest_account_months": 60,
    "undeclared_debt_fen": 0,
    "debt_to_income_bp": 2800,
    "loan_to_income_bp": 3000,
    "employment_years": 5,
    "housing": "RENT",
    "own_settled_loan_count": 0,
    "own_active_loan_count": 0,
    "own_max_dpd": 0,
    "own_is_overdue": False,
    "amount_fen": 3_000_000,
    "term_months": 12,
    "purpose": "CONSUMPTION",
}


def _case(fires: str, outcome: str, *reasons: str, **change: Any) -> dict[str, Any]:
    """Return a case of a row. Its score is held, so that it asks the table alone and outlives the scorecard; None leaves it."""
    if fires.startswith(tables.POLICY):
        change.setdefault("score", 700)
    if change["score"] is None:
        del change["score"]
    return {
        "name": f"{fires} {' '.join(f'{key}={value}' for key, value in change.items())}",
        "fires": fires,
        "change": change,
        "expect": {"outcome": outcome, "reasons": list(reasons)},
    }


# Each row, and both sides of each of its bounds. The first asks the scorecard, too: whoever has nothing against him but the
# list must not be refused for his score as well, whatever model is in force.
CASES: Final[dict[str, Any]] = {
    "base": _BASE,
    "cases": [
        _case("policy/P1", "DECLINE", "BLACKLISTED", is_blacklisted=True, score=None),
        _case("policy/P2", "DECLINE", "OVERDUE_ELSEWHERE", is_overdue_now=True),
        _case("policy/P3", "DECLINE", "OVERDUE_HERE", own_is_overdue=True),
        _case("policy/P4", "DECLINE", "SERIOUS_ARREARS", max_dpd_24_months=91),
        _case("grading/G3", "APPROVE", "SCORE_C", max_dpd_24_months=90, score=600),
        _case("policy/P5", "DECLINE", "DEBT_TOO_HIGH", debt_to_income_bp=7001),
        _case("policy/P6", "REFER", "DEBT_HIGH", debt_to_income_bp=7000),
        _case("policy/P6", "REFER", "DEBT_HIGH", debt_to_income_bp=5501),
        _case("grading/G2", "APPROVE", "SCORE_B", debt_to_income_bp=5500, score=650),
        _case("policy/P7", "REFER", "INCOME_UNKNOWN", debt_to_income_bp=None, loan_to_income_bp=None),
        _case("policy/P8", "REFER", "MANY_QUERIES", query_count_3_months=12),
        _case("grading/G2", "APPROVE", "SCORE_B", query_count_3_months=11, score=650),
        _case("policy/P9", "REFER", "UNDECLARED_DEBT", undeclared_debt_fen=5_000_001),
        _case("grading/G1", "APPROVE", "SCORE_A", undeclared_debt_fen=5_000_000, score=700),
        _case("policy/P10", "REFER", "THIN_FILE", bureau_has_history=False, amount_fen=5_000_001),
        _case("grading/G1", "APPROVE", "SCORE_A", bureau_has_history=False, amount_fen=5_000_000, score=700),
        _case("policy/P11", "REFER", "ARREARS_HERE", own_max_dpd=31),
        _case("grading/G2", "APPROVE", "SCORE_B", own_max_dpd=30, score=650),
        _case(
            "policy/P2", "DECLINE", "OVERDUE_ELSEWHERE", "MANY_QUERIES", is_overdue_now=True, query_count_3_months=15
        ),
        _case("policy/P8", "DECLINE", "MANY_QUERIES", "SCORE_TOO_LOW", query_count_3_months=15, score=400),
        _case("grading/G1", "APPROVE", "SCORE_A", score=680),
        _case("grading/G2", "APPROVE", "SCORE_B", score=679),
        _case("grading/G2", "APPROVE", "SCORE_B", score=630),
        _case("grading/G3", "APPROVE", "SCORE_C", score=629),
        _case("grading/G3", "APPROVE", "SCORE_C", score=580),
        _case("grading/G4", "APPROVE", "SCORE_D", score=579),
        _case("grading/G4", "APPROVE", "SCORE_D", score=530),
        _case("grading/G5", "REFER", "SCORE_BORDERLINE", score=529),
        _case("grading/G5", "REFER", "SCORE_BORDERLINE", score=490),
        _case("grading/G6", "DECLINE", "SCORE_TOO_LOW", score=489),
    ],
}
