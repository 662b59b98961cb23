"""WeChat Pay v3 (Native) through `wechatpayv3`, in the mode with WeChat's public key."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError
from wechatpayv3 import WeChatPay, WeChatPayType

from core.money import from_fen, to_fen
from integrations.adapters.calls import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    Call,
    CallLog,
    logged_call,
    read_answer,
)
from integrations.adapters.signed_http import check_age, read_json_object
from integrations.ports import (
    BadCallback,
    DepositOrder,
    DepositTicket,
    PaymentKind,
    PaymentNotice,
    PaymentResult,
    PaymentStatus,
)

NAME = "wechat"
CALLBACK_HEADERS = (
    "Wechatpay-Signature",
    "Wechatpay-Timestamp",
    "Wechatpay-Nonce",
    "Wechatpay-Serial",
    "Wechatpay-Signature-Type",
)
_SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
_STATUSES = {
    "SUCCESS": PaymentStatus.SUCCEEDED,
    "REFUND": PaymentStatus.SUCCEEDED,
    "NOTPAY": PaymentStatus.PENDING,
    "USERPAYING": PaymentStatus.PENDING,
    "CLOSED": PaymentStatus.CLOSED,
    "REVOKED": PaymentStatus.CLOSED,
    "PAYERROR": PaymentStatus.FAILED,
}
_NOT_FOUND = {"ORDER_NOT_EXIST", "ORDERNOTEXIST"}
_TEMPORARY = {"SYSTEM_ERROR", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED"}


class WeChatClient(WeChatPay):  # type: ignore[misc]
    """The library's client with another address than WeChat's own."""

    def __init__(self, *, base_url: str, **options: Any) -> None:
        super().__init__(
            wechatpay_type=WeChatPayType.NATIVE,
            timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            **options,
        )
        self._core._gate_way = base_url.rstrip("/")


class WeChatGateway:
    """Deposits by WeChat Pay."""

    name = NAME

    def __init__(self, *, client: WeChatClient, public_key_id: str, log: CallLog) -> None:
        self._client = client
        self._public_key_id = public_key_id
        self._log = log

    def create_deposit(self, order: DepositOrder) -> DepositTicket:
        """Create a Native order and return its code URL."""
        with self._call("create_deposit", order.order_number) as call:
            call.request = repr(order).encode()
            answer = self._send(
                call,
                lambda: self._client.pay(
                    description=order.description,
                    out_trade_no=order.order_number,
                    amount={"total": to_fen(order.amount), "currency": "CNY"},
                    time_expire=order.expires_at.isoformat(timespec="seconds"),
                ),
            )
            url = read_answer(call, lambda: str(answer["code_url"]))
            return DepositTicket(order_number=order.order_number, pay_url=url)

    def query_deposit(self, *, order_number: str) -> PaymentResult:
        """Return where the order stands."""
        with self._call("query_deposit", order_number) as call:
            answer = self._send(call, lambda: self._client.query(out_trade_no=order_number))
            return read_answer(call, lambda: _read_transaction(answer))

    def close_deposit(self, *, order_number: str) -> PaymentResult:
        """Close the order and return where it stands then."""
        with self._call("close_deposit", order_number) as call:
            self._send(call, lambda: self._client.close(out_trade_no=order_number), accepted={"ORDER_PAID"})
        return self.query_deposit(order_number=order_number)

    def read_callback(self, *, headers: Mapping[str, str], body: bytes, path: str, now: datetime) -> PaymentNotice:
        """Verify the signature, decrypt the resource and read the transaction."""
        sent = {name: _find(headers, name) for name in CALLBACK_HEADERS}
        # An unknown serial would make the library fetch certificates: a stranger must not cause calls of ours.
        if sent["Wechatpay-Serial"] != self._public_key_id or sent["Wechatpay-Signature-Type"] != _SIGNATURE_TYPE:
            raise BadCallback("SIGNATURE")
        if not self._is_signed(sent, body):
            raise BadCallback("SIGNATURE")
        check_age(sent["Wechatpay-Timestamp"], now)
        notice = read_json_object(body)
        try:
            content = self._client.callback(sent, body)
            if notice["event_type"] != "TRANSACTION.SUCCESS":
                raise BadCallback("UNSUPPORTED")
            return PaymentNotice(event_key=str(notice["id"]), result=_read_transaction(content["resource"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BadCallback("MALFORMED") from error

    def _is_signed(self, headers: dict[str, str], body: bytes) -> bool:
        try:
            return bool(self._client._core._verify_signature(headers, body.decode()))
        except ValueError:
            return False

    def _call(self, operation: str, key: str) -> AbstractContextManager[Call]:
        return logged_call(self._log, port=NAME, operation=operation, idempotency_key=key)

    def _send(
        self, call: Call, request: Callable[[], tuple[int, Any]], accepted: set[str] | None = None
    ) -> dict[str, Any]:
        call.request = call.request or call.idempotency_key.encode()
        try:
            status, text = request()
        except requests.RequestException as error:
            raise call.temporary("NO_ANSWER", type(error).__name__, outcome_unknown=_was_sent(error)) from error
        except Exception as error:  # the library raises bare exceptions for an answer it cannot verify
            raise call.temporary("BAD_SIGNATURE", type(error).__name__, outcome_unknown=True) from error
        call.response = text.encode() if isinstance(text, str) else text
        try:
            answer = json.loads(text) if text else {}
        except ValueError:
            answer = {}
        if status < 300:
            return dict(answer)
        code = str(answer.get("code", f"HTTP_{status}"))
        if code in (accepted or set()):
            return dict(answer)
        if status >= 500 or status == 429 or code in _TEMPORARY:
            raise call.temporary(code, outcome_unknown=status >= 500)
        raise call.final("ORDER_NOT_FOUND" if code in _NOT_FOUND else code, str(answer.get("message", "")))


def _find(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def _was_sent(error: requests.RequestException) -> bool:
    """Tell whether the request may have reached the gateway before the failure."""
    if isinstance(error, requests.ConnectTimeout):
        return False
    cause = error.args[0] if error.args else None
    return not (isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError))


def _read_transaction(data: Mapping[str, Any]) -> PaymentResult:
    amount = data.get("amount") or {}
    paid_at = data.get("success_time")
    status = _STATUSES[data["trade_state"]]
    return PaymentResult(
        kind=PaymentKind.DEPOSIT,
        gateway=NAME,
        order_number=str(data["out_trade_no"]),
        gateway_number=str(data.get("transaction_id", "")),
        status=status,
        amount=from_fen(int(amount.get("total", 0))),
        paid_at=datetime.fromisoformat(paid_at) if paid_at else None,
        failure_code=data["trade_state"] if status is PaymentStatus.FAILED else "",
        failure_message=str(data.get("trade_state_desc", "")) if status is PaymentStatus.FAILED else "",
    )
