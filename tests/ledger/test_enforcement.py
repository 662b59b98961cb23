"""What PostgreSQL itself refuses, shown by statements that go past every line of Python."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from ledger.models import TransferType
from ledger.operations import post_transfer
from ledger.queries import balance_of
from ledger.rules.accounts import CUSTODY, PLATFORM_FEES, RESERVE, available_account, frozen_account
from tests.ledger.conftest import DAY, check_books, count_rows

pytestmark = pytest.mark.django_db
D = Decimal

TRANSFER = """INSERT INTO ledger_transfer (number, type, idempotency_key, business_date, posted_at, reference_type,
    reference_id, memo, custody_reference) VALUES ('{key}', 'DEPOSIT', '{key}', '2026-03-02', now(), '', '', '', '')
    RETURNING id"""
POST = (
    "WITH t AS (" + TRANSFER + ") INSERT INTO ledger_entry (transfer_id, account_id, amount) SELECT t.id, v.* FROM t, "
)
POST += "(VALUES {lines}) v(account_id, amount) RETURNING transfer_id"


def run(sql: str) -> int | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def post_raw(key: str, *lines: tuple[int, str]) -> int | None:
    return run(POST.format(key=key, lines=", ".join(f"({account}, {amount})" for account, amount in lines)))


def refused(sql: str) -> str:
    """Run a statement that must fail, assert that it changed nothing, and return the broken rule's name or message."""
    before = count_rows()
    with pytest.raises(IntegrityError) as caught:
        run(sql)
    assert count_rows() == before
    check_books()
    return caught.value.__cause__.diag.constraint_name or str(caught.value)


def refused_post(key: str, *lines: tuple[int, str]) -> str:
    return refused(POST.format(key=key, lines=", ".join(f"({account}, {amount})" for account, amount in lines)))


def test_a_balanced_statement_is_taken_and_moves_the_balance(make_customers):
    (pk,) = make_customers(balance="10.00")
    post_raw("raw", (CUSTODY, "-2.50"), (available_account(pk), "2.50"))
    assert balance_of(available_account(pk)) == D("12.50")
    check_books()


def test_an_unbalanced_transfer_is_refused(make_customers):
    (pk,) = make_customers(balance="10.00")
    assert refused_post("u", (CUSTODY, "-2.50"), (available_account(pk), "2.51")) == "transfer_balanced"


def test_two_transfers_that_balance_only_together_are_refused(make_customers):
    (pk,) = make_customers(balance="10.00")
    account = available_account(pk)
    one, two = TRANSFER.format(key="one"), TRANSFER.format(key="two")
    sql = f"""WITH a AS ({one}), b AS ({two}) INSERT INTO ledger_entry (transfer_id, account_id, amount)
        SELECT a.id, {CUSTODY}, -1 FROM a UNION ALL SELECT b.id, {account}, 1 FROM b"""
    assert refused(sql) == "transfer_balanced"


def test_a_customer_never_falls_below_zero(make_customers):
    (pk,) = make_customers(balance="10.00")
    lines = (available_account(pk), "-10.01"), (PLATFORM_FEES, "10.01")
    assert refused_post("n", *lines) == "balance_not_negative"


@pytest.mark.parametrize("account", [PLATFORM_FEES, RESERVE])
def test_the_platform_cannot_spend_what_it_does_not_have(make_customers, account):
    (pk,) = make_customers(balance="10.00")
    post_raw("earn", (available_account(pk), "-3.00"), (account, "3.00"))
    assert refused_post("spend", (account, "-3.01"), (available_account(pk), "3.01")) == "balance_not_negative"
    post_raw("spend", (account, "-3.00"), (available_account(pk), "3.00"))
    check_books()


def test_a_zero_entry_is_refused(make_customers):
    (pk,) = make_customers(balance="10.00")
    assert refused_post("z", (CUSTODY, "0.00"), (available_account(pk), "0.00")) == "entry_not_zero"


def test_an_account_that_is_not_there_is_refused():
    assert refused_post("a", (CUSTODY, "-1.00"), (999_999_991, "1.00")) == "entry_account_exists"


def test_a_transfer_without_entries_is_refused():
    assert refused(TRANSFER.format(key="empty")) == "transfer_has_entries"


