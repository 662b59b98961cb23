"""Orders for money in and out, from the wish to the partner's door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.errors import BusinessError, InvalidInput, NotFound
from core.ids import business_number
from core.models import User
from core.money import ZERO
from core.outbox import publish, publish_many
from customers.models import BankCard, Customer
from ledger.events import PaymentOrderCreated, PaymentOrderExpired
from ledger.models import CustodyAccount, PaymentOrder
from ledger.operations.cases import require_free_money
from ledger.operations.funds import freeze_funds
from ledger.operations.posting import NO_REFERENCE, IdempotencyConflict, Reference

DEPOSIT_LIFETIME = timedelta(minutes=30)


class CustodyAccountMissing(BusinessError):
    """The customer has no sub-account at the custodian yet."""

    code = "custody_account_missing"
    message = _("Your account at the custodian bank is not open yet.")
    next_step = _("Confirm your identity and agree to the custody account; the bank opens it within a minute.")


class CardMissing(BusinessError):
    """The card is not bound to this customer."""

    code = "card_missing"
    message = _("This card is not bound.")
    next_step = _("Bind a card of your own first.")


class AmountInvalid(InvalidInput):
    """The amount is not positive."""

    code = "amount_invalid"
    message = _("The amount must be more than zero.")


class DepositTooLarge(InvalidInput):
    """The amount is above what one deposit may bring."""

    code = "deposit_too_large"
    message = _("One deposit can be at most %(greatest)s yuan.")
    next_step = _("Pay in a smaller amount, or in several deposits.")


class AuthorisationMissing(InvalidInput):
    """Money moves only on the customer's own order or mandate (银监办发〔2017〕21号)."""

    code = "authorisation_missing"
    message = _("The order or mandate that allows this movement is missing.")


@dataclass(frozen=True, slots=True)
class _Wish:
    """What makes two orders the same."""

    kind: PaymentOrder.Kind
    customer_id: int
    amount: Decimal
    gateway: PaymentOrder.Gateway
    card_id: int | None
    purpose: str
    reference: Reference
    authorisation: str


@transaction.atomic
def create_deposit(
    *,
    customer_id: int,
    amount: Decimal,
    gateway: str,
    authorisation: str,
    idempotency_key: str,
    now: datetime,
    business_date: date,
    purpose: str = "TOP_UP",
    reference: Reference = NO_REFERENCE,
) -> PaymentOrder:
    """Create an order to pay in; the payment address follows from the gateway. The same key returns the same order.

    The parameter `ledger.deposit_max` bounds one deposit.
    Raises AmountInvalid, DepositTooLarge, AuthorisationMissing, CustodyAccountMissing, IdempotencyConflict.
    """
    wish = _Wish(
        PaymentOrder.Kind.DEPOSIT,
        customer_id,
        amount,
        PaymentOrder.Gateway(gateway),
        None,
        purpose,
        reference,
        authorisation,
    )
    return _create(wish, idempotency_key, now, business_date)[0]


@transaction.atomic
def create_card_debit(
    *,
    customer_id: int,
    card_id: int,
    amount: Decimal,
    purpose: str,
    authorisation: str,
    idempotency_key: str,
    now: datetime,
    business_date: date,
    reference: Reference = NO_REFERENCE,
) -> PaymentOrder:
    """Order the debit of a bound card under the mandate named by `authorisation`; the same key returns the same order.

    Raises AmountInvalid, AuthorisationMissing, CardMissing, CustodyAccountMissing, IdempotencyConflict.
    """
    wish = _Wish(
        PaymentOrder.Kind.CARD_DEBIT,
        customer_id,
        amount,
        PaymentOrder.Gateway.BANK,
        card_id,
        purpose,
        reference,
        authorisation,
    )
    return _create(wish, idempotency_key, now, business_date)[0]


@transaction.atomic
def request_withdrawal(
    *,
    customer_id: int,
    card_id: int,
    amount: Decimal,
    authorisation: str,
    idempotency_key: str,
    now: datetime,
    business_date: date,
    actor: User | None,
) -> PaymentOrder:
    """Set the money aside at once and order its payout to the card. The same key returns the same order.

    Raises AmountInvalid, AuthorisationMissing, CardMissing, CustodyAccountMissing, MoneyHeld, InsufficientFunds,
    IdempotencyConflict.
    """
    wish = _Wish(
        PaymentOrder.Kind.WITHDRAWAL,
        customer_id,
        amount,
        PaymentOrder.Gateway.BANK,
        card_id,
        "WITHDRAWAL",
        NO_REFERENCE,
        authorisation,
    )
    order, is_new = _create(wish, idempotency_key, now, business_date)
    if not is_new:
        return order
    require_free_money([customer_id])
    freeze_funds(
        customer_id=customer_id,
        amount=amount,
        idempotency_key=f"withdrawal-freeze:{order.number}",
        business_date=business_date,
        now=now,
        actor=actor,
        reference=("ledger.order", order.pk),
    )
    audit.record(actor=actor, action="ledger.withdrawal_requested", target=order, data={"amount": str(amount)}, now=now)
    return order


