"""The loan calculator: published cases through HTTP, refusals in two languages."""

import ast
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from lending.api.quote_texts import _SENTENCES
from lending.api.serializers.quotes import QuoteAskedSerializer
from lending.rules.terms import ScheduleTerms
from tests.lending.rules.golden_terms import CASES, terms_of

ROOT = Path(__file__).resolve().parents[2]
INPUTS = set(QuoteAskedSerializer().fields)
DEFAULTS = {item.name: item.default for item in fields(ScheduleTerms)}
SIMPLE = {
    "method": "equal_instalment",
    "principal": "10000",
    "annual_rate": "0.12",
    "periods": 12,
    "disbursed_on": "2026-01-01",
}


def is_expressible(terms: ScheduleTerms) -> bool:
    """Tell whether the calculator takes everything that these terms say."""
    return all(
        name in INPUTS or getattr(terms, name) == default for name, default in DEFAULTS.items() if name != "fees"
    )


EXPRESSIBLE = sorted(name for name, case in CASES.items() if is_expressible(terms_of(case)))


def body_of(terms: ScheduleTerms) -> dict[str, Any]:
    """Return terms as a request."""
    body = {name: getattr(terms, name) for name in INPUTS if name != "fees"}
    return {
        name: value if isinstance(value, bool | int | None) else str(value)
        for name, value in body.items()
        if value is not None
    }


def ask(body: Any, language: str = "en") -> Any:
    return APIClient(raise_request_exception=False).post("/api/v1/quotes/", body, HTTP_ACCEPT_LANGUAGE=language)


def test_most_published_cases_can_be_asked_for() -> None:
    assert len(EXPRESSIBLE) >= 25


@pytest.mark.parametrize("case_id", EXPRESSIBLE)
def test_published_case(case_id: str) -> None:
    case = CASES[case_id]
    response = ask(body_of(terms_of(case)))
    assert response.status_code == 200, response.content
    answer, expected = response.json(), case["expected"]
    for name in ("payment", "last_payment", "total_interest", "total_payment"):
        if name in expected and isinstance(expected[name], str):
            digits = -int(Decimal(expected[name]).as_tuple().exponent)
            assert round(Decimal(answer[name]), min(digits, 2)) == round(Decimal(expected[name]), 2), name
    if isinstance(expected.get("rows"), list) and len(expected["rows"]) == len(answer["rows"]):
        for published, row in zip(expected["rows"], answer["rows"], strict=True):
            for name in {"principal", "interest", "payment", "balance"} & set(published):
                places = min(-int(Decimal(published[name]).as_tuple().exponent), 2)
                assert round(Decimal(row[name]), places) == round(Decimal(published[name]), places), (published, row)


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
        ({"fees": "none"}, "fees.non_field_errors"),
        ({"tranches": []}, "tranches"),
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
