"""Money in and out: deposits through a payment gateway, debits and payouts on a bank card."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class PaymentKind(StrEnum):
    """What moves: money in from a gateway, money in by debit of a card, money out to a card."""

    DEPOSIT = "DEPOSIT"
    CARD_DEBIT = "CARD_DEBIT"
    CARD_PAYOUT = "CARD_PAYOUT"


class PaymentStatus(StrEnum):
    """Where a payment stands at the partner. PENDING is the only one that can still change."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class DepositOrder:
    """A wish to pay in. `order_number` is the idempotency key: 6 to 32 of A-Z a-z 0-9 _ -."""

    order_number: str
    amount: Decimal
    description: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DepositTicket:
    """Where the customer pays: `pay_url` is opened or shown as a QR code."""

    order_number: str
    pay_url: str


@dataclass(frozen=True, slots=True)
class CardOrder:
    """A debit of, or a payout to, a bound card. `order_number` is the idempotency key (6 to 32 characters).

    `authorisation` names the customer's stored mandate or instruction that allows the movement.
    """

    order_number: str
    amount: Decimal
    card_number: str
    holder_name: str
    authorisation: str
    description: str


@dataclass(frozen=True, slots=True)
class CardCheck:
    """The four factors that the bank compares before a card is bound. `request_id` is the idempotency key."""

    request_id: str
    card_number: str
    holder_name: str
    identity_number: str
    phone: str


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """What the partner says about one order. `amount` is what was really paid, in yuan."""

    kind: PaymentKind
    gateway: str
    order_number: str
    gateway_number: str
    status: PaymentStatus
    amount: Decimal
    paid_at: datetime | None
    failure_code: str = ""
    failure_message: str = ""


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A verified inbound callback about a payment. `event_key` is unique per gateway and event."""

    event_key: str
    result: PaymentResult


class PaymentGateway(Protocol):
    """Takes deposits. Implemented by wechat, alipay and bank."""

    name: str

    def create_deposit(self, order: DepositOrder) -> DepositTicket:
        """Create the order at the gateway; the same order number with the same content answers the same."""
        ...

    def query_deposit(self, *, order_number: str) -> PaymentResult:
        """Return where the order stands; FinalRefusal ORDER_NOT_FOUND when the gateway does not know it."""
        ...

    def close_deposit(self, *, order_number: str) -> PaymentResult:
        """Close an unpaid order; one that is already paid stays SUCCEEDED and is returned as such."""
        ...

    def read_callback(self, *, headers: Mapping[str, str], body: bytes, path: str, now: datetime) -> PaymentNotice:
        """Verify and parse a callback; raise BadCallback when it proves nothing."""
        ...


class CardGateway(Protocol):
    """Checks, debits and pays out to bank cards. Implemented by bank."""

    name: str

    def check_card(self, check: CardCheck) -> bool:
        """Return whether name, identity number, card and phone belong together."""
        ...

    def debit_card(self, order: CardOrder) -> PaymentResult:
        """Debit the card (代扣). PENDING means that a callback or a later query brings the end."""
        ...

    def pay_out(self, order: CardOrder) -> PaymentResult:
        """Pay out to the card. PENDING means that a callback or a later query brings the end."""
        ...

    def query_card_order(self, *, order_number: str) -> PaymentResult:
        """Return where a debit or payout stands; FinalRefusal ORDER_NOT_FOUND when unknown."""
        ...
