"""The bank's payment gateway: transfers in (netbank), card check, card debit (代扣) and payout, signed JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.money import yuan
from integrations.adapters.calls import Call, read_answer
from integrations.adapters.signed_http import SignedClient
from integrations.ports import (
    BadCallback,
    CardCheck,
    CardOrder,
    DepositOrder,
    DepositTicket,
    PaymentKind,
    PaymentNotice,
    PaymentResult,
    PaymentStatus,
)

NAME = "bank"


class BankGateway:
    """Deposits by bank transfer; debits of and payouts to cards."""

    name = NAME

    def __init__(self, *, client: SignedClient, notify_url: str) -> None:
        self._client = client
        self._notify_url = notify_url

    def create_deposit(self, order: DepositOrder) -> DepositTicket:
        """Create the order and return the address of the bank's cashier page."""
        payload = {
            "order_number": order.order_number,
            "amount": str(yuan(order.amount)),
            "description": order.description,
            "expires_at": order.expires_at.isoformat(timespec="seconds"),
            "notify_url": self._notify_url,
        }
        call, answer = self._client.call("create_deposit", "deposits", key=order.order_number, payload=payload)
        url = read_answer(call, lambda: str(answer["pay_url"]))
        return DepositTicket(order_number=order.order_number, pay_url=url)

    def query_deposit(self, *, order_number: str) -> PaymentResult:
        """Return where a deposit stands."""
        return self._ask("query_deposit", "orders/query", order_number)

    def close_deposit(self, *, order_number: str) -> PaymentResult:
        """Close an unpaid deposit and return where it stands then."""
        return self._ask("close_deposit", "orders/close", order_number)

    def check_card(self, check: CardCheck) -> bool:
        """Compare the four factors."""
        payload = {
            "request_id": check.request_id,
            "card_number": check.card_number,
            "holder_name": check.holder_name,
            "identity_number": check.identity_number,
            "phone": check.phone,
        }
        call, answer = self._client.call("check_card", "cards/check", key=check.request_id, payload=payload)
        return read_answer(call, lambda: {"MATCH": True, "MISMATCH": False}[answer["result"]])

    def debit_card(self, order: CardOrder) -> PaymentResult:
        """Debit the card."""
        return self._order("debit_card", "debits", order)

    def pay_out(self, order: CardOrder) -> PaymentResult:
        """Pay out to the card."""
        return self._order("pay_out", "payouts", order)

    def query_card_order(self, *, order_number: str) -> PaymentResult:
        """Return where a debit or payout stands."""
        return self._ask("query_card_order", "orders/query", order_number)

    def read_callback(self, *, headers: Mapping[str, str], body: bytes, path: str, now: datetime) -> PaymentNotice:
        """Verify the signature and read the order's result."""
        event = self._client.read_callback(headers=headers, body=body, path=path, now=now)
        try:
            return PaymentNotice(event_key=str(event["event_id"]), result=_read_order(event["order"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BadCallback("MALFORMED") from error

    def _order(self, operation: str, path: str, order: CardOrder) -> PaymentResult:
        payload = {
            "order_number": order.order_number,
            "amount": str(yuan(order.amount)),
            "card_number": order.card_number,
            "holder_name": order.holder_name,
            "authorisation": order.authorisation,
            "description": order.description,
            "notify_url": self._notify_url,
        }
        return self._result(*self._client.call(operation, path, key=order.order_number, payload=payload))

    def _ask(self, operation: str, path: str, order_number: str) -> PaymentResult:
        payload = {"order_number": order_number}
        return self._result(*self._client.call(operation, path, key=order_number, payload=payload))

    @staticmethod
    def _result(call: Call, answer: dict[str, Any]) -> PaymentResult:
        return read_answer(call, lambda: _read_order(answer))


def _read_order(data: Mapping[str, Any]) -> PaymentResult:
    paid_at = data["paid_at"]
    return PaymentResult(
        kind=PaymentKind(data["kind"]),
        gateway=NAME,
        order_number=str(data["order_number"]),
        gateway_number=str(data["bank_number"]),
        status=PaymentStatus(data["status"]),
        amount=yuan(str(data["amount"])),
        paid_at=datetime.fromisoformat(paid_at) if paid_at else None,
        failure_code=str(data["failure_code"]),
        failure_message=str(data["failure_message"]),
    )
