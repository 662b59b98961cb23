"""The rest of a loan after an extra payment of principal."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lending.rules.prepayment import PrepaymentEffect, terms_after_prepayment
from lending.rules.schedule import build_schedule
from lending.rules.terms import Fee, FeeWhen, InvalidTerms, ScheduleTerms, Tranche

GOLDEN = Path(__file__).parents[2] / "golden" / "lending_cases.json"
CASES = {case["id"]: case for case in json.loads(GOLDEN.read_text(encoding="utf-8"))["prepayment"]}
# "PMT(12%*30/365, 6) to whole unit", interest by actual days.
FINERACT = {
    "method": "equal_instalment",
    "principal": Decimal(5_000),
    "annual_rate": Decimal("0.12"),
    "periods": 6,
    "disbursed_on": date(2022, 11, 1),
    "day_count": "actual/365",
    "level_basis": "thirty_day_months",
    "payment_step": Decimal(1),
}


def rows_of(schedule):
    return [[float(row.principal), float(row.interest), float(row.balance)] for row in schedule.rows]


def test_published_smaller_payments():
    terms = ScheduleTerms(**FINERACT)
    rest = terms_after_prepayment(terms, build_schedule(terms), paid_through=1, extra_principal=Decimal("638.00"))
    schedule = build_schedule(rest)
    assert schedule.payment == Decimal(731)
    assert rows_of(schedule) == CASES["PREPAY-on-time-excess-1500"]["expected"]["rows_principal_interest_balance"][1:]


def test_published_shorter_term():
    terms = ScheduleTerms(**FINERACT)
    after = terms
    for extra in (Decimal("138.00"), Decimal("1138.00")):
        after = terms_after_prepayment(
            after,
            build_schedule(after),
            paid_through=1,
            extra_principal=extra,
            effect=PrepaymentEffect.REDUCE_TERM,
        )
    expected = CASES["PREPAY-reduce-number-of-instalments"]["expected"]["rows_principal_interest_balance"]
    assert rows_of(build_schedule(after)) == expected[2:]


def test_thirty_day_months_stay_whole_after_a_shifted_date():
    shifted = (date(2024, 3, 1), date(2024, 4, 1), date(2024, 4, 30), date(2024, 5, 31))
    terms = ScheduleTerms(
        method="equal_principal",
        principal=Decimal(4_000),
        annual_rate=Decimal("0.12"),
        periods=4,
        disbursed_on=date(2024, 1, 31),
        due_dates=shifted,
        fees=(Fee(Decimal(5)), Fee(Decimal(1), FeeWhen.PER_PERIOD)),
    )
    schedule = build_schedule(terms)
    rest = build_schedule(terms_after_prepayment(terms, schedule, paid_through=1, extra_principal=Decimal(1_500)))
    assert [row.due_date for row in rest.rows] == list(shifted[1:])
    assert [row.interest for row in rest.rows] == [Decimal(15), Decimal(10), Decimal(5)]
    assert (rest.upfront_fees, rest.total_fees) == (0, 3)


@pytest.mark.parametrize(
    ("options", "paid_through", "extra", "field"),
    [
        ({"method": "bullet", "level_basis": "actual_periods"}, 1, "1", "paid_through"),
        ({"in_advance": True}, 1, "1", "paid_through"),
        ({}, 0, "1", "paid_through"),
        ({}, 6, "1", "paid_through"),
        ({}, 1, "0", "extra_principal"),
        ({}, 1, "4187.32", "extra_principal"),
        (
            {"tranches": (Tranche(date(2022, 11, 1), Decimal(4_000)), Tranche(date(2023, 2, 1), Decimal(1_000)))},
            1,
            "1",
            "tranches",
        ),
    ],
)
def test_refusals(options, paid_through, extra, field):
    terms = ScheduleTerms(**{**FINERACT, **options})
    with pytest.raises(InvalidTerms) as refusal:
        terms_after_prepayment(terms, build_schedule(terms), paid_through=paid_through, extra_principal=Decimal(extra))
    assert refusal.value.field == field
