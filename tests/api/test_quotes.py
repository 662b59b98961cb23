"""The loan calculator: published cases through HTTP, refusals in two languages."""

import ast
import json
from dataclasses import fields
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from rest_framework.test import APIClient

from lending.api.quote_texts import _SENTENCES
from lending.api.serializers.quotes import QuoteAskedSerializer
from lending.rules.terms import Method, ScheduleTerms
from tests.lending.rules.golden_terms import CASES, terms_of, yuan_of_fen

ROOT = Path(__file__).resolve().parents[2]
TOTALS = {"payment", "last_payment", "total_interest", "total_payment", "total_fees"}
INPUTS = set(QuoteAskedSerializer().fields)
DEFAULTS = {item.name: item.default for item in fields(ScheduleTerms)}
PUBLISHED = {
    case["id"]: case
    for case in json.loads((ROOT / "tests" / "golden" / "published_quotes.json").read_text(encoding="utf-8"))
}
OPTIONAL = INPUTS - {"method", "principal", "annual_rate", "periods", "disbursed_on"}
# Published in whole yuan only.
WHOLE_UNITS = {"FRA-280000-fixed14000-act365"}
SIMPLE = {
    "method": "equal_instalment",
    "principal": "10000",
    "annual_rate": "0.12",
    "periods": 12,
    "disbursed_on": "2026-01-01",
}


def body_of(terms: ScheduleTerms) -> dict[str, Any]:
    """Return terms as a request."""
    said = {name: getattr(terms, name) for name in DEFAULTS if getattr(terms, name) != DEFAULTS[name]}
    assert not terms.fees and set(said) <= INPUTS
    body = {name: value if isinstance(value, bool | int) else str(value) for name, value in said.items()}
    if terms.tranches:
        body["tranches"] = [
            {"paid_out_on": str(part.paid_out_on), "amount": str(part.amount)} for part in terms.tranches
        ]
    return body


def ask(body: Any, language: str = "en") -> Any:
    return APIClient(raise_request_exception=False).post("/api/v1/quotes/", body, HTTP_ACCEPT_LANGUAGE=language)


def check_figure(actual: str, published: str) -> None:
    """Compare to the digits published, but never to fewer than fen: 328.5 is 328.50."""
    places = max(-int(Decimal(published).as_tuple().exponent), 2)
    assert Decimal(actual).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) == Decimal(published)


