"""`check_ledger` finds whatever somebody with a superuser's key has done to the books."""

import json
from datetime import datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from ledger.models import LedgerCase, PaymentOrder, ReconciliationRun, Transfer, TransferType
from ledger.operations import post_transfer, reverse_transfer, take_checkpoints
from ledger.queries import Invariant, check_invariants, invariants
from ledger.rules.accounts import PLATFORM_FEES, available_account
from tests.ledger.conftest import DAY

pytestmark = pytest.mark.django_db
D = Decimal


def tamper(*statements: str) -> None:
    """Run statements past every trigger, as only a superuser can."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for sql in statements:
            cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def broken() -> dict[str, int]:
    return {finding.name: finding.violation_count for finding in check_invariants() if not finding.holds}


@pytest.fixture
def books(make_clients, now: datetime, clerk) -> int:
    """Two customers, a fee, a reversal, a checkpoint; returns the first customer's available account."""
    payer, _other = make_clients(2, balance="100.00")
    account = available_account(payer)
    for key in ("fee", "fee2"):
        posted = post_transfer(
            type=TransferType.FEE,
            lines=[(account, D("-1.00")), (PLATFORM_FEES, D("1.00"))],
            idempotency_key=key,
            business_date=DAY,
            now=now,
            actor=None,
        )
    reverse_transfer(transfer_id=posted.id, reason="test", business_date=DAY, now=now, actor=clerk)
    take_checkpoints(now=now)
    return account


def test_clean_books_are_clean(books):
    assert broken() == {}
    out = StringIO()
    call_command("check_ledger", stdout=out)
    assert "the books are clean" in out.getvalue()


def test_a_changed_entry_is_found_everywhere(books):
    tamper(f"UPDATE ledger_entry SET amount = amount + 1 WHERE account_id = {books} AND amount = 100")
    assert broken() == {"transfers_sum_to_zero": 1, "total_is_zero": 1, "balances_are_sums": 1}


def test_a_changed_balance_is_found(books):
    tamper(f"UPDATE ledger_accountbalance SET balance = balance + 1 WHERE account_id = {books}")
    assert broken() == {"balances_are_sums": 1}


def test_a_transfer_without_entries_and_entries_without_a_transfer_are_found(books):
    tamper(
        "DELETE FROM ledger_entry WHERE transfer_id = (SELECT id FROM ledger_transfer WHERE idempotency_key = 'fee')"
    )
    found = broken()
    assert (found["transfers_are_whole"], found["balances_are_sums"]) == (1, 1)
    tamper("DELETE FROM ledger_transfer WHERE idempotency_key LIKE 'seed%'")
    assert broken()["transfers_are_whole"] == 3


def test_money_the_platform_does_not_have_is_found(books):
    tamper(f"UPDATE ledger_entry SET amount = amount - 5 WHERE account_id = {PLATFORM_FEES} AND amount = 1")
    tamper("DELETE FROM ledger_balancecheckpoint")
    assert broken()["nobody_below_zero"] == 1


def test_a_false_checkpoint_is_found(books):
    tamper(f"UPDATE ledger_balancecheckpoint SET balance = balance + 1 WHERE account_id = {PLATFORM_FEES}")
    assert broken() == {"checkpoints_are_sums": 1}


def test_a_reversal_that_does_not_undo_is_found(books):
    tamper(
        "UPDATE ledger_entry SET amount = amount * 2 WHERE transfer_id ="
        " (SELECT id FROM ledger_transfer WHERE type = 'REVERSAL')"
    )
    assert broken()["reversals_undo_their_originals"] == 2


def test_a_payment_without_money_and_money_without_a_payment_are_found(books, now):
    customer = books // 10
    order = PaymentOrder.objects.create(
        number="PO1",
        kind="DEPOSIT",
        status="SUCCEEDED",
        customer_id=customer,
        amount=5,
        gateway="bank",
        purpose="TOP_UP",
        authorisation="A",
        idempotency_key="po1",
        business_date=DAY,
        created_at=now,
    )
    assert broken() == {"orders_match_transfers": 1}
    tamper("UPDATE ledger_transfer SET idempotency_key = 'deposit:PO1' WHERE idempotency_key = 'fee'")
    assert broken() == {}
    PaymentOrder.objects.filter(pk=order.pk).update(status="EXPIRED")
    assert broken() == {"orders_match_transfers": 1}


def test_open_differences_and_blocking_cases_are_named(books, now):
    run = ReconciliationRun.objects.create(business_date=DAY, requested_at=now)
    run.differences.create(kind="TOTAL_DIFFERS", found_at=now)
    LedgerCase.objects.create(number="LC1", kind="RECONCILIATION", key="k", is_blocking=True, opened_at=now)
    assert broken() == {"statements_agree": 1, "no_blocking_case": 1}
    names = {finding.name: finding.samples for finding in check_invariants()}
    assert names["no_blocking_case"] == ("LC1",)


def test_a_disabled_trigger_is_found(books):
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_post_entries")
    assert broken() == {"database_enforces": 1}


def test_a_key_with_two_effects_is_found(books):
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_transfer DROP CONSTRAINT transfer_key_unique")
    tamper("UPDATE ledger_transfer SET idempotency_key = 'fee' WHERE idempotency_key = 'fee2'")
    assert broken() == {"keys_have_one_effect": 1}


def test_other_apps_add_their_own(books, monkeypatch):
    rule = Invariant("Nobody is called fee.", "SELECT id FROM ledger_transfer WHERE idempotency_key LIKE 'fee%'")
    monkeypatch.setitem(invariants._items, "no_fee", rule)
    assert broken() == {"no_fee": 2}
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_ledger", "--json", stdout=out)
    assert ended.value.code == 1
    answer = json.loads(out.getvalue())
    assert answer["clean"] is False
    (row,) = [item for item in answer["invariants"] if item["name"] == "no_fee"]
    assert (row["holds"], row["violation_count"], len(row["samples"])) == (False, 2, 2)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_ledger", stdout=out)
    assert "BROKEN by 2" in out.getvalue()
    assert "the books are NOT clean" in out.getvalue()
    assert Transfer.objects.filter(idempotency_key="fee").exists()
