"""The custodian: sub-accounts, batches in the right order, the daily comparison. The sandbox plays the bank."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from core import clock, close, outbox
from core.models import OutboxEvent
from customers.events import CustomerIdentified
from customers.models import Consent, Customer, TimelineEntry
from integrations import connect
from integrations.ports import TemporaryFailure
from ledger import custodian
from ledger.models import (
    CustodyAccount,
    CustodyBatch,
    CustodyPosting,
    ReconciliationDifference,
    ReconciliationRun,
    TransferType,
)
from ledger.operations import (
    MoneyHeld,
    NotRefused,
    ask_reconciliation,
    freeze_funds,
    post_transfer,
    prepare_custody_batch,
    require_free_money,
    resend_posting,
)
from ledger.queries import count_unsent, custody_number, custody_numbers, list_instructions
from ledger.rules.accounts import CUSTODY, PLATFORM_FEES, available_account, frozen_account
from tests.fixtures.sandbox import own_sandbox, sandbox, sandbox_process
from tests.ledger.conftest import DAY, check_books

__all__ = ["own_sandbox", "sandbox", "sandbox_process"]
pytestmark = pytest.mark.django_db
D = Decimal
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def make_mirrored(make_customers, now: datetime) -> Callable[..., list[int]]:
    """Return a function that makes customers whose sub-accounts the sandbox has really opened."""

    def make(how_many: int = 1, *, balance: str = "0.00") -> list[int]:
        ids = make_customers(how_many, balance=balance)
        for pk in ids:
            Customer.objects.filter(pk=pk).update(
                status="IDENTIFIED", name="张三", identity_number=f"ID{now:%f}{pk}", identity_index=f"id-{pk}"
            )
            CustodyAccount.objects.create(customer_id=pk, asked_at=now)
            custodian.open_sub_account(customer_id=pk, now=now)
        return ids

    return make


def move(source: int, target: int, amount: str, key: str, *, day: date = DAY, **changes) -> int:
    """Post a transfer between two accounts and return its id."""
    posted = post_transfer(
        type=TransferType.REPAYMENT,
        lines=[(source, -D(amount)), (target, D(amount))],
        idempotency_key=key,
        business_date=day,
        now=clock.at(day, 12),
        actor=None,
        **changes,
    )
    return posted.id


def differences() -> set[tuple[str, str]]:
    rows = ReconciliationDifference.objects.filter(resolved_at=None)
    return set(rows.values_list("kind", "account_number"))


def compare(day: date, now: datetime) -> ReconciliationRun:
    ReconciliationRun.objects.get_or_create(business_date=day, defaults={"requested_at": now})
    return custodian.reconcile(business_date=day, now=now)


def test_an_identified_customer_who_agreed_gets_his_accounts(sandbox, now, set_business_date):
    set_business_date(DAY)
    customer = Customer.objects.create(
        number="CT-ID", name="李四", identity_number="110105194912310021", identity_index="x", registered_at=now
    )
    customer.status = "IDENTIFIED"
    customer.save()

    outbox.publish(CustomerIdentified(customer_id=customer.pk), now=now)
    with clock.use_clock(now):
        outbox.drain()
    assert not CustodyAccount.objects.exists()

    Consent.objects.create(
        customer=customer, purpose="CUSTODY", notice_version="1", channel="app", given_at=now, evidence_hash="0"
    )
    for _time in range(2):
        outbox.publish(CustomerIdentified(customer_id=customer.pk), now=now)
        with clock.use_clock(now):
            outbox.drain()
    account = CustodyAccount.objects.get()
    assert account.status == "OPEN"
    assert custody_number(customer.pk) == account.number
    assert custody_numbers([customer.pk, 0]) == {customer.pk: account.number}
    assert OutboxEvent.objects.filter(name="ledger.custody_account_opened").count() == 1
    assert TimelineEntry.objects.get(text_code="ledger.custody_opened").customer_id == customer.pk


def test_a_refused_sub_account_says_why(sandbox, make_customers, now):
    (pk,) = make_customers()
    CustodyAccount.objects.create(customer_id=pk, asked_at=now)
    custodian.open_sub_account(customer_id=pk, now=now)
    account = CustodyAccount.objects.get()
    assert (account.status, bool(account.refusal_code)) == ("REFUSED", True)
    assert custody_number(pk) is None


def test_every_transfer_reaches_the_bank_once_and_in_order(sandbox, make_mirrored, now):
    payer, lender = make_mirrored(2, balance="100.00")
    freeze_funds(customer_id=payer, amount=D("30.00"), idempotency_key="f", business_date=DAY, now=now, actor=None)
    move(frozen_account(payer), available_account(lender), "30.00", "p", reference=("lending.loan", 5))
    move(available_account(lender), PLATFORM_FEES, "130.00", "fee")
    assert count_unsent() == 5
    batch = prepare_custody_batch(now=now)
    instructions = list_instructions(batch.pk)
    assert [item.kind for item in instructions] == ["DEPOSIT", "DEPOSIT", "FREEZE", "REPAYMENT", "REPAYMENT"]
    assert instructions[3].authorisation == "lending.loan:5"
    assert [leg.is_frozen for leg in instructions[3].legs] == [True, False]
    assert {item.business_date for item in instructions} == {DAY}
    # The same batch until it is answered: whoever finds it sends it.
    assert prepare_custody_batch(now=now) == batch
    assert custodian.send_queue(now=now) == 5
    assert custodian.send_queue(now=now) == 0
    assert count_unsent() == 0
    assert CustodyBatch.objects.get().refused_count == 0
    check_books()


def test_a_transfer_of_somebody_without_a_sub_account_waits(sandbox, make_mirrored, make_customers, now):
    make_mirrored(balance="10.00")
    make_customers(balance="10.00")
    assert custodian.send_queue(now=now) == 1
    assert count_unsent() == 1


def test_a_batch_survives_a_bank_that_does_not_answer(sandbox, make_mirrored, now):
    make_mirrored(3, balance="10.00")
    sandbox.behave("custody", fail_next=1)
    with pytest.raises(TemporaryFailure):
        custodian.send_queue(now=now)
    assert CustodyPosting.objects.filter(state="SENT").count() == 3
    # The answer was lost after the bank had done its work: the same keys are answered as the first time.
    batch = CustodyBatch.objects.get()
    connect.custody_bank().submit_batch(batch_key=batch.key, instructions=list_instructions(batch.pk))
    assert custodian.send_queue(now=now) == 3
    assert CustodyBatch.objects.get().refused_count == 0


def test_what_the_bank_refuses_holds_money_until_it_is_sent_again(sandbox, make_mirrored, now, clerk):
    payer, lender = make_mirrored(2, balance="10.00")
    number = custody_number(payer)
    # Somebody took the payer's money at the bank before our instruction came.
    custodian.send_queue(now=now)
    stolen = sandbox.book_unknown_line(number, D("-10.00"), DAY)
    transfer = move(available_account(payer), available_account(lender), "10.00", "m")
    custodian.send_queue(now=now)
    posting = CustodyPosting.objects.get(transfer_id=transfer)
    assert (posting.state, posting.refusal_code) == ("REFUSED", "INSUFFICIENT_FUNDS")
    with pytest.raises(MoneyHeld):
        require_free_money([lender])
    # The bank puts it right; the refused key stays refused there, so that the second attempt has one of its own.
    assert stolen
    sandbox.book_unknown_line(number, D("10.00"), DAY)
    resend_posting(transfer_id=transfer, reason="corrected by the bank", actor=clerk, now=now)
    custodian.send_queue(now=now)
    posting.refresh_from_db()
    assert (posting.state, posting.attempt) == ("EXECUTED", 1)
    require_free_money([lender])
    with pytest.raises(NotRefused), transaction.atomic():
        resend_posting(transfer_id=transfer, reason="again", actor=clerk, now=now)


def test_a_day_is_compared_with_the_real_statement(own_sandbox, make_mirrored, now):
    payer, lender = make_mirrored(2, balance="100.00")
    freeze_funds(customer_id=payer, amount=D("30.00"), idempotency_key="f", business_date=DAY, now=now, actor=None)
    move(available_account(payer), PLATFORM_FEES, "1.00", "fee")
    move(available_account(lender), CUSTODY, "20.00", "out")
    move(available_account(lender), available_account(payer), "5.00", "tomorrow", day=NEXT_DAY)
    run = compare(DAY, now)
    assert differences() == set()
    assert (run.state, run.difference_count, run.account_count) == ("MATCHED", 0, 8)
    assert run.line_count == run.lines.count() == 10
    assert compare(NEXT_DAY, now).state == "MATCHED"

    number = custody_number(payer)
    own_sandbox.book_unknown_line(number, D("-0.01"), DAY)
    run = compare(DAY, now)
    assert (run.state, run.attempts) == ("DIFFERED", 2)
    assert differences() == {
        ("MISSING_IN_LEDGER", number),
        ("MISSING_IN_LEDGER", "CLEARING_PAYMENT"),
        ("BALANCE_DIFFERS", number),
        ("BALANCE_DIFFERS", "CUSTODY"),
        ("TOTAL_DIFFERS", "customers"),
    }


def test_the_close_asks_for_the_comparison_and_keeps_asking_while_a_day_differs(
    own_sandbox, make_mirrored, now, set_business_date
):
    set_business_date(DAY)
    payer, lender = make_mirrored(2, balance="100.00")
    move(available_account(payer), available_account(lender), "7.00", "m")
    steps = [step for step in close.list_steps() if step.name.startswith("ledger.")]
    assert [step.name for step in steps] == ["ledger.reconcile", "ledger.checkpoints"]
    for step in steps:
        step.run(DAY, 0, 0, now)
    with clock.use_clock(now):
        outbox.drain()
    assert ReconciliationRun.objects.get().state == "MATCHED"
    ReconciliationRun.objects.update(state="DIFFERED")
    assert steps[0].run(NEXT_DAY, 0, 0, now) == 2
    with clock.use_clock(now):
        outbox.drain()
    assert set(ReconciliationRun.objects.values_list("state", flat=True)) == {"MATCHED"}
    ask_reconciliation(business_date=DAY, now=now)
    assert ReconciliationRun.objects.count() == 2