def test_entries_without_a_transfer_are_refused(make_customers):
    (pk,) = make_customers(balance="10.00")
    sql = f"INSERT INTO ledger_entry (transfer_id, account_id, amount) VALUES (987654321, {CUSTODY}, -1), "
    assert refused(sql + f"(987654321, {available_account(pk)}, 1)") == "entry_transfer_exists"


def test_nothing_joins_a_transfer_later(make_customers):
    (pk,) = make_customers(balance="10.00")
    transfer = post_raw("sealed", (CUSTODY, "-1.00"), (available_account(pk), "1.00"))
    sql = f"INSERT INTO ledger_entry (transfer_id, account_id, amount) VALUES ({transfer}, {CUSTODY}, -1), "
    assert refused(sql + f"({transfer}, {available_account(pk)}, 1)") == "ledger_custodyposting_transfer_id_key"


def test_a_key_has_one_transfer(make_customers):
    (pk,) = make_customers(balance="10.00")
    lines = (CUSTODY, "-1.00"), (available_account(pk), "1.00")
    post_raw("once", *lines)
    with pytest.raises(IntegrityError, match=r"transfer_(key|number)_unique"):
        post_raw("once", *lines)
    check_books()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET amount = amount * 2",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "UPDATE ledger_transfer SET memo = 'changed'",
        "DELETE FROM ledger_transfer",
        "TRUNCATE ledger_transfer CASCADE",
        "UPDATE ledger_account SET allowed_sign = 0",
        "DELETE FROM ledger_account",
        "DELETE FROM ledger_custodyposting",
        "UPDATE ledger_custodyposting SET transfer_id = transfer_id + 1000",
        "DELETE FROM ledger_balancecheckpoint",
        "UPDATE ledger_accountbalance SET balance = balance + 1",
        "DELETE FROM ledger_accountbalance",
        "INSERT INTO ledger_accountbalance (account_id, balance) VALUES (991, 5)",
        "TRUNCATE ledger_accountbalance",
    ],
)
def test_posted_rows_and_balances_cannot_be_written(make_customers, sql):
    make_customers(balance="10.00")
    # Deferred foreign keys of the rows above would stop a TRUNCATE before the trigger is asked.
    connection.check_constraints()
    assert refused(sql)


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ("{id}, 'CUSTOMER_AVAILABLE', {customer}, 1", "account_id_says_owner"),
        ("7, 'CUSTOMER_AVAILABLE', NULL, 1", "account_id_says_owner"),
        ("7, 'CUSTODY', NULL, 1", "account_sign_of_kind"),
        ("7, 'RESERVE', NULL, 0", "account_sign_of_kind"),
        ("7, 'RESERVE', NULL, 1", "account_platform_kind_unique"),
    ],
    ids=["another id", "a customer's kind without a customer", "custody signed", "reserve unsigned", "a second one"],
)
def test_an_account_has_the_id_the_sign_and_the_owner_of_its_kind(make_customers, columns, rule):
    (pk,) = make_customers()
    values = columns.format(id=available_account(pk) + 5, customer=pk)
    sql = f"INSERT INTO ledger_account (id, kind, customer_id, allowed_sign, opened_at) VALUES ({values}, now())"
    assert refused(sql) == rule


def test_balances_open_at_zero_for_customers_only(make_customers):
    (pk,) = make_customers()
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, balance FROM ledger_accountbalance ORDER BY 1")
        rows = cursor.fetchall()
    assert (available_account(pk), D("0.00")) in rows
    assert (frozen_account(pk), D("0.00")) in rows
    assert all(account >= 10 for account, _balance in rows)


def test_a_savepoint_may_hold_the_transfer(make_customers, now: datetime):
    """Django nests transactions as savepoints; the seal must not mind."""
    (pk,) = make_customers(balance="10.00")
    with transaction.atomic(), transaction.atomic():
        post_transfer(
            type=TransferType.FREEZE,
            lines=[(available_account(pk), D("-4.00")), (frozen_account(pk), D("4.00"))],
            idempotency_key="nested",
            business_date=DAY,
            now=now,
            actor=None,
        )
    assert balance_of(frozen_account(pk)) == D("4.00")
    check_books()
