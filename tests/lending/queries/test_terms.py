"""Loan terms on working days: every seeded product, all start dates of two years, coarse payment steps."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.calendar import WorkCalendar
from core.rules.calendar import DateShift
from lending.documents.contract import ScheduledInstalment, contradictions
from lending.models import Loan, Product
from lending.operations.seed import _PRODUCTS, seed_products
from lending.queries.terms import list_fee_terms, quote_loan, schedule_loan, sum_loan_fee
from lending.rules.schedule import build_schedule, planned_due_dates
from lending.rules.terms import InvalidTerms, Method, ScheduleTerms
from tests.fixtures.contracts import make_contract_data

pytestmark = pytest.mark.django_db
FIRST = date(2026, 1, 1)
DAYS = 731
CODES = [values["code"] for values, _fees in _PRODUCTS]


def loan_of(product: Product, periods: int, principal: Decimal, **changes: Any) -> Loan:
    """Return a loan with a product's conventions, not stored."""
    named = ("period_unit", "day_count", "rounding", "payment_step", "payment_rounding", "principal_grace")
    conventions = {name: getattr(product, name) for name in (*named, "due_date_shift")}
    rate = Decimal(product.rate_by_grade["C"])
    fees = list_fee_terms(product)
    return Loan(
        **{
            **conventions,
            "principal": principal,
            "annual_rate": rate,
            "periods": periods,
            "method": product.methods[0],
            "fee_terms": fees,
            **changes,
        }
    )


def check_loan(loan: Loan, start: date) -> None:
    schedule, nominal = schedule_loan(loan, disbursed_on=start)
    rows = schedule.rows
    calendar = WorkCalendar()
    assert [row.due_date for row in rows] == [calendar.shift_date(day, loan.due_date_shift) for day in nominal]
    assert sum(row.principal for row in rows) == loan.principal and rows[-1].balance == 0
    assert len(rows) == (1 if loan.method == Method.BULLET else min(len(rows), loan.periods))
    fees = sum(sum_loan_fee(loan, fee, disbursed_on=start) for fee in loan.fee_terms)
    assert fees == schedule.total_fees
    priced = quote_loan(loan, disbursed_on=start)
    assert priced.rows == rows and priced.total_cost == schedule.total_interest + fees
    instalments = tuple(
        ScheduledInstalment(row.n, row.due_date, day, row.principal, row.interest, row.fee, row.balance)
        for row, day in zip(rows, nominal, strict=True)
    )
    data = make_contract_data(loan.method)
    terms = replace(
        data.terms,
        principal=loan.principal,
        payout_amount=loan.principal,
        periods=loan.periods if loan.method == Method.BULLET else len(rows),
        matures_on=rows[-1].due_date,
    )
    found = set(contradictions(replace(data, terms=terms, schedule=instalments)))
    assert not found & {"schedule_differs_from_term", "schedule_differs_from_principal", "due_dates_out_of_order"}


@pytest.fixture
def products() -> dict[str, Product]:
    seed_products(FIRST, datetime(2026, 1, 1, tzinfo=UTC))
    return {product.code: product for product in Product.objects.filter(code__in=CODES)}


@given(
    code=st.sampled_from(CODES),
    days=st.integers(0, DAYS),
    pick=st.integers(0, 5),
    hundreds=st.integers(10, 2000),
    step=st.sampled_from(["0.01", "1", "10", "100"]),
    rounding=st.sampled_from(["nearest", "up"]),
    shift=st.sampled_from(DateShift),
)
@example(code="duanqi-ycx", days=201, pick=1, hundreds=100, step="0.01", rounding="nearest", shift="FOLLOWING")
@example(code="xinyong-debx", days=0, pick=5, hundreds=10, step="10", rounding="up", shift="FOLLOWING")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_loan_of_a_seeded_product_can_be_contracted(
    products: dict[str, Product],
    code: str,
    days: int,
    pick: int,
    hundreds: int,
    step: str,
    rounding: str,
    shift: str,
) -> None:
    product = products[code]
    periods = product.periods_allowed[pick % len(product.periods_allowed)]
    loan = loan_of(
        product,
        periods,
        Decimal(hundreds * 100),
        payment_step=Decimal(step),
        payment_rounding=rounding,
        due_date_shift=shift,
    )
    try:
        check_loan(loan, FIRST + timedelta(days=days))
    except InvalidTerms as refusal:
        # Rounded down to a coarse step the payment may be less than the interest; nothing else is refused.
        assert (refusal.code, rounding) == ("interest_not_covered", "nearest") and Decimal(step) > 1


@pytest.mark.parametrize("code", CODES)
def test_every_start_date_of_two_years_gives_one_row_a_period(products: dict[str, Product], code: str) -> None:
    product = products[code]
    for days in range(DAYS):
        periods = product.periods_allowed[days % len(product.periods_allowed)]
        loan = loan_of(product, periods, Decimal(10_000))
        schedule, nominal = schedule_loan(loan, disbursed_on=FIRST + timedelta(days=days))
        expected = 1 if loan.method == Method.BULLET else periods
        assert len(schedule.rows) == len(nominal) == expected


def test_a_coarse_step_repays_early_and_keeps_its_dates(products: dict[str, Product]) -> None:
    """1 000 in 36 instalments of at least 40 yuan is repaid after 28 of them."""
    loan = loan_of(products["xinyong-debx"], 36, Decimal(1_000), payment_step=Decimal(20), payment_rounding="up")
    schedule, nominal = schedule_loan(loan, disbursed_on=FIRST)
    assert len(schedule.rows) == len(nominal) == 28
    check_loan(loan, FIRST)


def test_planned_dates_are_those_of_the_rows_and_need_valid_terms() -> None:
    terms = ScheduleTerms(
        method="equal_instalment",
        principal=Decimal(1_000),
        annual_rate=Decimal("0.1"),
        periods=3,
        disbursed_on=date(2026, 1, 31),
    )
    assert planned_due_dates(terms) == tuple(row.due_date for row in build_schedule(terms).rows)
    with pytest.raises(InvalidTerms):
        planned_due_dates(replace(terms, periods=10**9))
