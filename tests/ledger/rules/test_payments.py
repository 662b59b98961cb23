"""What an answer means, whatever came before it."""

from decimal import Decimal

import pytest

from ledger.rules.payments import AMOUNT_MISMATCH, Verdict, judge_money_in, judge_money_out

HUNDRED, NINETY = Decimal("100.00"), Decimal("90.00")


@pytest.mark.parametrize(
    ("status", "code", "answer", "paid", "verdict"),
    [
        ("CREATED", "", "SUCCEEDED", HUNDRED, Verdict.SUCCEED),
        ("PENDING", "", "SUCCEEDED", HUNDRED, Verdict.SUCCEED),
        ("SUCCEEDED", "", "SUCCEEDED", HUNDRED, Verdict.NOTHING),
        ("EXPIRED", "", "SUCCEEDED", HUNDRED, Verdict.SUCCEED),
        ("FAILED", "CLOSED", "SUCCEEDED", HUNDRED, Verdict.SUCCEED),
        ("PENDING", "", "SUCCEEDED", NINETY, Verdict.HOLD),
        ("EXPIRED", "", "SUCCEEDED", NINETY, Verdict.HOLD),
        ("FAILED", AMOUNT_MISMATCH, "SUCCEEDED", NINETY, Verdict.NOTHING),
        ("PENDING", "", "PENDING", HUNDRED, Verdict.NOTHING),
        ("CREATED", "", "FAILED", HUNDRED, Verdict.FAIL),
        ("PENDING", "", "CLOSED", HUNDRED, Verdict.EXPIRE),
        ("EXPIRED", "", "CLOSED", HUNDRED, Verdict.NOTHING),
        ("FAILED", "X", "FAILED", HUNDRED, Verdict.NOTHING),
        ("SUCCEEDED", "", "FAILED", HUNDRED, Verdict.QUESTION),
        ("SUCCEEDED", "", "CLOSED", HUNDRED, Verdict.QUESTION),
        ("SUCCEEDED", "", "PENDING", HUNDRED, Verdict.NOTHING),
    ],
)
def test_money_in(status, code, answer, paid, verdict):
    assert judge_money_in(status=status, failure_code=code, ordered=HUNDRED, answer=answer, paid=paid) is verdict


@pytest.mark.parametrize(
    ("status", "answer", "paid", "verdict"),
    [
        ("CREATED", "SUCCEEDED", HUNDRED, Verdict.SUCCEED),
        ("PENDING", "SUCCEEDED", HUNDRED, Verdict.SUCCEED),
        ("PENDING", "SUCCEEDED", NINETY, Verdict.QUESTION),
        ("SUCCEEDED", "SUCCEEDED", HUNDRED, Verdict.NOTHING),
        ("FAILED", "SUCCEEDED", HUNDRED, Verdict.QUESTION),
        ("PENDING", "FAILED", HUNDRED, Verdict.FAIL),
        ("CREATED", "CLOSED", HUNDRED, Verdict.FAIL),
        ("FAILED", "FAILED", HUNDRED, Verdict.NOTHING),
        ("SUCCEEDED", "FAILED", HUNDRED, Verdict.QUESTION),
        ("PENDING", "PENDING", HUNDRED, Verdict.NOTHING),
    ],
)
def test_money_out(status, answer, paid, verdict):
    assert judge_money_out(status=status, ordered=HUNDRED, answer=answer, paid=paid) is verdict
