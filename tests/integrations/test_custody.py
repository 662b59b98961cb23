"""The custodian: sub-accounts, instructions, batches, the daily statement."""

import time
from datetime import date, timedelta
from decimal import Decimal

import pytest

from core import clock
from integrations import connect
from integrations.ports import (
    AccountOpening,
    CustodyInstruction,
    CustodyLeg,
    FinalRefusal,
    InstructionStatus,
    TemporaryFailure,
)
from integrations.ports.custody import CLEARING_PAYMENT, CLEARING_PAYOUT, INSTITUTION_ACCOUNTS
from integrations.sandbox.client import SandboxControl
from tests.integrations.conftest import fresh, money_in

pytestmark = pytest.mark.django_db


def open_account(identity: str | None = None) -> str:
    opening = AccountOpening(fresh("AO"), "李四", identity or fresh("ID"), "13900139000")
    return connect.custody_bank().open_account(opening)


def move(source: str, target: str, amount: str, **changes: object) -> CustodyInstruction:
    legs = (CustodyLeg(source, -Decimal(amount)), CustodyLeg(target, Decimal(amount)))
    return money_in(target, amount, kind="TRANSFER", legs=legs, **changes)


def test_one_identity_has_one_account(sandbox: SandboxControl) -> None:
    identity = fresh("ID")
    first, second = open_account(identity), open_account(identity)
    assert first == second
    assert open_account() != first


def test_instruction_moves_money_once(sandbox: SandboxControl) -> None:
    bank, account = connect.custody_bank(), open_account()
    instruction = money_in(account, "100.00")
    first = bank.execute(instruction)
    assert first.status is InstructionStatus.EXECUTED
    assert bank.execute(instruction) == first
    assert bank.query_instruction(key=instruction.key) == first
    payout = bank.execute(move(account, CLEARING_PAYOUT, "100.01"))
    assert (payout.status, payout.code) == (InstructionStatus.REFUSED, "INSUFFICIENT_FUNDS")
    assert bank.execute(move(account, CLEARING_PAYOUT, "100.00")).status is InstructionStatus.EXECUTED


def test_same_key_with_other_content_is_refused(sandbox: SandboxControl) -> None:
    bank, account = connect.custody_bank(), open_account()
    instruction = money_in(account, "100.00")
    bank.execute(instruction)
    with pytest.raises(FinalRefusal) as caught:
        bank.execute(money_in(account, "200.00", key=instruction.key))
    assert caught.value.code == "KEY_REUSED"
    assert bank.execute(move(account, CLEARING_PAYOUT, "100.01")).code == "INSUFFICIENT_FUNDS"


def test_frozen_and_available_are_apart(sandbox: SandboxControl) -> None:
    bank, account = connect.custody_bank(), open_account()
    bank.execute(money_in(account, "100.00"))
    freeze = (CustodyLeg(account, Decimal("-60.00")), CustodyLeg(account, Decimal("60.00"), is_frozen=True))
    assert bank.execute(money_in(account, "1.00", legs=freeze)).status is InstructionStatus.EXECUTED
    assert bank.execute(move(account, CLEARING_PAYOUT, "40.01")).code == "INSUFFICIENT_FUNDS"
    assert bank.execute(move(account, CLEARING_PAYOUT, "40.00")).status is InstructionStatus.EXECUTED


def test_unknown_account_is_refused(sandbox: SandboxControl) -> None:
    assert connect.custody_bank().execute(money_in("6200999999999999", "1.00")).code == "ACCOUNT_NOT_FOUND"


def test_unbalanced_instruction_never_leaves_the_house(sandbox: SandboxControl) -> None:
    legs = (CustodyLeg(CLEARING_PAYMENT, Decimal("-1.00")), CustodyLeg(CLEARING_PAYOUT, Decimal("1.01")))
    with pytest.raises(ValueError, match="sum to zero"):
        connect.custody_bank().execute(money_in(CLEARING_PAYOUT, "1.00", legs=legs))


def test_missing_authorisation_is_refused(sandbox: SandboxControl) -> None:
    with pytest.raises(FinalRefusal):
        connect.custody_bank().execute(money_in(CLEARING_PAYOUT, "1.00", authorisation=""))


def test_unknown_instruction(sandbox: SandboxControl) -> None:
    with pytest.raises(FinalRefusal) as caught:
        connect.custody_bank().query_instruction(key=fresh("NO"))
    assert caught.value.code == "INSTRUCTION_NOT_FOUND"


