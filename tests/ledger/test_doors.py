"""Events, tasks and callbacks, with the sandbox as every partner."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core import clock, outbox
from core.models import EventDelivery
from customers.models import BankCard
from integrations import inbound
from integrations.sandbox.client import SandboxControl
from ledger import tasks
from ledger.models import CustodyPosting, PaymentOrder
from ledger.operations import (
    create_card_debit,
    create_deposit,
    expire_orders,
    open_case,
    request_withdrawal,
    resolve_case,
)
from ledger.queries import balance_of_customer
from tests.fixtures.sandbox import sandbox, sandbox_process
from tests.ledger.conftest import DAY, card_of, check_books

__all__ = ["sandbox", "sandbox_process"]
pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def present(sandbox: SandboxControl, set_business_date) -> Iterator[datetime]:
    """The wall clock, by which the partners live; callbacks are held until a test brings them in."""
    set_business_date(DAY)
    for gateway in ("wechat", "alipay", "bank"):
        sandbox.behave(gateway, hold_callbacks=True)
    yield clock.now()


@pytest.fixture
def bring_callbacks(sandbox: SandboxControl) -> Callable[[], int]:
    """Return a function that hands every held callback to the house, twice."""

    def bring() -> int:
        held = sandbox.take_callbacks()
        for item in [*held, *held]:
            inbound.receive(
                gateway=item.gateway,
                headers=item.headers,
                body=item.body,
                path=item.path,
                now=clock.now(),
                business_date=DAY,
            )
        return len(held)

    return bring


def order_deposit(customer_id: int, gateway: str, now: datetime) -> PaymentOrder:
    return create_deposit(
        customer_id=customer_id,
        amount=D("88.88"),
        gateway=gateway,
        authorisation="AUTH-1",
        idempotency_key=f"d:{gateway}",
        now=now,
        business_date=DAY,
    )


def order_withdrawal(customer_id: int, now: datetime) -> PaymentOrder:
    return request_withdrawal(
        customer_id=customer_id,
        card_id=card_of(customer_id),
        amount=D("60.00"),
        authorisation="AUTH-1",
        idempotency_key="w",
        now=now,
        business_date=DAY,
        actor=None,
    )


def use_card(customer_id: int, number: str) -> None:
    card = BankCard.objects.get(customer_id=customer_id)
    card.number = number
    card.save()


@pytest.mark.parametrize("gateway", ["wechat", "alipay", "bank"])
def test_a_deposit_through_each_gateway(gateway, make_clients, present, sandbox, bring_callbacks):
    (pk,) = make_clients()
    order = order_deposit(pk, gateway, present)
    outbox.drain()
    order.refresh_from_db()
    assert (order.status, order.pay_url.split(":")[0] in {"http", "weixin", "https"}) == ("PENDING", True)
    sandbox.pay(gateway, order.number)
    assert bring_callbacks() == 1
    order.refresh_from_db()
    assert (order.status, order.gateway) == ("SUCCEEDED", gateway)
    assert balance_of_customer(pk).available == D("88.88")
    check_books()


def test_a_lost_callback_is_found_by_asking(make_clients, present, sandbox):
    (pk,) = make_clients()
    order = order_deposit(pk, "wechat", present)
    outbox.drain()
    sandbox.pay("wechat", order.number)
    assert tasks.poll_payment_orders() == 0
    with clock.use_clock(present + timedelta(minutes=10)):
        assert tasks.poll_payment_orders() == 1
    assert balance_of_customer(pk).available == D("88.88")
    check_books()


def test_an_expired_deposit_is_closed_at_the_gateway(make_clients, present, sandbox):
    (pk,) = make_clients()
    order = order_deposit(pk, "wechat", present)
    outbox.drain()
    with clock.use_clock(present + timedelta(minutes=31)):
        assert tasks.expire_payment_orders() == 1
        outbox.drain()
    assert sandbox.read_payment("wechat", order.number)["status"] == "CLOSED"


def test_a_deposit_paid_in_the_last_second_is_credited_though_it_expired(make_clients, present, sandbox):
    (pk,) = make_clients()
    order = order_deposit(pk, "alipay", present)
    outbox.drain()
    sandbox.pay("alipay", order.number)
    with clock.use_clock(present + timedelta(minutes=31)):
        expire_orders(now=clock.now())
        outbox.drain()
    order.refresh_from_db()
    assert order.status == "SUCCEEDED"
    assert balance_of_customer(pk).available == D("88.88")


def test_a_gateway_that_is_down_gets_the_order_later(make_clients, present, sandbox):
    (pk,) = make_clients()
    order = order_deposit(pk, "wechat", present)
    sandbox.behave("wechat", fail_next=1)
    outbox.drain()
    order.refresh_from_db()
    assert order.status == "CREATED"
    assert EventDelivery.objects.get(handler="ledger.submit_order").attempts == 1
    with clock.use_clock(present + timedelta(minutes=1)):
        outbox.drain()
    order.refresh_from_db()
    assert order.status == "PENDING"


def test_a_debit_of_a_card(make_clients, present):
    (pk,) = make_clients()
    order = create_card_debit(
        customer_id=pk,
        card_id=card_of(pk),
        amount=D("30.00"),
        purpose="REPAYMENT",
        authorisation="MANDATE-1",
        idempotency_key="debit",
        now=present,
        business_date=DAY,
    )
    outbox.drain()
    order.refresh_from_db()
    assert order.status == "SUCCEEDED"
    assert balance_of_customer(pk).available == D("30.00")


def test_a_debit_of_an_empty_card_fails(make_clients, present):
    (pk,) = make_clients()
    use_card(pk, "6222020200110010001")
    order = create_card_debit(
        customer_id=pk,
        card_id=card_of(pk),
        amount=D("30.00"),
        purpose="REPAYMENT",
        authorisation="MANDATE-1",
        idempotency_key="debit",
        now=present,
        business_date=DAY,
    )
    outbox.drain()
    order.refresh_from_db()
    assert (order.status, order.failure_code) == ("FAILED", "INSUFFICIENT_FUNDS")
    check_books()


def test_a_withdrawal_reaches_the_card(make_clients, present, bring_callbacks):
    (pk,) = make_clients(balance="100.00")
    order = order_withdrawal(pk, present)
    outbox.drain()
    bring_callbacks()
    order.refresh_from_db()
    assert order.status == "SUCCEEDED"
    assert (balance_of_customer(pk).available, balance_of_customer(pk).frozen) == (D("40.00"), D("0.00"))
    check_books()


def test_a_withdrawal_waits_while_a_case_holds_money(make_clients, present, clerk):
    (pk,) = make_clients(balance="100.00")
    order = order_withdrawal(pk, present)
    case = open_case(kind="RECONCILIATION", key="k", is_blocking=True, now=present)
    outbox.drain()
    order.refresh_from_db()
    assert (order.status, balance_of_customer(pk).frozen) == ("CREATED", D("60.00"))
    resolve_case(case_id=case.pk, resolution="found", actor=clerk, now=present)
    with clock.use_clock(present + timedelta(minutes=1)):
        outbox.drain()
    order.refresh_from_db()
    assert order.status == "SUCCEEDED"


def test_a_withdrawal_to_a_closed_card_comes_back(make_clients, present):
    (pk,) = make_clients(balance="100.00")
    use_card(pk, "6222020200110010002")
    order = order_withdrawal(pk, present)
    outbox.drain()
    order.refresh_from_db()
    assert (order.status, order.failure_code) == ("FAILED", "CARD_CLOSED")
    assert balance_of_customer(pk).available == D("100.00")
    check_books()


def test_a_withdrawal_that_the_bank_ends_later(make_clients, present, sandbox, bring_callbacks):
    (pk,) = make_clients(balance="100.00")
    sandbox.behave("bank", settle_later=True, hold_callbacks=True)
    order = order_withdrawal(pk, present)
    outbox.drain()
    order.refresh_from_db()
    assert (order.status, balance_of_customer(pk).frozen) == ("PENDING", D("60.00"))
    assert bring_callbacks() == 1
    order.refresh_from_db()
    assert (order.status, balance_of_customer(pk).total) == ("SUCCEEDED", D("40.00"))
    check_books()


def test_the_queue_goes_to_the_custodian_by_task(make_customers, present):
    make_customers(balance="5.00")
    assert tasks.send_custody_queue() == 0
    assert CustodyPosting.objects.get().state == "PENDING"
