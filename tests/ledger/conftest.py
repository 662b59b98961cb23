"""Customers with money, and the sentence every ledger test ends with: the books hold."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from itertools import count

import pytest
from django.db import connection

from core.models import User
from customers.models import BankCard, Customer
from ledger.models import CustodyAccount, TransferType
from ledger.operations import open_accounts, post_transfers_bulk
from ledger.operations.posting import TransferDraft
from ledger.operations.seed import seed_parameters
from ledger.rules.accounts import CUSTODY, available_account

DAY = date(2026, 3, 2)
_numbers = count(1)

MakeCustomers = Callable[..., list[int]]


@pytest.fixture
def make_customers(now: datetime) -> MakeCustomers:
    """Return a function that makes customers with open accounts and a given available balance, and gives their ids."""

    def make(how_many: int = 1, *, balance: str = "0.00") -> list[int]:
        seed_parameters(DAY, now)
        rows = [Customer(number=f"CT-{next(_numbers)}", registered_at=now) for _ in range(how_many)]
        ids = [customer.pk for customer in Customer.objects.bulk_create(rows)]
        open_accounts(customer_ids=ids, now=now)
        amount = Decimal(balance)
        if amount:
            drafts = [
                TransferDraft(TransferType.DEPOSIT, [(CUSTODY, -amount), (available_account(pk), amount)], f"seed:{pk}")
                for pk in ids
            ]
            post_transfers_bulk(drafts=drafts, business_date=DAY, now=now, actor=None)
        return ids

    return make


@pytest.fixture
def make_clients(make_customers: MakeCustomers, now: datetime) -> MakeCustomers:
    """Do the same for customers who are identified, have a sub-account at the custodian and a bound card."""

    def make(how_many: int = 1, *, balance: str = "0.00") -> list[int]:
        ids = make_customers(how_many, balance=balance)
        for pk in ids:
            Customer.objects.filter(pk=pk).update(
                status="IDENTIFIED", name="张三", identity_number=f"ID{pk}", identity_index=f"id-{pk}"
            )
            CustodyAccount.objects.create(
                customer_id=pk, status="OPEN", number=f"6200{pk:012d}", asked_at=now, opened_at=now
            )
            BankCard.objects.create(
                customer_id=pk,
                number="6222020200112230018",
                number_index=f"card-{pk}",
                tail="0018",
                reserved_phone="13800138000",
                state="BOUND",
                asked_at=now,
                bound_at=now,
            )
        return ids

    return make


@pytest.fixture
def clerk(db: None) -> User:
    """A person of operations."""
    return User.objects.create(username="clerk", kind=User.Kind.STAFF)


@pytest.fixture
def checker(db: None) -> User:
    """Another one."""
    return User.objects.create(username="checker", kind=User.Kind.STAFF)


def card_of(customer_id: int) -> int:
    """Return the id of a client's card."""
    return BankCard.objects.values_list("pk", flat=True).get(customer_id=customer_id)


def count_rows() -> dict[str, int]:
    """Return how many rows the tables of the books hold."""
    tables = ["ledger_transfer", "ledger_entry", "ledger_custodyposting", "ledger_paymentorder", "core_outboxevent"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))
        return dict(zip(tables, cursor.fetchone(), strict=True))


def check_books() -> None:
    """Assert what must hold after anything: all balanced, nothing negative, each balance the sum of its entries."""
    queries = {
        "unbalanced transfers": "SELECT transfer_id FROM ledger_entry GROUP BY 1 HAVING sum(amount) <> 0",
        "transfers without entries": "SELECT t.id FROM ledger_transfer t WHERE NOT EXISTS"
        " (SELECT FROM ledger_entry e WHERE e.transfer_id = t.id)",
        "transfers not queued": "SELECT t.id FROM ledger_transfer t WHERE NOT EXISTS"
        " (SELECT FROM ledger_custodyposting c WHERE c.transfer_id = t.id)",
        "wrong balances": "SELECT b.account_id FROM ledger_accountbalance b LEFT JOIN ledger_entry e USING (account_id)"
        " GROUP BY b.account_id, b.balance HAVING b.balance <> coalesce(sum(e.amount), 0)",
        "negative balances": "SELECT account_id FROM ledger_accountbalance WHERE balance < 0",
        "a total": "SELECT sum(amount) FROM ledger_entry HAVING sum(amount) <> 0",
    }
    with connection.cursor() as cursor:
        for name, query in queries.items():
            cursor.execute(query)
            assert cursor.fetchall() == [], name
