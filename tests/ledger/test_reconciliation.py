"""Comparing a day with the custodian's statement: every way in which the two can disagree.

The statement is input here, so the tests write it themselves: `PaperBank` books the instructions as a bank would and lets a
test falsify what it says. `test_custody.py` compares with the sandbox's real statement.
"""

import io
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from core.models import OutboxEvent
from integrations.ports import InstructionResult, InstructionStatus
from ledger.models import CustodyPosting, LedgerCase, ReconciliationDifference, ReconciliationRun, TransferType
from ledger.operations import (
    MoneyHeld,
    StatementIncomplete,
    ask_reconciliation,
    ask_reconciliations,
    compare_statement,
    post_transfer,
    prepare_custody_batch,
    record_batch_answers,
    require_free_money,
)
from ledger.operations.reconciliation import StatementFile
from ledger.queries import custody_number, list_instructions
from ledger.rules.accounts import available_account, frozen_account
from tests.ledger.conftest import DAY, check_books, count_rows

pytestmark = pytest.mark.django_db
D = Decimal
NEXT_DAY = DAY + timedelta(days=1)


@dataclass
class PaperBank:
    """A bank's books on paper: lines of (day, key, account, is frozen, amount)."""

    now: datetime
    lines: list[tuple[date, str, str, bool, Decimal]] = field(default_factory=list)

    def work(self) -> None:
        """Carry out everything that waits."""
        while (batch := prepare_custody_batch(now=self.now)) is not None:
            instructions = list_instructions(batch.pk)
            for item in instructions:
                self.book(
                    item.business_date,
                    item.key,
                    *((leg.account_number, leg.is_frozen, leg.amount) for leg in item.legs),
                )
            results = [InstructionResult(item.key, InstructionStatus.EXECUTED, "B") for item in instructions]
            record_batch_answers(batch_id=batch.pk, results=results, now=self.now)

    def book(self, day: date, key: str, *legs: tuple[str, bool, Decimal]) -> None:
        """Book legs."""
        self.lines += [(day, key, account, is_frozen, amount) for account, is_frozen, amount in legs]

    def statement(self, day: date) -> StatementFile:
        """Write the day's statement."""
        balances: dict[str, list[Decimal]] = defaultdict(lambda: [D("0.00"), D("0.00")])
        for booked, _key, account, is_frozen, amount in self.lines:
            if booked <= day:
                balances[account][is_frozen] += amount
        today = [line for line in self.lines if line[0] == day]
        at = self.now.isoformat()
        return StatementFile(
            business_date=day,
            line_count=len(today),
            account_count=len(balances),
            debit_total=-sum((line[4] for line in today if line[4] < 0), D("0.00")),
            credit_total=sum((line[4] for line in today if line[4] > 0), D("0.00")),
            lines=io.StringIO("".join(f"B\t{key}\t{acc}\t{froz}\t{amt}\t{at}\n" for _d, key, acc, froz, amt in today)),
            balances=io.StringIO("".join(f"{acc}\t{row[0]}\t{row[1]}\n" for acc, row in balances.items())),
        )


@pytest.fixture
def bank(now) -> PaperBank:
    return PaperBank(now)


@pytest.fixture
def move(now):
    def post(source: int, target: int, amount: str, key: str, *, day: date = DAY, **changes) -> int:
        lines = [(source, -D(amount)), (target, D(amount))]
        return post_transfer(
            type=TransferType.REPAYMENT,
            lines=lines,
            idempotency_key=key,
            business_date=day,
            now=now,
            actor=None,
            **changes,
        ).id

    return post


@pytest.fixture
def compare(bank, now):
    def run(day: date = DAY, statement: StatementFile | None = None) -> ReconciliationRun:
        ReconciliationRun.objects.get_or_create(business_date=day, defaults={"requested_at": now})
        newest = CustodyPosting.objects.order_by("-id").values_list("id", flat=True).first() or 0
        return compare_statement(statement=statement or bank.statement(day), sent_through_id=newest, now=now)

    return run


def differences() -> set[tuple[str, str]]:
    rows = ReconciliationDifference.objects.filter(resolved_at=None)
    return set(rows.values_list("kind", "account_number"))


