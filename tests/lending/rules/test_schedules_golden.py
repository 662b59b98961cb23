"""Every published schedule of tests/golden/schedules.json, to the digits given."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

from lending.rules.prepayment import terms_after_prepayment
from lending.rules.schedule import Schedule, build_schedule, period_factors

from .golden_terms import CASES, CONVENTIONS, LENDER_DAYS_BEFORE, PLATFORM_FEE, terms_of, yuan_of_fen

TTSD_CASES = [case_id for case_id in CASES if case_id.startswith("TTSD")]
# Published in whole units only.
WHOLE_UNITS = {"FRA-280000-fixed14000-act365"}


def check_figure(case_id: str, name: str, actual: Decimal, expected: str) -> None:
    wanted = Decimal(expected)
    if case_id in WHOLE_UNITS:
        actual = actual.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert actual == wanted, f"{name}: {actual} instead of {wanted}"


def check_rows(case_id: str, schedule: Schedule, rows: list[dict]) -> None:
    for row in rows:
        actual = schedule.rows[row["n"] - 1]
        unit = yuan_of_fen if case_id.startswith("TTSD") else Decimal
        for name in ("principal", "interest", "payment", "balance"):
            if name in row:
                assert getattr(actual, name) == unit(row[name]), f"row {row['n']} {name}"
        if "due" in row:
            assert actual.due_date == date.fromisoformat(row["due"])


def test_every_case_has_its_convention():
    assert set(CONVENTIONS) == set(CASES)


@pytest.mark.parametrize("case_id", CASES)
def test_published_schedule(case_id):
    case = CASES[case_id]
    expected = case["expected"]
    terms = terms_of(case)
    schedule = build_schedule(terms)
    check_rows(case_id, schedule, expected.get("rows", []))
    for name in ("payment", "last_payment", "total_interest", "total_payment"):
        if name in expected:
            check_figure(case_id, name, getattr(schedule, name), expected[name])
    if terms.rounding != "NONE":  # unrounded rows are shown rounded and need not foot
        assert sum(row.principal for row in schedule.rows) == terms.principal
    assert len(schedule.rows) == expected.get("periods", case["periods"])
    if start := case.get("expected", {}).get("rows", [{}])[0].get("day"):
        days = [(row.due_date - terms.disbursed_on).days for row in schedule.rows]
        assert days[0] == start
        assert days == [row["day"] for row in expected["rows"]]


@pytest.mark.parametrize("case_id", [name for name, case in CASES.items() if "period_factors" in case["expected"]])
def test_published_period_factors(case_id):
    case = CASES[case_id]
    assert period_factors(terms_of(case)) == tuple(map(Decimal, case["expected"]["period_factors"]))


@pytest.mark.parametrize("case_id", TTSD_CASES)
def test_published_lender_rows(case_id):
    """Each lender's part under TTSD's rule is a schedule of its own from the day he invested."""
    case = CASES[case_id]
    loan_terms = terms_of(case)
    loan = build_schedule(loan_terms)
    lenders = {
        amount: build_schedule(
            replace(
                loan_terms,
                principal=yuan_of_fen(amount),
                disbursed_on=loan_terms.disbursed_on - timedelta(days=days),
                tranches=(),
                fees=(PLATFORM_FEE,),
            )
        )
        for amount, days in LENDER_DAYS_BEFORE.items()
    }
    for row in case["expected"]["rows"]:
        index = row["n"] - 1
        paid = Decimal(0)
        for lender in row["lenders"]:
            own = lenders[lender["invested"]].rows[index]
            assert own.interest == yuan_of_fen(lender["interest"])
            assert own.fee == yuan_of_fen(lender["platform_fee"])
            assert own.due_date == loan.rows[index].due_date
            paid += own.interest
        assert loan.rows[index].interest - paid == yuan_of_fen(row["residual_not_paid_to_lenders"])


def test_frappe_issue_31_rounds_up_to_the_unit():
    case = CASES["FRA-issue31-100k-9.99-36"]
    terms = replace(terms_of(case), payment_step=Decimal(1), payment_rounding="up")
    assert build_schedule(terms).payment == Decimal(case["expected"]["payment_ceiled_to_unit"])


def test_equal_principal_first_payment_and_decrement():
    case = CASES["CN-DEBJ-630k-30y"]
    schedule = build_schedule(terms_of(case))
    assert schedule.payment == schedule.rows[0].payment == Decimal(case["expected"]["first_payment"])
    decrement = schedule.rows[0].payment - schedule.rows[1].payment
    assert decrement == Decimal(case["expected"]["monthly_decrement"])


def test_extra_payment_lowers_the_principal_of_each_line():
    case = CASES["OCA-fixed-principal-24000-24"]
    terms = terms_of(case)
    schedule = build_schedule(terms)
    rest = terms_after_prepayment(terms, schedule, paid_through=1, extra_principal=Decimal("11500.00"))
    expected = Decimal(case["expected"]["after_extra_payment_11500"]["principal_per_line"])
    assert {row.principal for row in build_schedule(rest).rows} == {expected}


def test_unrounded_periodic_total():
    total = build_schedule(terms_of(CASES["XRPL-10-0.0178-10"])).total_payment
    assert total.quantize(Decimal("0.0000001")) == Decimal("11.0048958")
