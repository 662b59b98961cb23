"""Celery doors of the ledger."""

from core import clock
from core.jobs import job
from integrations import connect
from integrations.ports import FinalRefusal, TemporaryFailure
from ledger import custodian, queries
from ledger.models import PaymentOrder
from ledger.operations.payments import expire_orders, mark_orders_checked
from ledger.operations.results import record_payment_result


@job
def send_custody_queue() -> int:
    """Send what waits for the custodian; beat calls this several times a minute."""
    return custodian.send_queue(now=clock.now())


@job
def expire_payment_orders() -> int:
    """End deposits that nobody paid; beat calls this each minute."""
    return len(expire_orders(now=clock.now()))


@job
def poll_payment_orders() -> int:
    """Ask the partners about orders whose answer is overdue; beat calls this every few minutes.

    Callbacks are only news: what a lost one would have said is found here.
    """
    orders = queries.list_orders_to_ask(now=clock.now())
    for order in orders:
        try:
            if order.kind == PaymentOrder.Kind.DEPOSIT:
                result = connect.payment_gateway(order.gateway).query_deposit(order_number=order.number)
            else:
                result = connect.card_gateway().query_card_order(order_number=order.number)
        except (FinalRefusal, TemporaryFailure):
            # The failed call is in the log of calls; the order's turn comes again.
            continue
        record_payment_result(result=result, now=clock.now(), business_date=clock.business_date())
    mark_orders_checked(order_ids=[order.pk for order in orders], now=clock.now())
    return len(orders)
