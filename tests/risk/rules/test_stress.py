"""The worked numbers of docs/algorithms/stress.md, and what holds for all of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.rules.stress import BookPart, RateShock, shock_defaults, shock_rates

CHANCES = {"M0": Decimal("0.03"), "M3": Decimal("0.65")}


def part(bucket: str = "M0", principal: str = "100000.00") -> BookPart:
    return BookPart("p", bucket, 10, Decimal(principal), Decimal("5000.00"))


@pytest.mark.parametrize(
    ("bucket", "multiplier", "loss", "stressed"),
    [("M0", "3", "1800.00", "5400.00"), ("M3", "3", "39000.00", "60000.00"), ("M9", "1", "60000.00", "60000.00")],
)
def test_expected_loss(bucket: str, multiplier: str, loss: str, stressed: str) -> None:
    (row,) = shock_defaults([part(bucket)], chances=CHANCES, loss_share=Decimal("0.6"), multiplier=Decimal(multiplier))
    assert (row.loss, row.stressed_loss) == (Decimal(loss), Decimal(stressed))


def shock(move: str) -> RateShock:
    return RateShock(Decimal("0.03"), Decimal(move), Decimal(4), Decimal("0.20"), Decimal("0.15"))


def test_a_falling_rate_costs_interest() -> None:
    effect = shock_rates(
        shock("-0.005"), dear_interest=Decimal("50000.00"), idle=Decimal("200000.00"), demand=Decimal("180000.00")
    )
    assert shock("-0.005").cap == Decimal("0.1000")
    assert (effect.lost_interest, effect.outflow, effect.gap_after) == (
        Decimal("5000.00"),
        Decimal("0.00"),
        Decimal("0.00"),
    )


def test_a_rising_rate_costs_money_for_listings() -> None:
    effect = shock_rates(
        shock("0.01"), dear_interest=Decimal("50000.00"), idle=Decimal("200000.00"), demand=Decimal("180000.00")
    )
    assert (effect.lost_interest, effect.outflow) == (Decimal("0.00"), Decimal("30000.00"))
    assert (effect.gap_before, effect.gap_after) == (Decimal("0.00"), Decimal("10000.00"))


@given(
    principal=st.decimals(0, 10**9, places=2),
    share=st.decimals(0, 1, places=3),
    one=st.decimals(1, 20, places=2),
    more=st.decimals(0, 10, places=2),
)
def test_more_stress_never_costs_less_and_never_more_than_there_is(
    principal: Decimal, share: Decimal, one: Decimal, more: Decimal
) -> None:
    parts = [BookPart("p", "M0", 1, principal, Decimal("0.00"))]
    low, high = (
        shock_defaults(parts, chances=CHANCES, loss_share=share, multiplier=multiplier)[0]
        for multiplier in (one, one + more)
    )
    assert low.loss <= low.stressed_loss <= high.stressed_loss <= principal
