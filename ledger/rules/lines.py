"""Which lines make a transfer."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from core.money import ZERO, yuan

Line = tuple[int, Decimal]


class InvalidLines(ValueError):
    """Lines that no caller should ever send: fewer than two, a zero, an inexact amount, or a sum that is not zero."""


def check_lines(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with exact amounts. Raises InvalidLines.

    Positive is owed to the account's owner: `[(1, -100), (12341, 100)]` is a deposit of 100 yuan.
    """
    checked = [(account_id, yuan(amount)) for account_id, amount in lines]
    if len(checked) < 2:
        raise InvalidLines("a transfer has at least two lines")
    if any(amount == 0 for _account, amount in checked):
        raise InvalidLines("a line of zero says nothing")
    if sum((amount for _account, amount in checked), ZERO) != 0:
        raise InvalidLines("the lines do not sum to zero")
    return checked


def reverse_lines(lines: Iterable[Line]) -> list[Line]:
    """Return the lines that undo the given ones."""
    return [(account_id, -amount) for account_id, amount in lines]


def is_same_posting(left: Iterable[Line], right: Iterable[Line]) -> bool:
    """Tell whether two sets of lines move the same money, whatever their order."""
    return Counter(left) == Counter(right)