def _create(wish: _Wish, key: str, now: datetime, business_date: date) -> tuple[PaymentOrder, bool]:
    """Return the order of a key and whether it is new; simultaneous requests with one key get one order."""
    known = PaymentOrder.objects.filter(idempotency_key=key).first()
    if known is None:
        _check(wish, business_date)
        order = PaymentOrder(
            number=business_number("PO", business_date),
            kind=wish.kind,
            customer_id=wish.customer_id,
            amount=wish.amount,
            gateway=wish.gateway,
            card_id=wish.card_id,
            purpose=wish.purpose,
            reference_type=wish.reference[0],
            reference_id=str(wish.reference[1]),
            authorisation=wish.authorisation,
            idempotency_key=key,
            business_date=business_date,
            created_at=now,
            expires_at=now + DEPOSIT_LIFETIME if wish.kind == PaymentOrder.Kind.DEPOSIT else None,
        )
        PaymentOrder.objects.bulk_create([order], ignore_conflicts=True)
        known = PaymentOrder.objects.get(idempotency_key=key)
        if known.number == order.number:
            publish(PaymentOrderCreated(known.pk, known.kind), now=now)
            return known, True
    if (known.kind, known.customer_id, known.amount, known.gateway, known.card_id) != (
        wish.kind,
        wish.customer_id,
        wish.amount,
        wish.gateway,
        wish.card_id,
    ):
        raise IdempotencyConflict
    return known, False


def _check(wish: _Wish, business_date: date) -> None:
    if wish.amount <= ZERO:
        raise AmountInvalid(fields={"amount": [AmountInvalid.message]})
    if wish.kind == PaymentOrder.Kind.DEPOSIT:
        greatest = parameters.get_decimal("ledger.deposit_max", on=business_date)
        if wish.amount > greatest:
            raise DepositTooLarge(greatest=greatest)
    if not wish.authorisation:
        raise AuthorisationMissing
    if not Customer.objects.filter(pk=wish.customer_id, status=Customer.Status.IDENTIFIED).exists():
        raise NotFound
    if not CustodyAccount.objects.filter(pk=wish.customer_id, status=CustodyAccount.Status.OPEN).exists():
        raise CustodyAccountMissing
    if wish.card_id is not None:
        bound = BankCard.objects.filter(pk=wish.card_id, customer_id=wish.customer_id, state=BankCard.State.BOUND)
        if not bound.exists():
            raise CardMissing


@transaction.atomic
def record_order_submitted(
    *, order_id: int, now: datetime, gateway_number: str = "", pay_url: str = ""
) -> PaymentOrder:
    """Note that the partner has the order; one that has ended meanwhile stays ended."""
    order = PaymentOrder.objects.select_for_update(no_key=True).get(pk=order_id)
    if order.status == PaymentOrder.Status.CREATED:
        order.status = PaymentOrder.Status.PENDING
    order.submitted_at = order.submitted_at or now
    order.gateway_number = order.gateway_number or gateway_number
    order.pay_url = pay_url or order.pay_url
    order.save(update_fields=["status", "submitted_at", "gateway_number", "pay_url"])
    return order


@transaction.atomic
def expire_orders(*, now: datetime, limit: int = 1000) -> list[int]:
    """End deposits that nobody paid in time and have them closed at the partner; return their ids.

    Money that arrives for one of them later is credited all the same.
    """
    orders = list(
        PaymentOrder.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(
            kind=PaymentOrder.Kind.DEPOSIT,
            status__in=[PaymentOrder.Status.CREATED, PaymentOrder.Status.PENDING],
            expires_at__lt=now,
        )
        .order_by("id")
        .values_list("id", flat=True)[:limit]
    )
    PaymentOrder.objects.filter(pk__in=orders).update(status=PaymentOrder.Status.EXPIRED, finished_at=now)
    publish_many([PaymentOrderExpired(order_id) for order_id in orders], now=now)
    return orders


def mark_orders_checked(*, order_ids: Sequence[int], now: datetime) -> None:
    """Note that the partner was asked, so that the next round asks about others first."""
    PaymentOrder.objects.filter(pk__in=order_ids).update(checked_at=now)
