"""Annual cost: the vectors of the rules, published rates, and what a quote must always say."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lending.rules.cost import dated_rate, internal_rate, present_value, quote, unit_period_rate
from lending.rules.terms import Fee, InvalidTerms, ScheduleTerms, Tranche

GOLDEN = Path(__file__).parents[2] / "golden" / "lending_cases.json"
CASES = {case["id"]: case for case in json.loads(GOLDEN.read_text(encoding="utf-8"))["apr_xirr_irr"]}


def terms_with(**options):
    return ScheduleTerms(
        **{
            "method": "equal_instalment",
            "principal": Decimal(10_000),
            "annual_rate": Decimal("0.12"),
            "periods": 12,
            "disbursed_on": date(2024, 1, 31),
            **options,
        }
    )


@pytest.mark.parametrize(
    ("options", "payment", "nominal", "effective"),
    [
        ({}, "888.49", "12.00", "12.68"),
        ({"method": "flat", "annual_rate": Decimal("0.072")}, "893.33", "13.03", "13.84"),
        ({"fees": (Fee(Decimal(500)),)}, "888.49", "21.86", "24.18"),
        ({"annual_rate": Decimal("0.1"), "fees": (Fee(Decimal(200)),)}, "879.16", "13.84", "14.75"),
        ({"method": "flat", "annual_rate": Decimal("0.16"), "periods": 6}, "1800.00", "26.93", "30.52"),
    ],
)
def test_vectors_of_the_disclosure_rule(options, payment, nominal, effective):
    result = quote(terms_with(**options))
    percent = Decimal("0.01")
    assert result.payment == Decimal(payment)
    assert (result.apr_nominal * 100).quantize(percent) == Decimal(nominal)
    assert (result.apr_effective * 100).quantize(percent) == Decimal(effective)
    assert result.payout == Decimal(10_000)
    assert result.total_cost == result.total_interest + result.total_fees


@pytest.mark.parametrize("case_id", [case_id for case_id in CASES if case_id.startswith("IRR-NPF")])
def test_published_internal_rates(case_id):
    case = CASES[case_id]
    expected = Decimal(case["expected"]["irr"])
    rate = internal_rate(case["input"]["values"])
    assert rate is not None
    assert round(Decimal(rate), -expected.as_tuple().exponent) == expected


def test_published_present_value():
    case = CASES["NPV-NPF"]
    value = present_value(Decimal(case["input"]["rate"]), case["input"]["values"])
    assert round(Decimal(value), 5) == Decimal(case["expected"]["npv"])


def spaced(count, amount, first=1, fraction=Fraction(0)):
    return [(first + k, fraction, Decimal(amount)) for k in range(count)]


# Appendix J counts whole unit periods and a fraction from the advance to each payment.
APPENDIX_J = {
    "REGZ-c(1)(i)": spaced(24, "230"),
    "REGZ-c(1)(ii)": spaced(36, "200", 1, Fraction(19, 30)),
    "REGZ-c(1)(iii)": spaced(24, "219.17", 0, Fraction(6, 15)),
    "REGZ-c(1)(v)": spaced(30, "17.60", 4, Fraction(4, 7)),
    "REGZ-c(2)(ii)": [(1, Fraction(5, 28), Decimal("39.50")), *spaced(11, "38.31", 2, Fraction(5, 28))],
    "REGZ-c(3)(ii)": [*spaced(19, "9.50", 0, Fraction(8, 14)), (19, Fraction(8, 14), Decimal(30))],
    "REGZ-c(4)(i)": [(1, Fraction(0), Decimal(250)), *spaced(22, "230", 2), (24, Fraction(0), Decimal(280))],
    "REGZ-c-x-weekly-equal": spaced(5, "250"),
    "REGZ-c-x-weekly-short": spaced(5, "250", 0, Fraction(6, 7)),
}


@pytest.mark.parametrize("case_id", APPENDIX_J)
def test_published_unit_period_rates(case_id):
    case = CASES[case_id]
    advance = [(0, Fraction(0), Decimal(case["input"]["amount"]))]
    rate = unit_period_rate(advance, APPENDIX_J[case_id])
    assert rate is not None
    percent = Decimal(rate * int(case["input"]["unit_periods_per_year"]) * 100)
    assert percent.quantize(Decimal("0.01")) == Decimal(case["expected"]["apr_percent"])


@pytest.mark.parametrize("case_id", [case_id for case_id in CASES if case_id.startswith("APR-UK-EU")])
def test_published_dated_rates(case_id):
    case = CASES[case_id]
    day, advance = case["input"]["advance"]
    days = [date.fromisoformat(day), *(date.fromisoformat(paid) for paid, _ in case["input"]["payments"])]
    values = [-advance, *(amount for _, amount in case["input"]["payments"])]
    rate = dated_rate(days, values)
    expected = Decimal(case["expected"]["apr_percent"])
    assert rate is not None
    assert round(Decimal(rate * 100), -expected.as_tuple().exponent) == expected


def test_spreadsheet_dated_rate():
    """The XIRR example of the spreadsheets: 37.3363 %."""
    days = [date(2008, 1, 1), date(2008, 3, 1), date(2008, 10, 30), date(2009, 2, 15), date(2009, 4, 1)]
    assert dated_rate(days, [-10_000, 2_750, 4_250, 3_250, 2_750]) == pytest.approx(0.3733625335, abs=1e-9)


def test_no_rate_where_nothing_comes_back():
    assert internal_rate([100, 100]) is None
    assert unit_period_rate([(0, Fraction(0), Decimal(100))], []) is None


def test_every_case_of_the_category_is_covered():
    covered = set(APPENDIX_J) | {"NPV-NPF"}
    assert all(name in covered or name.startswith(("IRR-NPF", "APR-UK-EU")) for name in CASES)


@pytest.mark.parametrize("unit", ["month", "quarter", "week", "two_weeks", "15_days", "30_days"])
@pytest.mark.parametrize("method", ["equal_instalment", "equal_principal", "interest_only_bullet", "bullet"])
def test_actual_days_of_a_365_day_year_cost_their_rate(unit, method):
    result = quote(terms_with(method=method, period_unit=unit, day_count="actual/365", principal=Decimal(1_000_000)))
    assert float(result.apr_nominal) == pytest.approx(0.12, abs=2e-6)


def test_a_360_day_year_costs_more_than_its_rate():
    result = quote(terms_with(period_unit="30_days", day_count="actual/360", principal=Decimal(1_000_000)))
    assert float(result.apr_nominal) == pytest.approx(0.12 * 365 / 360, abs=1e-5)


def test_in_advance_and_irregular_first_period_cost_their_rate():
    due_at_start = quote(terms_with(in_advance=True, principal=Decimal(1_000_000)))
    assert float(due_at_start.apr_nominal) == pytest.approx(0.12, abs=2e-6)
    long_first = quote(terms_with(first_due_on=date(2024, 3, 15), principal=Decimal(1_000_000)))
    assert float(long_first.apr_nominal) == pytest.approx(0.12, abs=2e-6)
    at_once = quote(terms_with(periods=2, due_dates=(date(2024, 1, 31),) * 2, day_count="actual/365"))
    assert at_once.apr_nominal == 0


def test_tranches_cost_about_their_rate():
    tranches = (Tranche(date(2024, 1, 31), Decimal(4_000)), Tranche(date(2024, 4, 10), Decimal(6_000)))
    assert float(quote(terms_with(tranches=tranches)).apr_nominal) == pytest.approx(0.12, abs=0.003)


def test_shifted_due_dates_do_not_change_the_rate():
    shifted = tuple(date(2024, 3 + k, 4) for k in range(6))
    plain = quote(terms_with(periods=6))
    moved = quote(terms_with(periods=6, due_dates=shifted))
    assert (plain.apr_nominal, plain.apr_effective) == (moved.apr_nominal, moved.apr_effective)


def test_no_cost_is_zero_and_an_absurd_one_is_refused():
    free = quote(terms_with(annual_rate=Decimal(0)))
    assert (free.apr_nominal, free.apr_effective) == (0, 0)
    single = quote(terms_with(annual_rate=Decimal(0), in_advance=True, periods=1))
    assert single.apr_nominal == 0
    with pytest.raises(InvalidTerms, match="too high"):
        quote(terms_with(fees=(Fee(Decimal("9999.99")),)))


@given(st.integers(0, 2_500), st.integers(0, 2_500), st.integers(1, 48))
@settings(max_examples=100, deadline=None)
def test_a_higher_fee_never_costs_less(fee, more, periods):
    def cost(amount):
        return quote(terms_with(periods=periods, fees=(Fee(Decimal(amount)),))).apr_nominal

    assert cost(fee) <= cost(fee + more)