def test_a_day_that_agrees(bank, make_clients, move, compare):
    payer, lender = make_clients(2, balance="100.00")
    move(available_account(payer), frozen_account(payer), "30.00", "f")
    move(frozen_account(payer), available_account(lender), "30.00", "p")
    bank.work()
    run = compare()
    assert differences() == set()
    assert (run.state, run.difference_count, run.line_count) == ("MATCHED", 0, 8)
    assert OutboxEvent.objects.filter(name="ledger.reconciliation_matched").count() == 1


def test_an_empty_day_agrees(compare):
    assert compare().state == "MATCHED"


def test_a_movement_nobody_ordered_is_found_in_line_balance_and_total(bank, make_clients, move, compare):
    payer, other = make_clients(2, balance="100.00")
    bank.work()
    number = custody_number(payer)
    bank.book(DAY, "X1", (number, False, D("-0.01")), ("CLEARING_PAYOUT", False, D("0.01")))
    assert compare().state == "DIFFERED"
    expected = {
        ("MISSING_IN_LEDGER", number),
        ("MISSING_IN_LEDGER", "CLEARING_PAYOUT"),
        ("BALANCE_DIFFERS", number),
        ("BALANCE_DIFFERS", "CUSTODY"),
        ("TOTAL_DIFFERS", "customers"),
    }
    assert differences() == expected
    line = ReconciliationDifference.objects.get(kind="MISSING_IN_LEDGER", account_number=number)
    assert (line.key, line.ledger_amount, line.bank_amount) == ("X1", None, D("-0.01"))
    balance = ReconciliationDifference.objects.get(kind="BALANCE_DIFFERS", account_number=number)
    assert (balance.ledger_amount, balance.bank_amount) == (D("100.00"), D("99.99"))
    case = LedgerCase.objects.get()
    assert (case.kind, case.is_blocking, case.detail["differences"]) == ("RECONCILIATION", True, 5)
    with pytest.raises(MoneyHeld):
        require_free_money([other])

    # Compared again, nothing is found twice.
    compare()
    assert ReconciliationDifference.objects.count() == 5
    # The bank strikes the line out: everything closes by itself.
    bank.lines = bank.lines[:-2]
    run = compare()
    assert (run.state, run.attempts, differences()) == ("MATCHED", 3, set())
    case.refresh_from_db()
    assert (case.status, ReconciliationRun.objects.get().difference_count) == ("RESOLVED", 0)
    require_free_money([other])
    check_books()


def test_a_line_the_bank_forgot_is_found(bank, make_clients, move, compare):
    payer, lender = make_clients(2, balance="100.00")
    bank.work()
    move(available_account(payer), available_account(lender), "7.00", "m")
    bank.work()
    del bank.lines[-2:]
    assert compare().state == "DIFFERED"
    names = custody_number(payer), custody_number(lender)
    assert differences() == {(kind, name) for kind in ("MISSING_AT_BANK", "BALANCE_DIFFERS") for name in names}


def test_another_amount_at_the_bank_is_found(bank, make_clients, move, compare):
    payer, lender = make_clients(2, balance="100.00")
    move(available_account(payer), available_account(lender), "7.00", "m")
    bank.work()
    bank.lines[-1] = (*bank.lines[-1][:4], D("6.99"))
    compare()
    row = ReconciliationDifference.objects.get(kind="AMOUNT_DIFFERS")
    assert (row.account_number, row.ledger_amount, row.bank_amount) == (custody_number(lender), D("7.00"), D("6.99"))
    assert ("TOTAL_DIFFERS", "customers") in differences()


def test_frozen_and_available_are_compared_apart(bank, make_clients, move, compare):
    (pk,) = make_clients(balance="100.00")
    move(available_account(pk), frozen_account(pk), "30.00", "f")
    bank.work()
    bank.lines = [line for line in bank.lines if line[1] != bank.lines[-1][1]]
    compare()
    rows = ReconciliationDifference.objects.filter(kind="BALANCE_DIFFERS").order_by("is_frozen")
    assert [(row.is_frozen, row.ledger_amount, row.bank_amount) for row in rows] == [
        (False, D("70.00"), D("100.00")),
        (True, D("30.00"), D("0.00")),
    ]
    # Together they are the same money.
    assert ("TOTAL_DIFFERS", "customers") not in differences()


