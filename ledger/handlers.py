"""Doors for events: what the ledger does when something has happened."""

from core.outbox import EventContext, handles
from customers.events import CardBound, ConsentGiven, CustomerIdentified
from customers.models import Consent
from integrations import connect
from integrations.ports import CardOrder, DepositOrder, FinalRefusal
from ledger import custodian
from ledger.events import CustodyAccountAsked, PaymentOrderCreated, PaymentOrderExpired, ReconciliationAsked
from ledger.models import PaymentOrder
from ledger.operations.cases import require_free_money
from ledger.operations.custody import ask_custody_account
from ledger.operations.payments import record_order_submitted
from ledger.operations.results import record_payment_result, refuse_order


@handles(CustomerIdentified, name="ledger.ask_custody_account")
def ask_account_of_identified(event: CustomerIdentified, context: EventContext) -> None:
    """Have the custodian open a sub-account for a customer who is known and has agreed."""
    ask_custody_account(customer_id=event.customer_id, now=context.now)


@handles(CardBound, name="ledger.ask_custody_account_of_card")
def ask_account_of_card_holder(event: CardBound, context: EventContext) -> None:
    """Do the same for one who has bound a card."""
    ask_custody_account(customer_id=event.customer_id, now=context.now)


@handles(ConsentGiven, name="ledger.ask_custody_account_of_consent")
def ask_account_of_agreed(event: ConsentGiven, context: EventContext) -> None:
    """Do the same for one whose consent came last."""
    if event.purpose == Consent.Purpose.CUSTODY:
        ask_custody_account(customer_id=event.customer_id, now=context.now)


@handles(CustodyAccountAsked, name="ledger.open_custody_account", outside=True)
def open_custody_account(event: CustodyAccountAsked, context: EventContext) -> None:
    """Ask the custodian."""
    custodian.open_sub_account(customer_id=event.customer_id, now=context.now)


@handles(PaymentOrderCreated, name="ledger.submit_order", outside=True)
def submit_order(event: PaymentOrderCreated, context: EventContext) -> None:
    """Hand an order to its partner under its own number; a refusal ends it, a lost answer is asked for again.

    While a case holds money the order of a withdrawal waits: the delivery fails and is tried again.
    """
    order = PaymentOrder.objects.select_related("customer", "card").get(pk=event.order_id)
    if order.status != PaymentOrder.Status.CREATED:
        return
    if order.kind == PaymentOrder.Kind.WITHDRAWAL:
        require_free_money([order.customer_id])
    try:
        if order.kind == PaymentOrder.Kind.DEPOSIT:
            _submit_deposit(order, context)
        else:
            _submit_card_order(order, context)
    except FinalRefusal as error:
        refuse_order(order_id=order.pk, failure_code=error.code, now=context.now, business_date=context.business_date)


def _submit_deposit(order: PaymentOrder, context: EventContext) -> None:
    assert order.expires_at is not None, "a deposit has an end"
    wish = DepositOrder(
        order_number=order.number, amount=order.amount, description=order.purpose, expires_at=order.expires_at
    )
    ticket = connect.payment_gateway(order.gateway).create_deposit(wish)
    record_order_submitted(order_id=order.pk, pay_url=ticket.pay_url, now=context.now)


def _submit_card_order(order: PaymentOrder, context: EventContext) -> None:
    assert order.card is not None, "a card order has a card"
    wish = CardOrder(
        order_number=order.number,
        amount=order.amount,
        card_number=order.card.number,
        holder_name=order.customer.name,
        authorisation=order.authorisation,
        description=order.purpose,
    )
    gateway = connect.card_gateway()
    is_debit = order.kind == PaymentOrder.Kind.CARD_DEBIT
    result = gateway.debit_card(wish) if is_debit else gateway.pay_out(wish)
    record_order_submitted(order_id=order.pk, gateway_number=result.gateway_number, now=context.now)
    record_payment_result(result=result, now=context.now, business_date=context.business_date)


@handles(PaymentOrderExpired, name="ledger.close_order", outside=True)
def close_order(event: PaymentOrderExpired, context: EventContext) -> None:
    """Close an unpaid deposit at its partner, and book it after all if it was paid at the last moment."""
    order = PaymentOrder.objects.get(pk=event.order_id)
    if order.submitted_at is None:
        return
    try:
        result = connect.payment_gateway(order.gateway).close_deposit(order_number=order.number)
    except FinalRefusal:
        return
    record_payment_result(result=result, now=context.now, business_date=context.business_date)


@handles(ReconciliationAsked, name="ledger.reconcile", outside=True)
def reconcile(event: ReconciliationAsked, context: EventContext) -> None:
    """Compare a business date with the custodian's statement."""
    custodian.reconcile(business_date=event.business_date, now=context.now)
