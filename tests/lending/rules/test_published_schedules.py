"""More published schedules and spreadsheet examples, recomputed from their stated terms."""

from datetime import date
from decimal import Decimal

import pytest

from lending.rules.schedule import build_schedule
from lending.rules.terms import ScheduleTerms

START = date(2022, 11, 1)
FINERACT = {"rounding": "HALF_EVEN", "payment_step": Decimal(1), "disbursed_on": START}
PROGRESSIVE = {"rounding": "HALF_EVEN", "respread_residue": True, "disbursed_on": date(2024, 1, 1)}


def schedule_of(method, principal, annual_rate, periods, **options):
    options.setdefault("disbursed_on", date(2024, 1, 1))
    return build_schedule(
        ScheduleTerms(
            method=method,
            principal=Decimal(principal),
            annual_rate=Decimal(annual_rate),
            periods=periods,
            **options,
        )
    )


def figures(schedule, *numbers):
    return [
        tuple(str(value) for value in (row.principal, row.interest, row.balance))
        for row in schedule.rows
        if row.n in numbers
    ]


def test_fineract_declining_balance_by_months():
    """Fineract e2e RS02: 305 a month, last 303.22, interest 488.22."""
    schedule = schedule_of("equal_instalment", "5000", "0.12", 18, **FINERACT)
    assert (schedule.payment, schedule.last_payment) == (Decimal(305), Decimal("303.22"))
    assert schedule.total_interest == Decimal("488.22")
    assert figures(schedule, 4, 17) == [("262.73", "42.27", "3964.59"), ("299.01", "5.99", "300.22")]


def test_fineract_declining_balance_by_days():
    """Fineract e2e RS03: actual/365, 305 a month, last 302.33, interest 487.33."""
    schedule = schedule_of("equal_instalment", "5000", "0.12", 18, day_count="actual/365", **FINERACT)
    assert (schedule.payment, schedule.last_payment) == (Decimal(305), Decimal("302.33"))
    assert schedule.total_interest == Decimal("487.33")
    assert figures(schedule, 4, 16) == [("266.08", "38.92", "3962.33"), ("296.47", "8.53", "598.28")]


def test_fineract_equal_principal():
    """Fineract e2e RS04: 277.78 of principal each, last 277.74, interest 475.00; the step is for level payments."""
    schedule = schedule_of("equal_principal", "5000", "0.12", 18, **FINERACT)
    assert schedule.rows[0].payment == Decimal("327.78")
    assert figures(schedule, 8, 18) == [("277.78", "30.56", "2777.76"), ("277.74", "2.78", "0.00")]
    assert schedule.total_interest == Decimal("475.00")


def test_fineract_level_payment_from_thirty_day_months():
    """Fineract e2e RP02 before payments: PMT of 12 % x 30/365 to the whole unit is 862."""
    options = {"day_count": "actual/365", "level_basis": "thirty_day_months", **FINERACT}
    schedule = schedule_of("equal_instalment", "5000", "0.12", 6, **options)
    assert schedule.payment == Decimal(862)
    assert figures(schedule, 1, 2) == [("812.68", "49.32", "4187.32"), ("819.32", "42.68", "3368.00")]


def test_fineract_progressive_months_of_thirty_days():
    """ProgressiveEMICalculatorTest 360/30: 17.13 each and last."""
    schedule = schedule_of("equal_instalment", "100", "0.094822", 6, **PROGRESSIVE)
    assert (schedule.payment, schedule.last_payment) == (Decimal("17.13"), Decimal("17.13"))
    assert figures(schedule, 2, 5) == [("16.47", "0.66", "67.19"), ("16.86", "0.27", "17.00")]


def test_fineract_progressive_keeps_a_payment_that_spreading_would_not_better():
    """ProgressiveEMICalculatorTest: 17.43 and a last 17.47; 17.44 would end with 17.40, no nearer."""
    schedule = schedule_of("equal_instalment", "100", "0.15678", 6, day_count="actual/365", **PROGRESSIVE)
    assert (schedule.payment, schedule.last_payment) == (Decimal("17.43"), Decimal("17.47"))


def test_frappe_instalment_by_months_and_interest_by_days():
    """Frappe test_loan: 15 052 from rate/12 rounded up, interest by actual/365 20 969.62, last 14 981.62."""
    schedule = schedule_of(
        "equal_instalment",
        "280000",
        "0.084",
        20,
        disbursed_on=date(2021, 1, 1),
        day_count="actual/365",
        level_basis="equal_periods",
        payment_step=Decimal(1),
        payment_rounding="up",
    )
    assert (schedule.payment, schedule.last_payment) == (Decimal(15052), Decimal("14981.62"))
    assert schedule.total_interest == Decimal("20969.62")
    assert figures(schedule, 4) == [("13392.45", "1659.55", "226978.63")]


