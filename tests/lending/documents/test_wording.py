from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import from_fen
from lending.documents import wording


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        # The first six are the examples of 支付结算办法, appendix 1 (正确填写票据和结算凭证的基本规定).
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("0.00", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10.00", "壹拾元整"),
        ("10000.00", "壹万元整"),
        ("10001.00", "壹万零壹元整"),
        ("100010.00", "壹拾万零壹拾元整"),
        ("1010010.10", "壹佰零壹万零壹拾元壹角整"),
        ("100000001.00", "壹亿零壹元整"),
        ("100001000.00", "壹亿零壹仟元整"),
        ("123456789.12", "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元壹角贰分"),
    ],
)
def test_amounts_read_as_on_bills(amount: str, words: str) -> None:
    assert wording.amount_in_words(Decimal(amount)) == f"人民币{words}"


@pytest.mark.parametrize("amount", ["-0.01", "1000000000000.00"])
def test_an_amount_out_of_range_has_no_words(amount: str) -> None:
    with pytest.raises(ValueError, match="neither negative"):
        wording.amount_in_words(Decimal(amount))


@given(st.integers(min_value=0, max_value=10**14 - 1))
def test_words_say_the_amount(fen: int) -> None:
    words = wording.amount_in_words(from_fen(fen)).removeprefix("人民币")
    assert _fen_of(words) == fen
    assert "零零" not in words


def _fen_of(words: str) -> int:
    """Read the capital numerals back."""
    total = group = digit = 0
    for character in words:
        if character in wording._DIGITS:
            digit = wording._DIGITS.index(character)
        elif character in "拾佰仟":
            group, digit = group + digit * 10 ** (1 + "拾佰仟".index(character)), 0
        elif character in "万亿":
            total, group, digit = total + (group + digit) * (10_000 if character == "万" else 10**8), 0, 0
        elif character == "元":
            total, group, digit = (total + group + digit) * 100, 0, 0
        elif character == "角":
            total, digit = total + digit * 10, 0
        elif character == "分":
            total, digit = total + digit, 0
    return total


@pytest.mark.parametrize(
    ("rate", "printed"),
    [
        ("0.108000", "10.80%"),
        ("0.12", "12.00%"),
        ("0", "0.00%"),
        ("1", "100.00%"),
        ("0.123456", "12.3456%"),
        ("0.000333", "0.0333%"),
        ("0.2", "20.00%"),
    ],
)
def test_agreed_rates_lose_no_digit(rate: str, printed: str) -> None:
    assert wording.percent(Decimal(rate)) == printed


@pytest.mark.parametrize(("rate", "printed"), [("0.118276", "11.83%"), ("0.11825", "11.83%"), ("0.118249", "11.82%")])
def test_computed_costs_are_rounded_half_up(rate: str, printed: str) -> None:
    assert wording.rounded_percent(Decimal(rate)) == printed


def test_money_and_dates() -> None:
    assert wording.money(Decimal("1234567.80")) == "1,234,567.80"
    assert wording.money(None) == "—"
    assert wording.chinese_date(date(2026, 1, 2)) == "2026年1月2日"
