"""Compare the ledger with the custodian's statement: every line, every balance, the total."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TextIO

from django.db import connection, transaction

from core import audit
from core.outbox import publish
from ledger.events import ReconciliationAsked, ReconciliationDiffered, ReconciliationMatched
from ledger.models import LedgerCase, ReconciliationDifference, ReconciliationRun
from ledger.operations.cases import open_case, resolve_case
from ledger.queries.custody import BANK_ACCOUNT, INSTRUCTION_KEY, IS_FROZEN


class StatementIncomplete(Exception):
    """The statement's own totals do not fit its lines: it was read while the bank was still writing it."""


@dataclass(frozen=True)
class StatementFile:
    """A whole statement, read before the transaction begins; both files are tab-separated for COPY."""

    business_date: date
    line_count: int
    account_count: int
    debit_total: Decimal
    credit_total: Decimal
    lines: TextIO
    balances: TextIO


@transaction.atomic
def ask_reconciliation(*, business_date: date, now: datetime) -> None:
    """Have a business date compared once its statement can be fetched; asking again compares again."""
    ReconciliationRun.objects.get_or_create(business_date=business_date, defaults={"requested_at": now})
    publish(ReconciliationAsked(business_date), now=now)


@transaction.atomic
def ask_reconciliations(*, business_date: date, now: datetime) -> int:
    """Have a closed business date compared, and every earlier one that still differs; return how many."""
    differing = ReconciliationRun.objects.filter(
        state=ReconciliationRun.State.DIFFERED, business_date__lt=business_date
    ).order_by("business_date")
    dates = [*differing.values_list("business_date", flat=True), business_date]
    for day in dates:
        ask_reconciliation(business_date=day, now=now)
    return len(dates)


@transaction.atomic
def compare_statement(*, statement: StatementFile, sent_through_id: int, now: datetime) -> ReconciliationRun:
    """Take a statement over the earlier one of its day, compare, and open or close the day's differences and its case.

    `sent_through_id` is the newest posting that had its chance to be sent; later ones are no difference yet.

    Raises StatementIncomplete.
    """
    run = ReconciliationRun.objects.select_for_update(no_key=True).get(pk=statement.business_date)
    _take_over(run, statement)
    _check_totals(run, statement)
    found = _find_differences(run.business_date, sent_through_id)
    _store_differences(run, found, now)
    run.state = ReconciliationRun.State.DIFFERED if found else ReconciliationRun.State.MATCHED
    run.compared_at = now
    run.attempts += 1
    run.line_count, run.account_count = statement.line_count, statement.account_count
    run.difference_count = len(found)
    run.save()
    audit.record(
        actor=None,
        action="ledger.reconciled",
        target=run,
        data={"state": run.state, "differences": len(found)},
        now=now,
    )
    _settle_case(run, now)
    return run


def _take_over(run: ReconciliationRun, statement: StatementFile) -> None:
    run.lines.all().delete()
    run.balances.all().delete()
    day = run.business_date.isoformat()
    with connection.cursor() as cursor:
        for table, columns, content in (
            ("statementline", "bank_reference, key, account_number, is_frozen, amount, booked_at", statement.lines),
            ("statementbalance", "account_number, available, frozen", statement.balances),
        ):
            content.seek(0)
            names = columns.split(", ")
            cursor.execute(f"CREATE TEMP TABLE incoming (LIKE ledger_{table}) ON COMMIT DROP")
            for column in ("id", "run_id"):
                cursor.execute(f"ALTER TABLE incoming ALTER {column} DROP NOT NULL")
            cursor.copy_from(content, "incoming", columns=names)
            cursor.execute(
                f"INSERT INTO ledger_{table} (run_id, {columns}) SELECT %s, {columns} FROM incoming",  # noqa: S608
                [day],
            )
            cursor.execute("DROP TABLE incoming")


_TOTALS = """
SELECT count(*), coalesce(-sum(amount) FILTER (WHERE amount < 0), 0),
    coalesce(sum(amount) FILTER (WHERE amount > 0), 0),
    (SELECT count(*) FROM ledger_statementbalance WHERE run_id = %(day)s)
FROM ledger_statementline WHERE run_id = %(day)s
"""


def _check_totals(run: ReconciliationRun, statement: StatementFile) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"day": run.business_date})
        counted = cursor.fetchone()
    said = (statement.line_count, statement.debit_total, statement.credit_total, statement.account_count)
    if counted != said:
        raise StatementIncomplete(f"the statement of {run.business_date} says {said}, its rows {counted}")


_LINE_DIFFERENCES = f"""
WITH ours AS (
    SELECT key, account, is_frozen, sum(amount) AS amount FROM (
        SELECT {INSTRUCTION_KEY} AS key,
            {BANK_ACCOUNT} AS account, {IS_FROZEN} AS is_frozen, e.amount
        FROM ledger_custodyposting c
        JOIN ledger_transfer t ON t.id = c.transfer_id
        JOIN ledger_entry e ON e.transfer_id = t.id
        JOIN ledger_account k ON k.id = e.account_id
        LEFT JOIN ledger_custodyaccount a ON a.customer_id = k.customer_id
        WHERE c.statement_date = %(day)s AND c.state = 'EXECUTED'
    ) legs GROUP BY 1, 2, 3
), theirs AS (
    SELECT key, account_number AS account, is_frozen, sum(amount) AS amount
    FROM ledger_statementline WHERE run_id = %(day)s GROUP BY 1, 2, 3
)
SELECT CASE WHEN theirs.amount IS NULL THEN 'MISSING_AT_BANK' WHEN ours.amount IS NULL THEN 'MISSING_IN_LEDGER'
        ELSE 'AMOUNT_DIFFERS' END,
    key, account, is_frozen, ours.amount, theirs.amount
FROM ours FULL JOIN theirs USING (key, account, is_frozen)
WHERE coalesce(ours.amount, 0) <> coalesce(theirs.amount, 0)
"""  # noqa: S608 - the fragments are constants of queries.custody