def test_fsp_long_first_period():
    """FSharp.Finance.Personal Biweekly_1200_fp15_r11: 323.15, last 323.10, interest 80.96."""
    schedule = schedule_of(
        "equal_instalment",
        "3473.64",
        "0.0995",
        11,
        disbursed_on=date(2023, 11, 15),
        first_due_on=date(2023, 11, 30),
        period_unit="two_weeks",
        day_count="actual/365",
        rounding="DOWN",
        payment_rounding="up",
    )
    assert (schedule.payment, schedule.last_payment) == (Decimal("323.15"), Decimal("323.10"))
    assert schedule.total_interest == Decimal("80.96")


def test_fsp_first_payment_on_the_day_of_payout():
    """FSharp.Finance.Personal PaymentScheduleTest002: 0.8 % a day, six payments from day 0, 269.20, last 269.11."""
    schedule = schedule_of(
        "equal_instalment",
        "1000",
        "2.92",
        6,
        disbursed_on=date(2024, 5, 8),
        first_due_on=date(2024, 5, 8),
        day_count="actual/365",
        rounding="DOWN",
        payment_rounding="up",
    )
    assert (schedule.payment, schedule.last_payment) == (Decimal("269.20"), Decimal("269.11"))
    assert [str(row.interest) for row in schedule.rows] == ["0.00", "181.23", "154.27", "130.91", "96.62", "52.08"]


@pytest.mark.parametrize(
    ("function", "principal", "annual_rate", "periods", "options", "expected"),
    [
        ("PMT", "10000", "0.08", 10, {}, "1037.03"),
        ("PMT", "10000", "0.08", 10, {"in_advance": True}, "1030.16"),
        ("PMT", "200000", "0.075", 180, {}, "1854.02"),
        ("PMT", "100000", "0.06", 360, {}, "599.55"),
    ],
)
def test_spreadsheet_payments(function, principal, annual_rate, periods, options, expected):
    schedule = schedule_of("equal_instalment", principal, annual_rate, periods, rounding="NONE", **options)
    assert schedule.payment == Decimal(expected)


def test_spreadsheet_interest_and_principal_of_a_period():
    """IPMT(10%/12;1;36;8000) 66.67, IPMT(10%;3;3;8000) 292.45, PPMT(10%/12;1;24;2000) 75.62, PPMT(8%;10;10;200000)."""
    monthly = schedule_of("equal_instalment", "8000", "0.1", 36, rounding="NONE")
    assert monthly.rows[0].interest == Decimal("66.67")
    yearly = schedule_of("equal_instalment", "8000", "0.1", 3, rounding="NONE", period_unit="year")
    assert yearly.rows[2].interest == Decimal("292.45")
    two_years = schedule_of("equal_instalment", "2000", "0.1", 24, rounding="NONE")
    assert two_years.rows[0].principal == Decimal("75.62")
    ten_years = schedule_of("equal_instalment", "200000", "0.08", 10, rounding="NONE", period_unit="year")
    assert ten_years.rows[9].principal == Decimal("27598.05")


def test_spreadsheet_cumulative_interest_and_principal():
    """CUMIPMT(9%/12;360;125000;13;24;0) -11135.23, CUMPRINC -934.11, first month 937.50 and 68.28."""
    schedule = schedule_of(
        "equal_instalment", "125000", "0.09", 360, rounding="NONE", payment_step=Decimal("0.00000001")
    )
    second_year = schedule.rows[12:24]
    cent = Decimal("0.01")
    assert sum(row.interest for row in second_year).quantize(cent) == Decimal("11135.23")
    assert sum(row.principal for row in second_year).quantize(cent) == Decimal("934.11")
    assert schedule.rows[0].interest.quantize(cent) == Decimal("937.50")
    assert schedule.rows[0].principal.quantize(cent) == Decimal("68.28")


def test_weeks_and_fifteen_days():
    """ProgressiveEMICalculatorTest's units: each week is 7/365, each fifteen days 15/360 of a year."""
    weekly = schedule_of("equal_instalment", "100", "0.094822", 4, period_unit="week", day_count="actual/365")
    assert [row.due_date for row in weekly.rows] == [
        date(2024, 1, 8),
        date(2024, 1, 15),
        date(2024, 1, 22),
        date(2024, 1, 29),
    ]
    assert weekly.rows[0].interest == Decimal("0.18")
    fifteen = schedule_of("equal_instalment", "1000", "0.12", 2, period_unit="15_days")
    assert fifteen.rows[0].interest == Decimal("5.00")
    assert fifteen.rows[1].due_date == date(2024, 1, 31)
