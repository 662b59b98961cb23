"""Many connections at once, and processes killed in the middle, on a real PostgreSQL."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection, connections, transaction

from core import clock
from core.errors import BusinessError
from core.models import OutboxEvent
from integrations import connect, inbound
from integrations.ports import DepositOrder, PaymentKind, PaymentResult, PaymentStatus
from ledger.models import BalanceCheckpoint, CustodyBatch, PaymentOrder, Transfer, TransferType
from ledger.operations import (
    TransferDraft,
    create_deposit,
    post_transfer,
    post_transfers_bulk,
    prepare_custody_batch,
    record_payment_result,
    request_withdrawal,
    take_checkpoints,
)
from ledger.queries import balance_of, balance_of_customer, balances_of_customers
from ledger.rules.accounts import PLATFORM_FEES, RESERVE, available_account
from tests.fixtures.sandbox import sandbox, sandbox_process
from tests.ledger.conftest import DAY, card_of, check_books

__all__ = ["sandbox", "sandbox_process"]
pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
THREADS = 40


def at_once(calls: Sequence[Callable[[], object]], *, threads: int = THREADS) -> Counter[str]:
    """Run the calls on as many connections as there are threads and count how they ended."""

    def run(call: Callable[[], object]) -> str:
        try:
            call()
            return "done"
        except BusinessError as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(run, calls))


def move(now, source: int, target: int, amount: str, key: str) -> None:
    post_transfer(
        type=TransferType.REPAYMENT,
        lines=[(source, -D(amount)), (target, D(amount))],
        idempotency_key=key,
        business_date=DAY,
        now=now,
        actor=None,
    )


def test_two_hundred_transfers_never_overdraw_an_account(make_customers, now):
    payer, lender = make_customers(2, balance="100.00")
    source, target = available_account(payer), available_account(lender)
    outcomes = at_once([partial(move, now, source, target, "1.00", f"t{n}") for n in range(200)])
    assert outcomes == {"done": 100, "insufficient_funds": 100}
    assert (balance_of(source), balance_of(target)) == (D("0.00"), D("200.00"))
    check_books()


def test_crossing_transfers_wait_for_each_other_without_deadlock(make_customers, now):
    ids = make_customers(4, balance="100.00")
    accounts = [available_account(pk) for pk in ids]
    calls = [
        partial(move, now, accounts[n % 4], accounts[(n + 1 + n // 4 % 3) % 4], "1.00", f"x{n}") for n in range(200)
    ]
    assert at_once(calls) == {"done": 200}
    assert sum(balance.total for balance in balances_of_customers(ids).values()) == D("400.00")
    check_books()


def test_bulk_postings_and_single_ones_lock_in_one_order(make_customers, now):
    ids = make_customers(60, balance="100.00")
    accounts = [available_account(pk) for pk in ids]

    def bulk(n: int) -> None:
        order = accounts if n % 2 else accounts[::-1]
        drafts = [
            TransferDraft(TransferType.REPAYMENT, [(a, D("-0.01")), (b, D("0.01"))], f"b{n}:{a}")
            for a, b in pairwise(order)
        ]
        post_transfers_bulk(drafts=drafts, business_date=DAY, now=now, actor=None)

    singles = [partial(move, now, accounts[-1 - n % 50], accounts[n % 50 // 2], "0.01", f"s{n}") for n in range(100)]
    assert at_once([*(partial(bulk, n) for n in range(20)), *singles]) == {"done": 120}
    check_books()


def test_one_key_sent_fifty_times_posts_once(make_customers, now):
    payer, lender = make_customers(2, balance="100.00")
    call = partial(move, now, available_account(payer), available_account(lender), "1.00", "same")
    assert at_once([call] * 50) == {"done": 50}
    assert Transfer.objects.filter(idempotency_key="same").count() == 1
    assert balance_of(available_account(payer)) == D("99.00")
    check_books()


def test_the_reserve_is_not_spent_twice(make_customers, now):
    (pk,) = make_customers(balance="10.00")
    move(now, available_account(pk), RESERVE, "10.00", "earn")
    calls = [partial(move, now, RESERVE, available_account(pk), "1.00", f"spend{n}") for n in range(40)]
    assert at_once(calls) == {"done": 10, "insufficient_funds": 30}
    assert balance_of(RESERVE) == D("0.00")
    check_books()


def test_the_same_deposit_callback_fifty_times_posts_once(make_clients, now, sandbox, set_business_date):
    set_business_date(DAY)
    (pk,) = make_clients()
    order = create_deposit(
        customer_id=pk,
        amount=D("100.00"),
        gateway="bank",
        authorisation="AUTH-1",
        idempotency_key="d",
        now=now,
        business_date=DAY,
    )
    # The sandbox lives by the wall clock.
    wish = DepositOrder(order.number, order.amount, "充值", clock.now() + timedelta(minutes=30))
    sandbox.behave("bank", hold_callbacks=True)
    connect.payment_gateway("bank").create_deposit(wish)
    sandbox.pay("bank", order.number)
    held = sandbox.take_callbacks()[-1]

    def call() -> None:
        inbound.receive(
            gateway=held.gateway,
            headers=held.headers,
            body=held.body,
            path=held.path,
            now=clock.now(),
            business_date=DAY,
        )

    assert at_once([call] * 50) == {"done": 50}
    order.refresh_from_db()
    assert (order.status, balance_of_customer(pk).available) == ("SUCCEEDED", D("100.00"))
    assert Transfer.objects.count() == 1
    assert OutboxEvent.objects.filter(name="ledger.deposit_received").count() == 1
    check_books()


def test_contradicting_answers_at_once_end_in_one_of_the_two(make_clients, now):
    (pk,) = make_clients(balance="100.00")
    order = request_withdrawal(
        customer_id=pk,
        card_id=card_of(pk),
        amount=D("60.00"),
        authorisation="AUTH-1",
        idempotency_key="w",
        now=now,
        business_date=DAY,
        actor=None,
    )

    def answer(status: PaymentStatus) -> None:
        kind = PaymentKind.CARD_PAYOUT
        result = PaymentResult(kind, "bank", order.number, "G1", status, order.amount, now)
        record_payment_result(result=result, now=now, business_date=DAY)

    statuses = [PaymentStatus.SUCCEEDED, PaymentStatus.FAILED] * 15
    assert at_once([partial(answer, status) for status in statuses]) == {"done": 30}
    order.refresh_from_db()
    balance = balance_of_customer(pk)
    assert (order.status, balance.available, balance.frozen) in {
        ("SUCCEEDED", D("40.00"), D("0.00")),
        ("FAILED", D("100.00"), D("0.00")),
    }
    check_books()


def test_withdrawals_at_once_never_take_more_than_there_is(make_clients, now):
    (pk,) = make_clients(balance="100.00")

    def withdraw(key: str) -> None:
        request_withdrawal(
            customer_id=pk,
            card_id=card_of(pk),
            amount=D("10.00"),
            authorisation="AUTH-1",
            idempotency_key=key,
            now=now,
            business_date=DAY,
            actor=None,
        )

    assert at_once([partial(withdraw, f"w{n}") for n in range(30)]) == {"done": 10, "insufficient_funds": 20}
    assert at_once([partial(withdraw, "w-again")] * 10, threads=10).keys() == {"insufficient_funds"}
    assert PaymentOrder.objects.count() == 10
    assert balance_of_customer(pk).frozen == D("100.00")
    check_books()


def test_a_double_clicked_order_is_one_order(make_clients, now):
    (pk,) = make_clients(balance="100.00")

    def withdraw() -> None:
        request_withdrawal(
            customer_id=pk,
            card_id=card_of(pk),
            amount=D("10.00"),
            authorisation="AUTH-1",
            idempotency_key="same",
            now=now,
            business_date=DAY,
            actor=None,
        )

    assert at_once([withdraw] * 20) == {"done": 20}
    assert (PaymentOrder.objects.count(), balance_of_customer(pk).frozen) == (1, D("10.00"))
    check_books()


def test_a_checkpoint_taken_among_postings_is_exact(make_customers, now):
    ids = make_customers(20, balance="100.00")
    posts = [partial(move, now, available_account(ids[n % 20]), PLATFORM_FEES, "0.01", f"fee{n}") for n in range(150)]
    calls: list[Callable[[], object]] = []
    for n, post in enumerate(posts):
        calls += [post, partial(take_checkpoints, now=now)] if n % 30 == 0 else [post]
    assert at_once(calls, threads=12) == {"done": 155}
    assert BalanceCheckpoint.objects.filter(account_id=PLATFORM_FEES).count() >= 1
    assert balance_of(PLATFORM_FEES) == D("1.50")
    take_checkpoints(now=now)
    latest = BalanceCheckpoint.objects.filter(account_id=PLATFORM_FEES).latest("through_entry_id")
    assert latest.balance == D("1.50")
    assert take_checkpoints(now=now) == 0
    check_books()


def test_a_checkpoint_gives_way_to_a_long_posting(make_customers, now):
    (pk,) = make_customers(balance="100.00")
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        move(now, available_account(pk), PLATFORM_FEES, "1.00", "long")
        taken = pool.submit(at_once, [lambda: take_checkpoints(now=now)]).result(timeout=20)
    assert taken == {"done": 1}
    assert not BalanceCheckpoint.objects.exists()
    check_books()


def test_many_senders_make_one_batch(make_clients, now):
    make_clients(30, balance="1.00")
    at_once([lambda: prepare_custody_batch(now=now)] * 20, threads=20)
    assert [batch.size for batch in CustodyBatch.objects.all()] == [30]


_POST_FOR_EVER = """
import sys, django
django.setup()
from datetime import date
from decimal import Decimal
from core import clock
from ledger.models import TransferType
from ledger.operations import TransferDraft, post_transfers_bulk
accounts = [int(text) for text in sys.argv[1].split(",")]
round_ = 0
while True:
    drafts = [
        TransferDraft(TransferType.FEE, [(account, Decimal("-0.01")), (2, Decimal("0.01"))], f"kill:{round_}:{account}")
        for account in accounts
    ]
    post_transfers_bulk(drafts=drafts, business_date=date(2026, 3, 2), now=clock.now(), actor=None)
    round_ += 1
    print(round_, flush=True)
"""


def test_a_process_killed_in_a_bulk_posting_leaves_no_half(make_customers):
    ids = make_customers(400, balance="100.00")
    accounts = [available_account(pk) for pk in ids]
    database = connection.settings_dict
    address = f"{quote(database['HOST'], safe='')}:{database['PORT']}/{database['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{database['USER']}:{quote(database['PASSWORD'])}@{address}"
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _POST_FOR_EVER, ",".join(map(str, accounts))],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert process.stdout is not None
    said = int(process.stdout.readline())
    # Somewhere within the second or third round.
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    said = max([said, *map(int, process.stdout.read().split())])
    process.wait()
    keys = Transfer.objects.filter(type="FEE").values_list("idempotency_key", flat=True)
    rounds = Counter(key.split(":")[1] for key in keys)
    # What was said to be done is there, and every round is there whole or not at all.
    assert said <= len(rounds) <= said + 1
    assert set(rounds.values()) == {400}
    assert balance_of(PLATFORM_FEES) == D("4.00") * len(rounds)
    check_books()
