"""Alipay (precreate, RSA2) through `python-alipay-sdk`."""

import json
import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl

from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError
from alipay.utils import AliPayConfig

from core.clock import SHANGHAI
from core.money import yuan
from integrations.adapters.calls import READ_TIMEOUT_SECONDS, Call, CallLog, logged_call, read_answer
from integrations.adapters.signed_http import check_age
from integrations.ports import (
    BadCallback,
    DepositOrder,
    DepositTicket,
    PaymentKind,
    PaymentNotice,
    PaymentResult,
    PaymentStatus,
)

NAME = "alipay"
_TIME = "%Y-%m-%d %H:%M:%S"
_SUCCESS_CODE = "10000"
_NOT_FOUND = "ACQ.TRADE_NOT_EXIST"
_ALREADY_PAID = {"ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID"}
_TEMPORARY = {"ACQ.SYSTEM_ERROR", "isp.unknow-error", "isp.unknown-error", "aop.ACQ.SYSTEM_ERROR"}
_STATUSES = {
    "WAIT_BUYER_PAY": PaymentStatus.PENDING,
    "TRADE_SUCCESS": PaymentStatus.SUCCEEDED,
    "TRADE_FINISHED": PaymentStatus.SUCCEEDED,
    "TRADE_CLOSED": PaymentStatus.CLOSED,
}


class AlipayClient(AliPay):  # type: ignore[misc]
    """The library's client with another address than Alipay's own."""

    def __init__(self, *, base_url: str, **options: Any) -> None:
        super().__init__(sign_type="RSA2", config=AliPayConfig(timeout=READ_TIMEOUT_SECONDS), **options)
        self._gateway = f"{base_url.rstrip('/')}/gateway.do"


class AlipayGateway:
    """Deposits by Alipay."""

    name = NAME

    def __init__(self, *, client: AlipayClient, notify_url: str, log: CallLog) -> None:
        self._client = client
        self._notify_url = notify_url
        self._log = log

    def create_deposit(self, order: DepositOrder) -> DepositTicket:
        """Create the order and return the address behind its QR code."""
        with self._call("create_deposit", order.order_number) as call:
            call.request = repr(order).encode()
            answer = self._send(
                call,
                lambda: self._client.api_alipay_trade_precreate(
                    subject=order.description,
                    out_trade_no=order.order_number,
                    total_amount=str(yuan(order.amount)),
                    notify_url=self._notify_url,
                    time_expire=order.expires_at.astimezone(SHANGHAI).strftime(_TIME),
                ),
            )
            url = read_answer(call, lambda: str(answer["qr_code"]))
            return DepositTicket(order_number=order.order_number, pay_url=url)

    def query_deposit(self, *, order_number: str) -> PaymentResult:
        """Return where the order stands."""
        with self._call("query_deposit", order_number) as call:
            answer = self._send(call, lambda: self._client.api_alipay_trade_query(out_trade_no=order_number))
            return read_answer(call, lambda: _read_trade(answer))

    def close_deposit(self, *, order_number: str) -> PaymentResult:
        """Close the order and return where it stands then."""
        with self._call("close_deposit", order_number) as call:
            self._send(
                call,
                lambda: self._client.api_alipay_trade_close(out_trade_no=order_number),
                accepted=_ALREADY_PAID,
            )
        return self.query_deposit(order_number=order_number)

    def read_callback(self, *, headers: Mapping[str, str], body: bytes, path: str, now: datetime) -> PaymentNotice:
        """Verify the signature over the sorted form fields and read the trade."""
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        except ValueError as error:
            raise BadCallback("MALFORMED") from error
        signature = form.pop("sign", "")
        if not signature or not self._is_signed(dict(form), signature):
            raise BadCallback("SIGNATURE")
        try:
            check_age(str(int(_read_time(form["notify_time"]).timestamp())), now)
            if form["app_id"] != self._client.appid:
                raise BadCallback("SIGNATURE")
            return PaymentNotice(event_key=form["notify_id"], result=_read_trade(form))
        except (KeyError, ValueError) as error:
            raise BadCallback("MALFORMED") from error

    def _is_signed(self, form: dict[str, str], signature: str) -> bool:
        try:
            return bool(self._client.verify(form, signature))
        except (AliPayException, ValueError):
            return False

    def _call(self, operation: str, key: str) -> AbstractContextManager[Call]:
        return logged_call(self._log, port=NAME, operation=operation, idempotency_key=key)

    def _send(
        self, call: Call, request: Callable[[], dict[str, Any]], accepted: set[str] | None = None
    ) -> dict[str, Any]:
        call.request = call.request or call.idempotency_key.encode()
        try:
            answer = request()
        except AliPayValidationError as error:
            raise call.temporary("BAD_SIGNATURE", outcome_unknown=True) from error
        except AliPayException as error:
            # The gateway itself answered without a signature: a request it could not accept.
            raise call.final("GATEWAY_REFUSED", str(error)[:200]) from error
        except HTTPError as error:
            raise call.temporary(f"HTTP_{error.code}", outcome_unknown=error.code >= 500) from error
        except URLError as error:
            unknown = not isinstance(error.reason, ConnectionRefusedError | socket.gaierror)
            raise call.temporary("NO_ANSWER", type(error.reason).__name__, outcome_unknown=unknown) from error
        except (OSError, ValueError) as error:
            raise call.temporary("NO_ANSWER", type(error).__name__, outcome_unknown=True) from error
        call.response = json.dumps(answer, sort_keys=True).encode()
        return self._judge(call, answer, accepted or set())

    @staticmethod
    def _judge(call: Call, answer: dict[str, Any], accepted: set[str]) -> dict[str, Any]:
        code, sub_code = str(answer.get("code", "")), str(answer.get("sub_code", ""))
        if code == _SUCCESS_CODE or sub_code in accepted:
            return answer
        if code == "20000" or sub_code in _TEMPORARY:
            raise call.temporary(sub_code or code, outcome_unknown=True)
        if sub_code == _NOT_FOUND:
            raise call.final("ORDER_NOT_FOUND")
        raise call.final(sub_code or code or "BAD_ANSWER", str(answer.get("sub_msg", "")))


def _read_trade(data: Mapping[str, Any]) -> PaymentResult:
    paid_at = data.get("gmt_payment") or data.get("send_pay_date")
    return PaymentResult(
        kind=PaymentKind.DEPOSIT,
        gateway=NAME,
        order_number=str(data["out_trade_no"]),
        gateway_number=str(data.get("trade_no", "")),
        status=_STATUSES[data["trade_status"]],
        amount=yuan(str(data["total_amount"])),
        paid_at=_read_time(paid_at) if paid_at else None,
    )


def _read_time(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=SHANGHAI)