def check_answer(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    for name in TOTALS & set(expected):
        check_figure(answer[name], expected[name])
    for name in {"apr_nominal", "apr_effective"} & set(expected):
        places = -int(Decimal(expected[name]).as_tuple().exponent)
        assert round(Decimal(answer[name]), places) == Decimal(expected[name]), name
    for published in expected.get("rows", ()):
        row = answer["rows"][published["n"] - 1]
        assert row["n"] == published["n"]
        for name in {"principal", "interest", "payment", "balance"} & set(published):
            check_figure(row[name], published[name])
        assert row["due_date"] == published.get("due", row["due_date"])


def as_yuan(case: dict[str, Any]) -> dict[str, Any]:
    """Return what a case expects in yuan; TTSD publishes fen, Frappe whole yuan."""
    expected = dict(case["expected"])
    if case["id"].startswith("TTSD"):
        expected["rows"] = [
            {**row, **{name: str(yuan_of_fen(row[name])) for name in ("principal", "interest")}}
            for row in expected["rows"]
        ]
    return expected


@pytest.mark.parametrize("case_id", CASES)
def test_published_schedule(case_id: str) -> None:
    case = CASES[case_id]
    response = ask(body_of(terms_of(case)))
    assert response.status_code == 200, response.content
    answer, expected = response.json(), as_yuan(case)
    if case_id in WHOLE_UNITS:
        for name in TOTALS & set(expected):
            assert round(Decimal(answer[name])) == int(expected.pop(name))
    check_answer(answer, expected)
    assert len(answer["rows"]) == expected.get("periods", case["periods"])
    if first := expected.get("first_payment"):
        check_figure(answer["payment"], first)


@pytest.mark.parametrize("case_id", PUBLISHED)
def test_other_published_figures(case_id: str) -> None:
    case = PUBLISHED[case_id]
    response = ask({"disbursed_on": "2026-01-01", **case["asked"]})
    assert response.status_code == 200, response.content
    check_answer(response.json(), case["expected"])
    assert len(response.json()["rows"]) == case["expected"].get("periods", len(response.json()["rows"]))


@pytest.mark.parametrize(
    "spelt",
    [
        {"rounding": "half_up"},
        {"rounding": "Half-Up", "payment_rounding": "NEAREST", "method": "EQUAL_INSTALMENT"},
        {"day_count": "rate/12", "period_unit": "MONTH"},
        {"principal": 10000, "annual_rate": 0.12, "payment_step": 0.01, "periods": "12"},
        {"principal": 1e4, "annual_rate": "12e-2", "principal_grace": "0"},
        dict.fromkeys(OPTIONAL),
        {"fees": [], "tranches": []},
    ],
)
def test_the_same_terms_in_other_spellings(spelt: dict[str, Any]) -> None:
    response = ask({**SIMPLE, **spelt})
    assert response.status_code == 200, response.content
    assert response.json() == ask(SIMPLE).json()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            {"rounding": "half_even", "method": "flat", "principal": 1250, "annual_rate": 0.15},
            {"rounding": "HALF_EVEN", "method": "flat", "principal": "1250", "annual_rate": "0.15"},
        ),
        ({"rounding": "down"}, {"rounding": "DOWN"}),
        ({"day_count": "ACT/365"}, {"day_count": "actual/365"}),
        ({"day_count": "act/act"}, {"day_count": "Actual/Actual"}),
        ({"period_unit": "2 weeks"}, {"period_unit": "two_weeks"}),
        ({"period_unit": "15 days"}, {"period_unit": "15_days"}),
        ({"fees": "100"}, {"fees": [{"value": "100"}]}),
        ({"fees": [100.5]}, {"fees": [{"amount": "100.50", "name": "service"}]}),
        (
            {"fees": [{"rate": 0.01, "when": "per_period"}]},
            {"fees": [{"value": "0.01", "when": "PER_PERIOD", "basis": "PRINCIPAL_RATE"}]},
        ),
        ({"fees": [{"rate": "0.01", "basis": None}]}, {"fees": [{"value": "0.01", "basis": "PRINCIPAL_RATE"}]}),
    ],
)
def test_two_spellings_give_one_answer(first: dict[str, Any], second: dict[str, Any]) -> None:
    answers = [ask({**SIMPLE, **spelt}) for spelt in (first, second)]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].content
    assert answers[0].json() == answers[1].json() != ask(SIMPLE).json()


def test_half_months() -> None:
    answer = ask({**SIMPLE, "period_unit": "15_days", "periods": 4}).json()
    assert [row["due_date"] for row in answer["rows"]] == ["2026-01-16", "2026-01-31", "2026-02-15", "2026-03-02"]
    assert answer["rows"][0]["interest"] == "50.00"


def test_every_unit_and_method_is_answered() -> None:
    for method in Method:
        for unit in ("month", "week", "two_weeks", "15_days", "30_days"):
            for count in ("30/360", "actual/365", "actual/360", "actual/actual"):
                amount = "1000" if method is Method.FIXED_AMOUNT else None
                body = {
                    **SIMPLE,
                    "method": method,
                    "period_unit": unit,
                    "day_count": count,
                    "amount_per_period": amount,
                }
                answer = ask(body)
                assert answer.status_code == 200, (body, answer.content)
                assert set(answer.json()) >= {*TOTALS, "apr_nominal", "apr_effective", "rows"}
                assert answer.json()["rows"][-1]["balance"] == "0.00"


def test_unrounded_zeros_have_no_exponent() -> None:
    answer = ask({**SIMPLE, "rounding": "none", "payment_step": "0.00000001"})
    assert answer.json()["payment"] == "888.48788678"
    assert answer.json()["rows"][-1]["balance"] == "0.00000000" and b"E" not in answer.content


def test_extreme_terms_are_quick() -> None:
    tranches = [{"paid_out_on": f"2026-{1 + k // 25:02}-{1 + k % 25:02}", "amount": "200"} for k in range(50)]
    heavy = {"periods": 600, "annual_rate": "0.04", "day_count": "actual/actual", "respread_residue": True}
    started = process_time()
    answer = ask({**SIMPLE, **heavy, "tranches": tranches})
    assert answer.status_code == 200, answer.content
    assert process_time() - started < 3


def test_twelve_percent_costs_twelve_percent() -> None:
    answer = ask({**SIMPLE, "periods": 12}).json()
    assert (answer["payment"], answer["apr_nominal"], answer["apr_effective"]) == ("888.49", "0.120001", "0.126826")
    assert answer["rows"][-1]["balance"] == "0.00" and answer["rows"][0]["due_date"] == "2026-02-01"


