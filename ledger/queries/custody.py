"""What the custodian is told, in its own account numbers."""

from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.db import connection
from django.db.models import Q

from integrations.ports import CustodyInstruction, CustodyLeg
from ledger.models import CustodyAccount, CustodyPosting

# How the bank calls the account of an entry `e` with account `k` and, for a customer, sub-account `a`. What the ledger
# holds as one mirror of the bank stands there as two channels: money on its way in and money on its way out.
BANK_ACCOUNT: Final = """
CASE WHEN k.kind = 'CUSTODY' THEN CASE WHEN e.amount < 0 THEN 'CLEARING_PAYMENT' ELSE 'CLEARING_PAYOUT' END
     WHEN k.customer_id IS NULL THEN k.kind
     ELSE coalesce(a.number, 'customer ' || k.customer_id) END"""
IS_FROZEN: Final = "k.kind = 'CUSTOMER_FROZEN'"
# The bank keeps a refused key refused, so that a second attempt goes under a key of its own.
INSTRUCTION_KEY: Final = """
CASE WHEN t.custody_reference <> '' THEN t.custody_reference
     WHEN c.attempt > 0 THEN t.number || '-' || c.attempt ELSE t.number END"""

_LEGS = f"""
SELECT {INSTRUCTION_KEY}, t.type, c.statement_date, t.reference_type, t.reference_id,
    {BANK_ACCOUNT}, {IS_FROZEN}, e.amount
FROM ledger_custodyposting c
JOIN ledger_transfer t ON t.id = c.transfer_id
JOIN ledger_entry e ON e.transfer_id = t.id
JOIN ledger_account k ON k.id = e.account_id
LEFT JOIN ledger_custodyaccount a ON a.customer_id = k.customer_id
WHERE c.batch_id = %s ORDER BY c.id, e.id
"""  # noqa: S608 - the fragments stand above


def list_instructions(batch_id: int) -> list[CustodyInstruction]:
    """Return a batch's instructions in the order in which the bank is to carry them out."""
    with connection.cursor() as cursor:
        cursor.execute(_LEGS, [batch_id])
        rows = cursor.fetchall()
    return [_instruction(list(group)) for _key, group in groupby(rows, key=lambda row: row[0])]


def _instruction(rows: list[tuple[str, str, date, str, str, str, bool, Decimal]]) -> CustodyInstruction:
    key, kind, statement_date, reference_type, reference_id = rows[0][:5]
    return CustodyInstruction(
        key=key,
        kind=kind,
        business_date=statement_date,
        legs=tuple(CustodyLeg(account, amount, is_frozen) for *_rest, account, is_frozen, amount in rows),
        authorisation=f"{reference_type}:{reference_id}" if reference_type else key,
    )


def count_unsent() -> int:
    """Return how many transfers the custodian has not carried out yet."""
    return CustodyPosting.objects.filter(~Q(state=CustodyPosting.State.EXECUTED)).count()


def custody_number(customer_id: int) -> str | None:
    """Return the number of a customer's open sub-account at the custodian."""
    return (
        CustodyAccount.objects.filter(pk=customer_id, status=CustodyAccount.Status.OPEN)
        .values_list("number", flat=True)
        .first()
    )


def custody_numbers(customer_ids: list[int]) -> dict[int, str]:
    """Return the numbers of many customers' open sub-accounts, in one query."""
    rows = CustodyAccount.objects.filter(pk__in=customer_ids, status=CustodyAccount.Status.OPEN)
    return dict(rows.values_list("pk", "number"))
