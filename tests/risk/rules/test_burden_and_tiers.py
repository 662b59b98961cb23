"""Ratios in whole basis points, terms in months, tiers and severities."""

from decimal import Decimal

import pytest

from lending.rules.arrears import BUCKETS
from lending.rules.terms import PeriodUnit
from risk.rules.burden import as_basis_points, count_months, monthly_burden
from risk.rules.inputs import MAX_INT
from risk.rules.tiers import judge_severity, judge_tier


@pytest.mark.parametrize(
    ("ratio", "points"), [("0.324041", 3241), ("0.32", 3200), ("0", 0), ("1.00001", 10001), ("1e300", MAX_INT)]
)
def test_basis_points_round_against_the_borrower(ratio: str, points: int) -> None:
    assert as_basis_points(Decimal(ratio)) == points


@pytest.mark.parametrize(
    ("unit", "periods", "months"),
    [
        ("month", 12, 12),
        ("quarter", 4, 12),
        ("year", 2, 24),
        ("two_weeks", 12, 6),
        ("week", 52, 12),
        ("15_days", 1, 1),
        ("30_days", 1, 1),
    ],
)
def test_terms_in_months(unit: str, periods: int, months: int) -> None:
    assert count_months(unit, periods) == months


def test_every_period_of_lending_has_a_length() -> None:
    assert all(count_months(unit, 1) >= 1 for unit in PeriodUnit)


def test_the_burden_is_an_average() -> None:
    assert monthly_burden(Decimal("10661.88"), 12) == Decimal("888.49")
    assert monthly_burden(Decimal("10000.00"), 3) == Decimal("3333.33")


@pytest.mark.parametrize(
    ("grade", "is_declined", "worst_dpd", "tier"),
    [
        ("A", False, 0, "LOW"),
        ("C", False, 0, "MIDDLE"),
        ("E", False, 0, "HIGH"),
        ("A", True, 0, "HIGH"),
        ("A", False, 1, "MIDDLE"),
        ("A", False, 30, "MIDDLE"),
        ("A", False, 31, "HIGH"),
        ("E", False, 5, "HIGH"),
        ("", False, 0, "UNKNOWN"),
        ("", False, 5, "MIDDLE"),
    ],
)
def test_tiers(grade: str, is_declined: bool, worst_dpd: int, tier: str) -> None:
    assert judge_tier(grade=grade, is_declined=is_declined, worst_dpd=worst_dpd) == tier


def test_severity_never_falls_from_bucket_to_bucket() -> None:
    order = ["LOW", "MIDDLE", "HIGH", "CRITICAL"]
    ranks = [order.index(judge_severity(name)) for _floor, name in BUCKETS[1:]]
    assert ranks == [0, 1, 2, 3, 3, 3, 3]