# What the ledger held at the end of the day: what it holds now, less what the bank has not carried out by then. The two
# channels of the bank are one account here, so they are compared by their sum.
_BALANCE_DIFFERENCES = """
WITH later AS (
    SELECT e.account_id, sum(e.amount) AS amount
    FROM ledger_custodyposting c JOIN ledger_entry e ON e.transfer_id = c.transfer_id
    WHERE c.state <> 'EXECUTED' OR c.statement_date > %(day)s GROUP BY 1
), ours AS (
    SELECT CASE WHEN k.customer_id IS NULL THEN k.kind ELSE coalesce(a.number, 'customer ' || k.customer_id) END
            AS account,
        k.kind = 'CUSTOMER_FROZEN' AS is_frozen, k.customer_id IS NOT NULL AS is_customer,
        coalesce(b.balance, ledger_balance(k.id)) - coalesce(later.amount, 0) AS amount
    FROM ledger_account k
    LEFT JOIN ledger_accountbalance b ON b.account_id = k.id
    LEFT JOIN ledger_custodyaccount a ON a.customer_id = k.customer_id
    LEFT JOIN later ON later.account_id = k.id
), theirs AS (
    SELECT CASE WHEN account_number IN ('CLEARING_PAYMENT', 'CLEARING_PAYOUT') THEN 'CUSTODY' ELSE account_number END
        AS account, false AS is_frozen, sum(available) AS amount
    FROM ledger_statementbalance WHERE run_id = %(day)s GROUP BY 1
    UNION ALL
    SELECT account_number, true, frozen FROM ledger_statementbalance WHERE run_id = %(day)s
), compared AS (
    SELECT account, is_frozen, ours.amount AS ours, theirs.amount AS theirs, is_customer
    FROM ours FULL JOIN theirs USING (account, is_frozen)
)
SELECT 'BALANCE_DIFFERS', '', account, is_frozen, ours, theirs
FROM compared WHERE coalesce(ours, 0) <> coalesce(theirs, 0)
UNION ALL
SELECT 'TOTAL_DIFFERS', '', 'customers', false, sum(ours) FILTER (WHERE is_customer),
    sum(theirs) FILTER (WHERE is_customer)
FROM compared HAVING coalesce(sum(ours) FILTER (WHERE is_customer), 0)
    <> coalesce(sum(theirs) FILTER (WHERE is_customer), 0)
"""

_NOT_CARRIED_OUT = f"""
SELECT CASE WHEN c.state = 'REFUSED' THEN 'REFUSED_BY_BANK' ELSE 'NOT_SENT' END, {INSTRUCTION_KEY}, '', false,
    (SELECT sum(e.amount) FROM ledger_entry e WHERE e.transfer_id = t.id AND e.amount > 0), NULL::numeric
FROM ledger_custodyposting c JOIN ledger_transfer t ON t.id = c.transfer_id
WHERE c.state <> 'EXECUTED' AND c.id <= %(through)s AND coalesce(c.statement_date, t.business_date) <= %(day)s
"""  # noqa: S608 - the fragment is a constant of queries.custody

Difference = tuple[str, str, str, bool, Decimal | None, Decimal | None]


def _find_differences(business_date: date, sent_through_id: int) -> list[Difference]:
    found: list[Difference] = []
    with connection.cursor() as cursor:
        for query in (_LINE_DIFFERENCES, _BALANCE_DIFFERENCES, _NOT_CARRIED_OUT):
            cursor.execute(query, {"day": business_date, "through": sent_through_id})
            found += cursor.fetchall()
    return found


def _store_differences(run: ReconciliationRun, found: list[Difference], now: datetime) -> None:
    """Keep what still differs, add what is new, close what agrees now."""
    still = {(kind, key, account, is_frozen, ours, theirs) for kind, key, account, is_frozen, ours, theirs in found}
    for row in run.differences.filter(resolved_at=None):
        name = (row.kind, row.key, row.account_number, row.is_frozen, row.ledger_amount, row.bank_amount)
        if name in still:
            still.discard(name)
        else:
            row.resolved_at = now
            row.save(update_fields=["resolved_at"])
    ReconciliationDifference.objects.bulk_create(
        [
            ReconciliationDifference(
                run=run,
                kind=kind,
                key=key,
                account_number=account,
                is_frozen=is_frozen,
                ledger_amount=ours,
                bank_amount=theirs,
                found_at=now,
            )
            for kind, key, account, is_frozen, ours, theirs in sorted(still, key=str)
        ],
        batch_size=5000,
    )


def _settle_case(run: ReconciliationRun, now: datetime) -> None:
    key = f"reconciliation:{run.business_date}"
    if run.state == ReconciliationRun.State.MATCHED:
        case = LedgerCase.objects.filter(key=key, status=LedgerCase.Status.OPEN).first()
        if case is not None:
            resolve_case(case_id=case.pk, resolution="A later comparison agrees.", actor=None, now=now)
        publish(ReconciliationMatched(run.business_date), now=now)
        return
    open_case(
        kind=LedgerCase.Kind.RECONCILIATION,
        key=key,
        is_blocking=True,
        now=now,
        detail={"business_date": run.business_date.isoformat(), "differences": run.difference_count},
    )
    publish(ReconciliationDiffered(run.business_date, run.difference_count), now=now)