def test_a_refused_instruction_does_not_hold_up_the_batch(sandbox: SandboxControl) -> None:
    bank, account = connect.custody_bank(), open_account()
    batch = [move(account, CLEARING_PAYOUT, "5.00"), money_in(account, "5.00"), move(account, CLEARING_PAYOUT, "4.00")]
    results = bank.submit_batch(batch_key=fresh("BA"), instructions=batch)
    assert [result.key for result in results] == [item.key for item in batch]
    assert [result.code for result in results] == ["INSUFFICIENT_FUNDS", "", ""]


def test_a_thousand_instructions_in_one_call(sandbox: SandboxControl) -> None:
    bank, account = connect.custody_bank(), open_account()
    batch = [money_in(account, "1.00") for _ in range(1000)]
    key, started = fresh("BA"), time.monotonic()
    results = bank.submit_batch(batch_key=key, instructions=batch)
    assert all(result.status is InstructionStatus.EXECUTED for result in results)
    assert time.monotonic() - started < 5
    assert bank.submit_batch(batch_key=key, instructions=batch) == results
    assert bank.execute(move(account, CLEARING_PAYOUT, "1000.01")).code == "INSUFFICIENT_FUNDS"
    with pytest.raises(ValueError, match="at most 1000"):
        bank.submit_batch(batch_key=fresh("BA"), instructions=[*batch, batch[0]])


def test_lost_batch_is_carried_out_once(sandbox: SandboxControl) -> None:
    bank, account = connect.custody_bank(), open_account()
    batch, key = [money_in(account, "1.00") for _ in range(10)], fresh("BA")
    sandbox.behave("custody", lose_answer_next=1)
    with pytest.raises(TemporaryFailure) as caught:
        bank.submit_batch(batch_key=key, instructions=batch)
    assert caught.value.outcome_unknown
    assert len(bank.submit_batch(batch_key=key, instructions=batch)) == 10
    assert bank.execute(move(account, CLEARING_PAYOUT, "10.01")).code == "INSUFFICIENT_FUNDS"


class TestStatement:
    # Days of their own, because the custodian's books are shared by all tests of a worker.
    def test_lines_and_balances_of_a_day(self, sandbox: SandboxControl) -> None:
        bank, account, day = connect.custody_bank(), open_account(), date(2031, 5, 5)
        first = money_in(account, "70.00", business_date=day)
        later = money_in(account, "30.00", business_date=day + timedelta(days=1))
        for instruction in (first, later):
            bank.execute(instruction)
        statement = bank.fetch_statement(business_date=day)
        lines = list(statement.lines)
        assert [(line.key, line.account_number, line.amount) for line in lines] == [
            (first.key, CLEARING_PAYMENT, Decimal("-70.00")),
            (first.key, account, Decimal("70.00")),
        ]
        assert (statement.line_count, statement.debit_total, statement.credit_total) == (2, 70, 70)
        balances = {row.account_number: row for row in statement.balances}
        assert balances[account].available == Decimal("70.00")
        assert set(INSTITUTION_ACCOUNTS) <= set(balances)
        assert sum(row.available + row.frozen for row in balances.values()) == 0
        assert len(balances) == statement.account_count

    def test_more_lines_than_a_page(self, sandbox: SandboxControl) -> None:
        bank, account, day = connect.custody_bank(), open_account(), date(2031, 6, 6)
        for _ in range(3):
            batch = [money_in(account, "1.00", business_date=day) for _ in range(1000)]
            bank.submit_batch(batch_key=fresh("BA"), instructions=batch)
        lines = list(bank.fetch_statement(business_date=day).lines)
        assert len(lines) == 6000
        assert sum(line.amount for line in lines) == 0

    def test_bank_side_differences_can_be_made(self, sandbox: SandboxControl) -> None:
        bank, account, day = connect.custody_bank(), open_account(), date(2031, 7, 7)
        known = money_in(account, "10.00", business_date=day)
        bank.execute(known)
        key = sandbox.book_unknown_line(account, Decimal("0.01"), day)
        sandbox.hide_line(known.key)
        lines = list(bank.fetch_statement(business_date=day).lines)
        assert {line.key for line in lines} == {key}

    def test_empty_day(self, sandbox: SandboxControl) -> None:
        statement = connect.custody_bank().fetch_statement(business_date=date(2001, 1, 1))
        assert (statement.line_count, list(statement.lines)) == (0, [])


def test_booking_time_is_the_partners_clock(sandbox: SandboxControl) -> None:
    instant = clock.at(date(2032, 1, 2), 23, 30)
    sandbox.set_clock(instant)
    account, day = open_account(), date(2032, 1, 2)
    bank = connect.custody_bank()
    bank.execute(money_in(account, "1.00", business_date=day))
    booked = next(iter(bank.fetch_statement(business_date=day).lines)).booked_at
    assert abs(booked - instant) < timedelta(minutes=1)
