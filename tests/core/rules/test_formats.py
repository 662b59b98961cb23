"""How numbers read."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules import formats

amounts = st.decimals(min_value=Decimal("-1e13"), max_value=Decimal("1e13"), places=2)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("12345.67", "¥12,345.67"), ("0", "¥0.00"), ("-5", "−¥5.00"), ("1000000", "¥1,000,000.00"), ("0.1", "¥0.10")],
)
def test_money_text(amount: str, text: str) -> None:
    assert formats.money_text(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        ("999.99", "¥999.99", "¥999.99"),
        ("1000", "¥1,000.00", "¥1K"),
        ("9999.99", "¥9,999.99", "¥10K"),
        ("10000", "¥1万", "¥10K"),
        ("82345.67", "¥8.23万", "¥82.35K"),
        ("123456", "¥12.35万", "¥123.5K"),
        ("99990000", "¥9,999万", "¥99.99M"),
        ("99999999", "¥1亿", "¥100M"),
        ("999999", "¥100万", "¥1M"),
        ("-125000000", "−¥1.25亿", "−¥125M"),
    ],
)
def test_compact_money_text(amount: str, chinese: str, english: str) -> None:
    assert formats.compact_money_text(Decimal(amount), chinese=True) == chinese
    assert formats.compact_money_text(Decimal(amount), chinese=False) == english


@given(amounts)
def test_compact_money_is_near_and_short(amount: Decimal) -> None:
    text = formats.compact_money_text(amount, chinese=True)
    number = Decimal(re.sub(r"[^\d.]", "", text))
    scale = {"万": Decimal(10) ** 4, "亿": Decimal(10) ** 8}.get(text[-1], Decimal(1))
    assert text.startswith("−") == (amount < 0)
    assert abs(number * scale - abs(amount)) <= abs(amount) / 200
    assert not (text.endswith("万") and number >= 10_000)


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("0.12", "12.00%"),
        ("0.123456", "12.3456%"),
        ("0.1345", "13.45%"),
        ("0", "0.00%"),
        ("-0.01", "−1.00%"),
        ("2.4", "240.00%"),
    ],
)
def test_rate_text(rate: str, text: str) -> None:
    assert formats.rate_text(Decimal(rate)) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [("0.107834", "10.78%"), ("0.166667", "16.67%"), ("-0.01", "−1.00%"), ("0", "0.00%")]
)
def test_ratio_text(ratio: str, text: str) -> None:
    assert formats.ratio_text(Decimal(ratio)) == text


@pytest.mark.parametrize(
    ("figure", "text"), [("24595.97", "24,595.97"), ("31.00", "31"), ("5000", "5,000"), ("0", "0")]
)
def test_figure_text(figure: str, text: str) -> None:
    assert formats.figure_text(Decimal(figure)) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (1234, "1,234"), (10_000, "10,000"), (10_001, "10,000+")])
def test_count_text(count: int, text: str) -> None:
    assert formats.count_text(count) == text


@given(st.lists(amounts, max_size=90))
def test_spark_points_stay_in_the_box(values: list[Decimal]) -> None:
    points = formats.spark_points(values, 96, 22)
    assert len(points) == len(values)
    assert all(0 <= x <= 96 and 0 <= y <= 22 for x, y in points)


def test_spark_points_of_equal_values_run_through_the_middle() -> None:
    assert formats.spark_points([Decimal(3), Decimal(3)], 96, 22) == [(0.0, 11), (96.0, 11)]
