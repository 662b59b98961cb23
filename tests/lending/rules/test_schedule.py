"""Properties of every schedule, and the conventions one by one."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lending.rules.cost import quote
from lending.rules.schedule import build_schedule
from lending.rules.terms import (
    DayCount,
    Fee,
    FeeBasis,
    FeeWhen,
    InvalidTerms,
    LastInstalment,
    LevelBasis,
    Method,
    PaymentRounding,
    PeriodUnit,
    RowRounding,
    ScheduleTerms,
    Tranche,
)

START = date(2024, 1, 31)
YUAN = st.integers(1, 10**13).map(lambda fen: Decimal(fen).scaleb(-2))
SANE_YUAN = st.integers(100_00, 10_000_000_00).map(lambda fen: Decimal(fen).scaleb(-2))
RATES = st.integers(0, 10_000_000).map(lambda micro: Decimal(micro).scaleb(-6))
SANE_RATES = st.integers(0, 360_000).map(lambda micro: Decimal(micro).scaleb(-6))
DATES = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def terms_with(**options):
    return ScheduleTerms(
        **{
            "method": Method.EQUAL_INSTALMENT,
            "principal": Decimal(10_000),
            "annual_rate": Decimal("0.12"),
            "periods": 12,
            "disbursed_on": START,
            **options,
        }
    )


@st.composite
def sane_terms(draw):
    """Terms as products would have them."""
    method = draw(st.sampled_from([method for method in Method if method is not Method.FIXED_AMOUNT]))
    periods = draw(st.integers(1, 60))
    in_advance = method in (Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.FLAT) and draw(st.booleans())
    can_wait = method in (Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.FLAT) and not in_advance
    grace = draw(st.integers(0, periods - 1)) if can_wait else 0
    deferred = draw(st.integers(0, periods - 1)) if method is not Method.BULLET and not in_advance else 0
    start = draw(DATES)
    odd = draw(st.one_of(st.none(), st.integers(1, 70)))
    return ScheduleTerms(
        method=method,
        principal=draw(SANE_YUAN),
        annual_rate=draw(SANE_RATES),
        periods=periods,
        disbursed_on=start,
        first_due_on=start + timedelta(days=odd) if odd and not in_advance else None,
        period_unit=draw(st.sampled_from(PeriodUnit)),
        day_count=draw(st.sampled_from(DayCount)),
        rounding=draw(st.sampled_from([mode for mode in RowRounding if mode is not RowRounding.NONE])),
        payment_rounding=draw(st.sampled_from(PaymentRounding)),
        payment_step=draw(st.sampled_from([Decimal("0.01"), Decimal("0.01"), Decimal("0.10"), Decimal(1)])),
        principal_grace=grace,
        interest_grace=deferred,
        in_advance=in_advance,
    )


@given(sane_terms())
@settings(max_examples=400, deadline=None)
def test_rows_repay_the_principal_and_nothing_is_negative(terms):
    try:
        schedule = build_schedule(terms)
    except InvalidTerms as refusal:
        assert refusal.code == "interest_not_covered"
        return
    rows = schedule.rows
    assert sum(row.principal for row in rows) == terms.principal
    assert rows[-1].balance == 0
    assert [row.n for row in rows] == list(range(1, len(rows) + 1))
    balance = terms.principal
    previous = terms.disbursed_on
    for row in rows:
        balance -= row.principal
        assert row.balance == balance
        assert row.principal >= 0
        assert row.interest >= 0
        assert row.payment == row.principal + row.interest
        assert row.due_date >= previous
        previous = row.due_date
    assert schedule.total_interest == sum(row.interest for row in rows)
    assert schedule.total_payment == schedule.total_interest + terms.principal


@given(
    SANE_YUAN,
    SANE_RATES,
    st.integers(1, 60),
    st.sampled_from([Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY_BULLET, Method.BULLET]),
    st.sampled_from([DayCount.THIRTY_360, DayCount.ACTUAL_365]),
    st.integers(15, 60),
)
@settings(max_examples=200, deadline=None)
def test_paid_on_time_a_schedule_gives_back_its_rate(principal, annual_rate, periods, method, day_count, first_days):
    terms = terms_with(
        method=method,
        principal=principal,
        annual_rate=annual_rate,
        periods=periods,
        day_count=day_count,
        first_due_on=START + timedelta(days=first_days),
    )
    # Half a fen a row, against the principal in use for half the time or more; the shortest first period is 15 days.
    slack = 0.005 * periods / (float(principal) * (15 / 365 + (periods - 1) / 24)) + 2e-6
    try:
        nominal = quote(terms).apr_nominal
    except InvalidTerms as refusal:
        assert refusal.code == "interest_not_covered"
        assert first_days > 31
    else:
        assert abs(float(nominal) - float(annual_rate)) <= slack


@given(SANE_YUAN, SANE_RATES, st.integers(2, 60))
@settings(max_examples=200, deadline=None)
def test_level_instalments_differ_only_at_the_end(principal, annual_rate, periods):
    terms = terms_with(principal=principal, annual_rate=annual_rate, periods=periods)
    schedule = build_schedule(terms)
    assert {row.payment for row in schedule.rows[:-1]} == {schedule.payment}
    assert abs(schedule.last_payment - schedule.payment) <= Decimal("0.01") * periods * 3
    for rounding in (PaymentRounding.UP, PaymentRounding.LAST_NOT_HIGHER):
        higher = build_schedule(replace(terms, payment_rounding=rounding, rounding=RowRounding.DOWN))
        assert higher.last_payment <= higher.payment
    level = build_schedule(
        replace(terms, last_instalment=LastInstalment.LEVEL, payment_rounding=PaymentRounding.LAST_NOT_HIGHER)
    )
    assert {row.payment for row in level.rows} == {level.payment}


@given(SANE_YUAN, SANE_RATES, st.integers(1, 60), DATES)
@settings(max_examples=100, deadline=None)
def test_unrounded_rows_agree_with_posted_ones_to_a_few_fen(principal, annual_rate, periods, start):
    terms = terms_with(principal=principal, annual_rate=annual_rate, periods=periods, disbursed_on=start)
    posted = build_schedule(terms)
    exact = build_schedule(replace(terms, rounding=RowRounding.NONE))
    assert abs(posted.total_interest - exact.total_interest) <= Decimal("0.05") * periods
    assert exact.rows[-1].balance == 0
    assert exact.last_payment == exact.payment


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.decimals(), st.floats(), st.text(max_size=5), st.dates(), st.tuples()
)
ANY_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "method": st.one_of(st.sampled_from(Method), ANYTHING),
        "principal": st.one_of(YUAN, ANYTHING),
        "annual_rate": st.one_of(RATES, ANYTHING),
        "periods": st.one_of(st.integers(1, 600), ANYTHING),
        "period_unit": st.one_of(st.sampled_from(PeriodUnit), ANYTHING),
        "day_count": st.one_of(st.sampled_from(DayCount), ANYTHING),
        "rounding": st.one_of(st.sampled_from(RowRounding), ANYTHING),
        "payment_step": st.one_of(st.sampled_from([Decimal("0.01"), Decimal(1), Decimal(1000)]), ANYTHING),
        "payment_rounding": st.one_of(st.sampled_from(PaymentRounding), ANYTHING),
        "level_basis": st.one_of(st.sampled_from(LevelBasis), ANYTHING),
        "last_instalment": st.one_of(st.sampled_from(LastInstalment), ANYTHING),
        "respread_residue": st.one_of(st.booleans(), ANYTHING),
        "disbursed_on": st.one_of(DATES, ANYTHING),
        "first_due_on": st.one_of(st.none(), DATES, ANYTHING),
        "due_day": st.one_of(st.none(), st.integers(1, 31), ANYTHING),
        "due_dates": st.one_of(st.none(), st.lists(DATES, max_size=4).map(sorted).map(tuple), ANYTHING),
        "principal_grace": st.one_of(st.integers(0, 12), ANYTHING),
        "interest_grace": st.one_of(st.integers(0, 12), ANYTHING),
        "in_advance": st.one_of(st.booleans(), ANYTHING),
        "first_day_counts": st.one_of(st.booleans(), ANYTHING),
        "amount_per_period": st.one_of(st.none(), YUAN, ANYTHING),
        "fees": st.one_of(
            st.builds(
                Fee,
                st.one_of(YUAN, RATES, ANYTHING),
                st.sampled_from(FeeWhen),
                st.sampled_from(FeeBasis),
                st.sampled_from(RowRounding),
            ).map(lambda fee: (fee,)),
            ANYTHING,
        ),
        "tranches": st.one_of(
            st.lists(st.builds(Tranche, DATES, YUAN), max_size=3).map(tuple),
            st.builds(lambda day, share: (Tranche(START, 10_000 - share), Tranche(day, share)), DATES, SANE_YUAN),
            ANYTHING,
        ),
    },
)


@given(ANY_FIELDS)
@example({"method": "flat", "principal": Decimal("0.01"), "periods": 600, "rounding": "UP"})
@example({"payment_step": Decimal(1000), "principal": Decimal("0.01"), "payment_rounding": "up"})
@example({"annual_rate": Decimal(10), "periods": 600, "principal": Decimal(10) ** 11})
@example({"annual_rate": Decimal(10), "periods": 100, "period_unit": "year", "rounding": "NONE"})
@example({"annual_rate": Decimal("NaN")})
@example({"payment_step": Decimal("sNaN")})
@example({"principal": Decimal("Infinity")})
@example({"principal": Decimal("1e400000")})
@example({"annual_rate": Decimal("1e-400000")})
@example({"method": "fixed_amount_per_period", "amount_per_period": Decimal("100.01"), "periods": None})
@example({"fees": (Fee(Decimal(10_000)),)})
@example({"fees": (Fee(Decimal("9999.99")),)})
@example({"disbursed_on": date(2899, 12, 31), "periods": 100, "period_unit": "year"})
@settings(max_examples=600, deadline=None)
def test_any_input_is_quoted_or_refused(fields):
    started = process_time()
    try:
        result = quote(terms_with(**fields))
    except InvalidTerms as refusal:
        assert refusal.field
        assert refusal.code
        assert refusal.message
    else:
        assert result.rows
        assert result.rows[-1].balance == 0
        assert result.apr_nominal >= 0
        assert result.apr_effective.is_finite()
    assert process_time() - started < 2


def test_longest_terms_stay_quick():
    started = process_time()
    for method in Method:
        amount = Decimal(2_000) if method is Method.FIXED_AMOUNT else None
        quote(
            terms_with(
                method=method,
                periods=600,
                annual_rate=Decimal("0.04"),
                day_count="actual/actual",
                amount_per_period=amount,
                respread_residue=method is Method.EQUAL_INSTALMENT,
            )
        )
    assert process_time() - started < 2


@pytest.mark.parametrize(
    ("options", "field", "code"),
    [
        ({"principal": Decimal("0.001")}, "principal", "out_of_range"),
        ({"principal": Decimal("1.001")}, "principal", "inexact"),
        ({"principal": Decimal("NaN")}, "principal", "not_a_number"),
        ({"principal": 10_000.0}, "principal", "not_a_number"),
        ({"annual_rate": Decimal("-0.01")}, "annual_rate", "out_of_range"),
        ({"annual_rate": Decimal("10.000001")}, "annual_rate", "out_of_range"),
        ({"annual_rate": Decimal("0.1234567890123")}, "annual_rate", "inexact"),
        ({"periods": 0}, "periods", "out_of_range"),
        ({"periods": 601}, "periods", "out_of_range"),
        ({"periods": None}, "periods", "out_of_range"),
        ({"periods": 101, "period_unit": "year"}, "periods", "out_of_range"),
        ({"method": "balloon"}, "method", "not_a_choice"),
        ({"day_count": "30/365"}, "day_count", "not_a_choice"),
        ({"payment_step": Decimal(0)}, "payment_step", "out_of_range"),
        ({"payment_step": Decimal("0.005")}, "payment_step", "inexact"),
        ({"payment_step": Decimal(2000)}, "periods", "interest_not_covered"),
        ({"periods": 600, "day_count": "actual/365"}, "periods", "interest_not_covered"),
        ({"first_due_on": date(2024, 1, 30)}, "first_due_on", "out_of_range"),
        ({"first_due_on": date(2034, 12, 1)}, "first_due_on", "out_of_range"),
        ({"first_due_on": date(2024, 3, 5), "due_day": 6}, "due_day", "not_the_first_due_day"),
        ({"due_day": 5, "period_unit": "week"}, "due_day", "not_for_unit"),
        ({"due_dates": (date(2024, 3, 1),)}, "due_dates", "wrong_number"),
        ({"periods": 2, "due_dates": (date(2024, 3, 1), date(2024, 2, 1))}, "due_dates", "not_in_order"),
        ({"amount_per_period": Decimal(900)}, "amount_per_period", "not_for_method"),
        ({"method": "fixed_amount_per_period"}, "amount_per_period", "not_a_number"),
        (
            {"method": "fixed_amount_per_period", "periods": None, "amount_per_period": Decimal("99.99")},
            "amount_per_period",
            "interest_not_covered",
        ),
        (
            {"method": "fixed_amount_per_period", "periods": None, "amount_per_period": Decimal("100.00")},
            "amount_per_period",
            "never_repaid",
        ),
        ({"principal_grace": 12}, "principal_grace", "out_of_range"),
        ({"method": "bullet", "principal_grace": 1}, "principal_grace", "not_for_method"),
        ({"method": "bullet", "interest_grace": 1}, "interest_grace", "not_for_method"),
        ({"method": "bullet", "in_advance": True}, "in_advance", "not_for_method"),
        ({"in_advance": True, "principal_grace": 1}, "in_advance", "not_with_grace"),
        ({"first_day_counts": True}, "first_day_counts", "not_for_day_count"),
        ({"method": "flat", "last_instalment": "LEVEL"}, "last_instalment", "not_for_method"),
        ({"rounding": "NONE", "respread_residue": True}, "respread_residue", "nothing_rounded"),
        ({"fees": (Fee(Decimal(2), FeeWhen.UPFRONT, FeeBasis.PRINCIPAL_RATE),)}, "fees", "out_of_range"),
        ({"fees": (Fee(Decimal(0), FeeWhen.UPFRONT, FeeBasis.INTEREST_RATE),)}, "fees", "no_base"),
        ({"fees": (Fee(Decimal(10_000)),)}, "fees", "cost_too_high"),
        ({"tranches": (Tranche(START, Decimal(9_000)),)}, "tranches", "wrong_sum"),
        ({"tranches": (Tranche(date(2025, 1, 31), Decimal(10_000)),)}, "tranches", "after_the_end"),
    ],
)
def test_refusals_name_field_and_code(options, field, code):
    with pytest.raises(InvalidTerms) as refusal:
        quote(terms_with(**options))
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_due_dates_keep_the_anchor_day():
    rows = build_schedule(terms_with()).rows
    assert [row.due_date.isoformat() for row in rows[:4]] == ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]
    tenth = build_schedule(terms_with(due_day=10)).rows
    assert [row.due_date.isoformat() for row in tenth[:2]] == ["2024-02-10", "2024-03-10"]
    clamped = build_schedule(terms_with(first_due_on=date(2024, 2, 29), due_day=30)).rows
    assert [row.due_date.isoformat() for row in clamped[:2]] == ["2024-02-29", "2024-03-30"]


def test_shifted_due_dates_change_interest_by_actual_days_only():
    shifted = (date(2024, 3, 4), date(2024, 4, 1), date(2024, 5, 6))
    thirty = build_schedule(terms_with(periods=3, due_dates=shifted))
    assert [row.due_date for row in thirty.rows] == list(shifted)
    assert [row.interest for row in thirty.rows] == [row.interest for row in build_schedule(terms_with(periods=3)).rows]
    actual = build_schedule(terms_with(periods=3, due_dates=shifted, day_count="actual/365"))
    assert actual.rows[0].interest == Decimal("108.49")  # 10 000 x 12 % x 33 / 365


def test_each_day_count():
    def first_interest(day_count, **options):
        return (
            build_schedule(terms_with(day_count=day_count, disbursed_on=date(2023, 12, 12), **options)).rows[0].interest
        )

    assert first_interest("30/360") == Decimal("100.00")
    assert first_interest("actual/365") == Decimal("101.92")
    assert first_interest("actual/360") == Decimal("103.33")
    assert first_interest("actual/364") == Decimal("102.20")
    assert first_interest("actual/actual", principal=Decimal(10_000_000)) == Decimal("101810.02")
    assert first_interest("actual/actual_isda", principal=Decimal(10_000_000)) == Decimal("101819.00")


def test_irregular_first_month_by_thirty_days_of_the_month():
    schedule = build_schedule(terms_with(disbursed_on=date(2024, 1, 15), first_due_on=date(2024, 3, 1)))
    assert schedule.rows[0].interest == Decimal("153.33")  # 46 days of 360
    assert schedule.rows[1].due_date == date(2024, 4, 1)


def test_bullet_and_interest_only():
    bullet = build_schedule(terms_with(method="bullet", day_count="actual/365"))
    assert [(row.n, row.due_date, row.payment) for row in bullet.rows] == [
        (1, date(2025, 1, 31), Decimal("11203.29"))  # 366 days
    ]
    quarterly = build_schedule(terms_with(method="interest_only_bullet", periods=4, period_unit="quarter"))
    assert [row.payment for row in quarterly.rows] == [Decimal(300), Decimal(300), Decimal(300), Decimal(10_300)]
    assert quarterly.payment == Decimal(300)


def test_fees_are_beside_the_instalment():
    fees = (
        Fee(Decimal("0.02"), FeeWhen.UPFRONT, FeeBasis.PRINCIPAL_RATE),
        Fee(Decimal("15.00"), FeeWhen.FIRST_PERIOD),
        Fee(Decimal("0.001"), FeeWhen.PER_PERIOD, FeeBasis.BALANCE_RATE),
        Fee(Decimal("8.00"), FeeWhen.LAST_PERIOD),
    )
    schedule = build_schedule(terms_with(method="equal_principal", periods=4, fees=fees))
    assert schedule.upfront_fees == Decimal(200)
    assert [row.fee for row in schedule.rows] == [Decimal(25), Decimal("7.50"), Decimal(5), Decimal("10.50")]
    assert schedule.total_fees == Decimal(48)
    assert schedule.rows[0].payment == Decimal(2600)


def test_a_loan_may_end_early_when_the_payment_is_coarse():
    schedule = build_schedule(terms_with(principal=Decimal(140), payment_step=Decimal(1), payment_rounding="up"))
    assert schedule.payment == Decimal(13)
    assert len(schedule.rows) == 12
    short = build_schedule(
        terms_with(principal=Decimal(11), annual_rate=Decimal(0), payment_step=Decimal(1), payment_rounding="up")
    )
    assert len(short.rows) == 11
    assert short.rows[-1].balance == 0


def test_fixed_amount_with_a_term_ends_with_the_rest():
    schedule = build_schedule(terms_with(method="fixed_amount_per_period", amount_per_period=Decimal(500), periods=6))
    assert [row.payment for row in schedule.rows[:5]] == [Decimal(500)] * 5
    assert schedule.rows[-1].payment > Decimal(7_000)