def test_an_instruction_carried_out_first_is_matched_by_its_own_key(bank, make_clients, move, compare):
    lender, borrower = make_clients(2, balance="100.00")
    move(available_account(lender), frozen_account(lender), "50.00", "f")
    bank.work()
    legs = (custody_number(lender), True, D("-50.00")), (custody_number(borrower), False, D("50.00"))
    bank.book(DAY, "payout-1", *legs)
    # Cut off here, the bank has moved what the ledger does not know yet.
    assert compare().state == "DIFFERED"
    assert ("MISSING_IN_LEDGER", custody_number(borrower)) in differences()
    move(frozen_account(lender), available_account(borrower), "50.00", "po", custody_reference="payout-1")
    assert compare().state == "MATCHED"
    assert LedgerCase.objects.get().status == "RESOLVED"


def test_what_was_not_sent_or_was_refused_is_a_difference(bank, make_clients, make_customers, compare, now):
    make_clients(balance="10.00")
    make_customers(balance="10.00")
    batch = prepare_custody_batch(now=now)
    (instruction,) = list_instructions(batch.pk)
    refusal = InstructionResult(instruction.key, InstructionStatus.REFUSED, "B", "ACCOUNT_CLOSED")
    for _time in range(2):
        record_batch_answers(batch_id=batch.pk, results=[refusal], now=now)
    assert compare().state == "DIFFERED"
    assert differences() == {("NOT_SENT", ""), ("REFUSED_BY_BANK", "")}
    assert set(LedgerCase.objects.values_list("kind", flat=True)) == {"REFUSED_BY_BANK", "RECONCILIATION"}
    row = ReconciliationDifference.objects.get(kind="REFUSED_BY_BANK")
    assert (row.key, row.ledger_amount) == (instruction.key, D("10.00"))


def test_the_next_day_is_not_mixed_in(bank, make_clients, move, compare):
    payer, lender = make_clients(2, balance="100.00")
    move(available_account(payer), available_account(lender), "5.00", "tomorrow", day=NEXT_DAY)
    bank.work()
    assert compare(DAY).state == "MATCHED"
    assert compare(NEXT_DAY).state == "MATCHED"


def test_after_the_comparison_an_instruction_belongs_to_the_next_day(bank, make_clients, move, compare):
    payer, lender = make_clients(2, balance="100.00")
    bank.work()
    assert compare(DAY).state == "MATCHED"
    # A straggler, posted for a day that has been compared.
    transfer = move(available_account(payer), available_account(lender), "7.00", "late")
    bank.work()
    assert CustodyPosting.objects.get(transfer_id=transfer).statement_date == NEXT_DAY
    assert compare(NEXT_DAY).state == "MATCHED"
    assert compare(DAY).state == "MATCHED"


@pytest.mark.parametrize(
    "lie", [{"line_count": 1}, {"account_count": 9}, {"debit_total": D("1.00")}, {"credit_total": D("1.00")}], ids=str
)
def test_a_statement_that_contradicts_itself_is_not_taken(bank, make_clients, compare, lie):
    make_clients(balance="100.00")
    bank.work()
    before = count_rows()
    with pytest.raises(StatementIncomplete), transaction.atomic():
        compare(DAY, replace(bank.statement(DAY), **lie))
    assert count_rows() == before
    run = ReconciliationRun.objects.filter(business_date=DAY).first()
    assert run is None or (run.state, run.lines.count()) == ("REQUESTED", 0)


def test_days_that_differ_are_asked_for_again(now):
    ask_reconciliation(business_date=DAY, now=now)
    ReconciliationRun.objects.update(state="DIFFERED")
    assert ask_reconciliations(business_date=NEXT_DAY, now=now) == 2
    ReconciliationRun.objects.update(state="MATCHED")
    assert ask_reconciliations(business_date=NEXT_DAY, now=now) == 1
    assert ReconciliationRun.objects.count() == 2