def test_fees_are_part_of_the_cost() -> None:
    fee = {"value": "0.01", "when": "UPFRONT", "basis": "PRINCIPAL_RATE"}
    answer = ask({**SIMPLE, "fees": [fee]}).json()
    assert answer["total_fees"] == "100.00" and Decimal(answer["apr_nominal"]) > Decimal("0.13")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"method": "balloon"}, "method"),
        ({"principal": "0"}, "principal"),
        ({"principal": "1e400"}, "principal"),
        ({"principal": "NaN"}, "principal"),
        ({"principal": True}, "principal"),
        ({"principal": "100.001"}, "principal"),
        ({"annual_rate": "-0.1"}, "annual_rate"),
        ({"annual_rate": {}}, "annual_rate"),
        ({"periods": 0}, "periods"),
        ({"periods": 10**30}, "periods"),
        ({"periods": 1.5}, "periods"),
        ({"periods": None}, "periods"),
        ({"period_unit": "day"}, "period_unit"),
        ({"day_count": "365"}, "day_count"),
        ({"rounding": "UPWARDS"}, "rounding"),
        ({"payment_step": "0"}, "payment_step"),
        ({"payment_rounding": "sideways"}, "payment_rounding"),
        ({"disbursed_on": "2026-02-30"}, "disbursed_on"),
        ({"disbursed_on": "0001-01-01"}, "disbursed_on"),
        ({"first_due_on": "2025-12-31"}, "first_due_on"),
        ({"principal_grace": 12}, "principal_grace"),
        ({"interest_grace": -1}, "interest_grace"),
        ({"in_advance": "perhaps"}, "in_advance"),
        ({"amount_per_period": "100"}, "amount_per_period"),
        ({"fees": [{"value": "x"}]}, "fees.0.value"),
        ({"fees": [{"value": "0.1", "when": "UPFRONT", "basis": "BALANCE_RATE"}]}, "fees"),
        ({"fees": "none"}, "fees"),
        ({"fees": {}}, "fees"),
        ({"fees": True}, "fees"),
        ({"fees": ["x"]}, "fees.0.value"),
        ({"fees": [[[]]]}, "fees.0.non_field_errors"),
        ({"fees": ["1"] * 21}, "fees"),
        ({"tranches": [{"paid_out_on": "2026-01-01", "amount": "1"}]}, "tranches"),
        ({"tranches": [{"paid_out_on": "2026-01-01", "amount": "1"}] * 51}, "tranches"),
        ({"fees": ["1"] * 20_000}, "fees"),
        ({"lenders": []}, "lenders"),
        ({"principal": "1_000"}, "principal"),
        ({"principal": "１０００"}, "principal"),
        ({"principal": "Infinity"}, "principal"),
        ({"principal": 10**30}, "principal"),
        ({"principal": "9" * 5000}, "principal"),
        ({"principal": [[]]}, "principal"),
        ({"principal": None}, "principal"),
        ({"annual_rate": "1e-400000"}, "annual_rate"),
        ({"periods": 10**9}, "periods"),
        ({"disbursed_on": "9999-12-31"}, "disbursed_on"),
        ({"first_due_on": "9999-12-31"}, "first_due_on"),
    ],
)
def test_wrong_terms_name_their_field_in_both_languages(change: dict[str, Any], field: str) -> None:
    english, chinese = ask({**SIMPLE, **change}), ask({**SIMPLE, **change}, "zh-hans")
    for response in (english, chinese):
        assert response.status_code == 422, response.content
        assert response["Content-Type"] == "application/problem+json"
        assert field in response.json()["errors"], response.json()
    assert english.json()["title"] == "Some of the data is not valid."


def test_every_refusal_of_the_rules_has_its_sentence() -> None:
    codes = set()
    for path in (ROOT / "lending" / "rules").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "refuse" and len(node.args) == 3:
                code = node.args[1]
                assert isinstance(code, ast.Constant)
                codes.add(code.value)
    assert codes - set(_SENTENCES) == set()


def test_the_calculator_is_limited_by_address(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.api.throttling import QuotesThrottle

    monkeypatch.setattr(QuotesThrottle, "rate", "2/min", raising=False)
    answers = [ask(SIMPLE) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["Content-Type"] == "application/problem+json" and int(answers[-1]["Retry-After"]) > 0
