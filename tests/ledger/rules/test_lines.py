"""Lines and account numbers."""

from decimal import Decimal

import pytest

from core.money import InexactAmount
from ledger.rules.accounts import CUSTODY, available_account, customer_of, frozen_account
from ledger.rules.lines import InvalidLines, check_lines, is_same_posting, reverse_lines

D = Decimal


def test_lines_come_back_with_two_places():
    assert check_lines([(1, D("-5")), (11, D("5.0"))]) == [(1, D("-5.00")), (11, D("5.00"))]


@pytest.mark.parametrize(
    "lines",
    [[], [(1, D("0"))], [(1, D("1")), (2, D("-0.99"))], [(1, D("0")), (2, D("0"))], [(1, D("1"))]],
    ids=["none", "one zero", "a fen short", "zeros", "one sided"],
)
def test_lines_that_move_nothing_or_make_money_are_refused(lines):
    with pytest.raises(InvalidLines):
        check_lines(lines)


@pytest.mark.parametrize("amount", ["0.001", "NaN", "Infinity", "10000000000000000"])
def test_inexact_amounts_are_refused(amount):
    with pytest.raises(InexactAmount):
        check_lines([(1, D(amount)), (2, -D(amount))])


def test_a_reversal_undoes_each_line():
    lines = [(1, D("-5.00")), (11, D("3.00")), (21, D("2.00"))]
    assert is_same_posting(reverse_lines(reverse_lines(lines)), lines)
    assert not is_same_posting(reverse_lines(lines), lines)


def test_the_order_of_lines_does_not_matter_but_their_number_does():
    assert is_same_posting([(1, D("1.00")), (2, D("-1.00"))], [(2, D("-1.00")), (1, D("1.00"))])
    assert not is_same_posting([(1, D("1.00"))], [(1, D("1.00")), (1, D("1.00"))])


def test_account_numbers_name_their_owner():
    assert (available_account(1234), frozen_account(1234)) == (12341, 12342)
    assert customer_of(12342) == 1234
    assert customer_of(CUSTODY) is None
