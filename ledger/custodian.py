"""Carry prepared work to the custodian and bring its answers back: the one module of the ledger that calls it.

No transaction is open during a call. Each function may be cut off anywhere and be run again: the bank knows a batch
and an instruction by its key.
"""

import csv
import tempfile
from contextlib import ExitStack
from datetime import date, datetime
from typing import Any, TextIO

from django.db.models import Max

from integrations import connect
from integrations.ports import AccountOpening, CustodyStatement, FinalRefusal
from ledger.models import CustodyAccount, CustodyPosting, ReconciliationRun
from ledger.operations.custody import prepare_custody_batch, record_batch_answers, record_custody_account
from ledger.operations.reconciliation import StatementFile, compare_statement
from ledger.queries.custody import list_instructions


def open_sub_account(*, customer_id: int, now: datetime) -> None:
    """Have the bank open a customer's sub-account. Raises TemporaryFailure."""
    customer = CustodyAccount.objects.select_related("customer").get(pk=customer_id).customer
    opening = AccountOpening(
        request_id=f"custody-{customer.public_id}",
        holder_name=customer.name,
        identity_number=customer.identity_number,
        phone=customer.phone,
    )
    try:
        number, refusal = connect.custody_bank().open_account(opening), ""
    except FinalRefusal as error:
        number, refusal = "", error.code
    record_custody_account(customer_id=customer_id, number=number, refusal_code=refusal, now=now)


def send_queue(*, now: datetime) -> int:
    """Send every waiting transfer, in order, a batch at a time; return how many went. Raises TemporaryFailure.

    Call it before an instruction of one's own, so that the bank has seen what the instruction builds on.
    """
    sent = 0
    while (batch := prepare_custody_batch(now=now)) is not None:
        results = connect.custody_bank().submit_batch(batch_key=batch.key, instructions=list_instructions(batch.pk))
        record_batch_answers(batch_id=batch.pk, results=results, now=now)
        sent += batch.size
    return sent


def reconcile(*, business_date: date, now: datetime) -> ReconciliationRun:
    """Send what waits, fetch the day's statement and compare it. Raises TemporaryFailure, StatementIncomplete."""
    sent_through_id = CustodyPosting.objects.aggregate(newest=Max("id"))["newest"] or 0
    send_queue(now=now)
    statement = connect.custody_bank().fetch_statement(business_date=business_date)
    with ExitStack() as files:
        lines, balances = files.enter_context(_scratch()), files.enter_context(_scratch())
        _read_statement(statement, lines, balances)
        return compare_statement(
            statement=StatementFile(
                business_date=business_date,
                line_count=statement.line_count,
                account_count=statement.account_count,
                debit_total=statement.debit_total,
                credit_total=statement.credit_total,
                lines=lines,
                balances=balances,
            ),
            sent_through_id=sent_through_id,
            now=now,
        )


def _scratch() -> Any:
    return tempfile.TemporaryFile(mode="w+", encoding="utf-8", newline="")


def _read_statement(statement: CustodyStatement, lines: TextIO, balances: TextIO) -> None:
    """Write the statement's pages into the two files, so that no transaction waits for the bank."""
    line_rows, balance_rows = _writer(lines), _writer(balances)
    for line in statement.lines:
        line_rows.writerow(
            (
                line.bank_reference,
                line.key,
                line.account_number,
                "t" if line.is_frozen else "f",
                line.amount,
                line.booked_at.isoformat(),
            )
        )
    for balance in statement.balances:
        balance_rows.writerow((balance.account_number, balance.available, balance.frozen))


def _writer(target: TextIO) -> Any:
    return csv.writer(target, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, escapechar="\\")
