"""What a payment partner's answer means for an order, whatever came before it and however often it comes."""

from decimal import Decimal
from enum import StrEnum

AMOUNT_MISMATCH = "AMOUNT_MISMATCH"


class Verdict(StrEnum):
    """What is to be done with an answer."""

    NOTHING = "NOTHING"
    SUCCEED = "SUCCEED"
    FAIL = "FAIL"
    EXPIRE = "EXPIRE"
    HOLD = "HOLD"
    QUESTION = "QUESTION"


_OPEN = {"CREATED", "PENDING"}


def judge_money_in(*, status: str, failure_code: str, ordered: Decimal, answer: str, paid: Decimal) -> Verdict:
    """Judge the answer to a deposit or a debit.

    Money that arrived is always booked: to the customer when it is what was ordered, however late, and aside (HOLD)
    when it is another amount. A failure after a success is a question for a person.
    """
    if answer == "SUCCEEDED":
        if status == "SUCCEEDED" or failure_code == AMOUNT_MISMATCH:
            return Verdict.NOTHING
        return Verdict.SUCCEED if paid == ordered else Verdict.HOLD
    if answer in {"FAILED", "CLOSED"}:
        if status in _OPEN:
            return Verdict.FAIL if answer == "FAILED" else Verdict.EXPIRE
        return Verdict.QUESTION if status == "SUCCEEDED" else Verdict.NOTHING
    return Verdict.NOTHING


def judge_money_out(*, status: str, ordered: Decimal, answer: str, paid: Decimal) -> Verdict:
    """Judge the answer to a withdrawal: once it has ended, the other end is a question for a person."""
    if answer == "SUCCEEDED":
        if status in _OPEN:
            return Verdict.SUCCEED if paid == ordered else Verdict.QUESTION
        return Verdict.NOTHING if status == "SUCCEEDED" else Verdict.QUESTION
    if answer in {"FAILED", "CLOSED"}:
        if status in _OPEN:
            return Verdict.FAIL
        return Verdict.QUESTION if status == "SUCCEEDED" else Verdict.NOTHING
    return Verdict.NOTHING
