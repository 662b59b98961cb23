from datetime import date
from decimal import Decimal as D

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.calendar import add_workdays
from lending.rules import affordability, limits
from lending.rules.limits import BorrowerFacts, Exposure, ExposureCaps, Suitability

PERSON = ExposureCaps(D("200000.00"), D("1000000.00"))
FIRM = ExposureCaps(D("1000000.00"), D("5000000.00"))
TODAY = date(2026, 11, 22)
ZERO = D("0.00")


def codes(findings):
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("caps", "exposure", "new_amount", "expected"),
    [
        (PERSON, Exposure(D("150000.00"), ZERO, ZERO, ZERO), D("50000.00"), []),
        (PERSON, Exposure(D("150000.00"), ZERO, ZERO, ZERO), D("50000.01"), ["exposure_one_platform"]),
        (PERSON, Exposure(D("50000.00"), D("60000.00"), D("70000.00"), ZERO), D("20000.00"), []),
        (PERSON, Exposure(D("50000.00"), D("60000.00"), D("70000.00"), ZERO), D("20000.01"), ["exposure_one_platform"]),
        (PERSON, Exposure(ZERO, ZERO, ZERO, D("900000.00")), D("100000.00"), []),
        (PERSON, Exposure(ZERO, ZERO, ZERO, D("900000.00")), D("100000.01"), ["exposure_all_platforms"]),
        (
            PERSON,
            Exposure(D("200000.00"), ZERO, ZERO, D("800000.00")),
            D("0.01"),
            ["exposure_one_platform", "exposure_all_platforms"],
        ),
        (FIRM, Exposure(D("900000.00"), ZERO, ZERO, ZERO), D("100000.00"), []),
        (FIRM, Exposure(ZERO, ZERO, ZERO, D("4900000.00")), D("100000.01"), ["exposure_all_platforms"]),
    ],
)
def test_balance_caps(caps, exposure, new_amount, expected):
    assert codes(limits.check_exposure(exposure, new_amount, caps)) == expected


@given(st.integers(0, 3 * 10**7), st.integers(0, 3 * 10**7), st.integers(0, 2 * 10**8))
def test_what_passes_is_under_both_caps(owed_fen, new_fen, elsewhere_fen):
    owed, new, elsewhere = (D(fen).scaleb(-2) for fen in (owed_fen, new_fen, elsewhere_fen))
    passes = not limits.check_exposure(Exposure(owed, ZERO, ZERO, elsewhere), new, PERSON)
    assert passes is (owed_fen + new_fen <= 20_000_000 and owed_fen + new_fen + elsewhere_fen <= 100_000_000)


BALANCED = Suitability("C3", TODAY, D("50000.00"), D("200000.00"))


@pytest.mark.parametrize(
    ("suitability", "risk_grade", "amount", "total", "on", "expected"),
    [
        (BALANCED, "R3", D("50000.00"), D("200000.00"), TODAY, []),
        (BALANCED, "R1", D("100.00"), D("100.00"), TODAY, []),
        (BALANCED, "R4", D("100.00"), D("100.00"), TODAY, ["risk_above_tier"]),
        (BALANCED, "R3", D("50000.01"), D("50000.01"), TODAY, ["single_limit"]),
        (BALANCED, "R3", D("100.00"), D("200000.01"), TODAY, ["total_limit"]),
        (BALANCED, "R3", D("100.00"), D("100.00"), date(2026, 11, 23), ["assessment_expired"]),
        (None, "R1", D("100.00"), D("100.00"), TODAY, ["assessment_missing"]),
    ],
)
def test_suitability(suitability, risk_grade, amount, total, on, expected):
    assert codes(limits.check_suitability(suitability, risk_grade, amount, total, on)) == expected


@pytest.mark.parametrize("tier", limits.INVESTOR_TIERS)
def test_each_tier_takes_the_grades_up_to_its_own(tier):
    suitability = Suitability(tier, TODAY, D("1.00"), D("1.00"))
    taken = [
        grade
        for grade in limits.RISK_GRADES
        if not limits.check_suitability(suitability, grade, D("1.00"), D("1.00"), TODAY)
    ]
    assert taken == list(limits.RISK_GRADES[: int(tier[1])])


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (BorrowerFacts(date(2008, 11, 22), False, "DECORATION", "装修"), []),
        (BorrowerFacts(date(2008, 11, 23), False, "DECORATION", "装修"), ["under_age"]),
        (BorrowerFacts(date(1990, 1, 1), True, "DECORATION", "装修"), ["student"]),
        (BorrowerFacts(date(1990, 1, 1), False, "", "装修"), ["purpose_missing"]),
        (BorrowerFacts(date(1990, 1, 1), False, "DECORATION", "  "), ["purpose_missing"]),
        (BorrowerFacts(date(1990, 1, 1), False, "STOCKS", "买股"), ["purpose_banned"]),
        (BorrowerFacts(date(1950, 1, 1), False, "DECORATION", "装修"), ["over_age"]),
        (BorrowerFacts(date(2010, 1, 1), True, "", ""), ["under_age", "student", "purpose_missing"]),
    ],
)
def test_borrower_gate(facts, expected):
    assert codes(limits.check_borrower(facts, TODAY, max_age=65)) == expected


@pytest.mark.parametrize(
    ("nominal", "effective", "stops", "warns"),
    [
        ("0.1200", "0.1268", False, True),
        ("0.120049", "0.126", False, True),
        ("0.120050", "0.127", True, True),
        ("0.1139", "0.1200", False, False),
        ("0.1303", "0.1384", True, True),
        ("0.2693", "0.3052", True, True),
        ("0", "0", False, False),
    ],
)
def test_price_cap(nominal, effective, stops, warns):
    verdict = limits.judge_price(D(nominal), D(effective), D("0.120000"))
    assert (verdict.stop is not None, verdict.warning is not None) == (stops, warns)


@pytest.mark.parametrize(
    ("starts_on", "last_day"),
    [
        (date(2026, 2, 9), date(2026, 3, 13)),
        (date(2026, 4, 1), date(2026, 4, 30)),
        (date(2026, 9, 21), date(2026, 10, 26)),
        (date(2026, 12, 1), date(2026, 12, 29)),
    ],
)
def test_raising_period_of_twenty_working_days(starts_on, last_day):
    assert add_workdays(starts_on, 20, chinese_calendar.is_workday) == last_day


def test_debt_to_income():
    ratio = affordability.debt_to_income(D("3000.00"), D("888.49"), D("12000.00"))
    assert ratio == D("0.324041")
    assert affordability.debt_to_income(ZERO, D("1.00"), ZERO) is None
