"""What accounts hold, and how they came to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from core.money import ZERO
from ledger.models import AccountBalance, Entry
from ledger.rules.accounts import available_account, frozen_account


@dataclass(frozen=True, slots=True)
class CustomerBalance:
    """What a customer has at the custodian."""

    available: Decimal
    frozen: Decimal

    @property
    def total(self) -> Decimal:
        """Return both together."""
        return self.available + self.frozen


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One line of an account's statement; `balance` is what the account held after it."""

    entry_id: int
    transfer_id: int
    number: str
    type: str
    business_date: date
    posted_at: datetime
    reference_type: str
    reference_id: str
    memo: str
    amount: Decimal
    balance: Decimal


NOTHING = CustomerBalance(ZERO, ZERO)


def balance_of(account_id: int) -> Decimal:
    """Return an account's balance: the kept one of a customer, the sum of entries of the platform."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_balance(%s)", [account_id])
        (balance,) = cursor.fetchone()
    return Decimal(balance).quantize(ZERO)


def balance_of_customer(customer_id: int) -> CustomerBalance:
    """Return what one customer has; nothing where no accounts are open."""
    return balances_of_customers([customer_id]).get(customer_id, NOTHING)


def balances_of_customers(customer_ids: Iterable[int]) -> dict[int, CustomerBalance]:
    """Return what each of the customers has, in one query."""
    wanted = list(customer_ids)
    account_ids = [account for pk in wanted for account in (available_account(pk), frozen_account(pk))]
    rows = dict(AccountBalance.objects.filter(pk__in=account_ids).values_list("pk", "balance"))
    return {
        pk: CustomerBalance(rows[available_account(pk)], rows[frozen_account(pk)])
        for pk in wanted
        if available_account(pk) in rows
    }


def lock_balances(account_ids: Sequence[int]) -> dict[int, Decimal]:
    """Lock the balances of customer accounts in account order and return them.

    Needed only before several postings in one transaction, or where a decision hangs on the balance; a single
    posting locks what it touches.
    """
    rows = AccountBalance.objects.select_for_update(no_key=True).filter(pk__in=account_ids).order_by("pk")
    return dict(rows.values_list("pk", "balance"))


_STATEMENT = """
WITH page AS (
    SELECT e.id, e.transfer_id, e.amount FROM ledger_entry e
    WHERE e.account_id = %(account)s AND e.id < %(before)s ORDER BY e.id DESC LIMIT %(size)s
), later AS (
    SELECT coalesce(sum(e.amount), 0) AS total FROM ledger_entry e
    WHERE e.account_id = %(account)s AND e.id > (SELECT max(id) FROM page)
)
SELECT p.id, t.id, t.number, t.type, t.business_date, t.posted_at, t.reference_type, t.reference_id, t.memo, p.amount,
    ledger_balance(%(account)s) - later.total - coalesce(sum(p.amount) OVER newer, 0)
FROM page p JOIN ledger_transfer t ON t.id = p.transfer_id CROSS JOIN later
WINDOW newer AS (ORDER BY p.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
ORDER BY p.id DESC
"""
_NEWEST = 2**62


def list_statement(account_id: int, *, before_entry_id: int | None = None, size: int = 50) -> list[StatementEntry]:
    """Return one page of an account's entries, newest first; the last entry's id asks for the next page."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, {"account": account_id, "before": before_entry_id or _NEWEST, "size": size})
        rows = cursor.fetchall()
    return [StatementEntry(*row) for row in rows]


def list_lines(transfer_id: int) -> list[tuple[int, Decimal]]:
    """Return a transfer's lines in the order in which they were posted."""
    return list(Entry.objects.filter(transfer_id=transfer_id).order_by("id").values_list("account_id", "amount"))
