"""Alipay's open platform as the merchant sees it: precreate, query, close, asynchronous notices."""

import base64
import json
from datetime import datetime
from sqlite3 import Row
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from integrations.sandbox import orders
from integrations.sandbox.callbacks import Wire
from integrations.sandbox.clock import BEIJING
from integrations.sandbox.store import fingerprint
from integrations.sandbox.world import WORLD, Refusal, World, fen_of, lose_answer, misbehave_before, yuan_of

NAME = "alipay"
_TIME = "%Y-%m-%d %H:%M:%S"
_STATES = {
    orders.PENDING: "WAIT_BUYER_PAY",
    orders.SUCCEEDED: "TRADE_SUCCESS",
    orders.FAILED: "TRADE_CLOSED",
    orders.CLOSED: "TRADE_CLOSED",
}
_OK = {"code": "10000", "msg": "Success"}


def _business_failure(sub_code: str, sub_message: str = "") -> dict[str, Any]:
    return {"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": sub_message}


class AlipayPartner:
    """Serves the merchant's calls and signs everything with Alipay's key."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._private_key = world.keys.private_key(NAME)
        self._merchant_key = world.keys.client_key(NAME)
        self._app_id = world.keys.client_values["ALIPAY_APP_ID"]
        self._methods = {
            "alipay.trade.precreate": self._create,
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
        }

    def add_routes(self, app: web.Application) -> None:
        """Answer at /alipay/gateway.do."""
        app.router.add_route("*", "/alipay/gateway.do", self.handle)
        self._world.callbacks.add_service(NAME, self._encode, lambda status, body: (status, body) == (200, b"success"))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Check the merchant's signature, do the work, sign the answer."""
        world = request.app[WORLD]
        behaviour = world.behaviours.of(NAME)
        fields = {**request.query, **{key: str(value) for key, value in (await request.post()).items()}}
        if (failure := await misbehave_before(behaviour)) is not None:
            return failure
        method = fields.get("method", "")
        if method not in self._methods or fields.get("app_id") != self._app_id:
            return web.json_response({"error_response": {"code": "40002", "msg": "Invalid Arguments"}})
        if not self._is_signed(dict(fields)):
            wrong = {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature"}
            return web.json_response({"error_response": wrong})
        if behaviour.use("refuse_next"):
            content = _business_failure(behaviour.refuse_code, "as told")
        else:
            content = self._serve(method, fields)
        if behaviour.use("lose_answer_next"):
            return lose_answer(request)
        return self._answer(method, content, is_forged=behaviour.use("bad_signature_next"))

    def _serve(self, method: str, fields: dict[str, str]) -> dict[str, Any]:
        try:
            with self._world.store.transaction():
                return self._methods[method](json.loads(fields["biz_content"]), fields.get("notify_url", ""))
        except Refusal as refusal:
            code = "ACQ.CONTEXT_INCONSISTENT" if refusal.code == "KEY_REUSED" else "ACQ.INVALID_PARAMETER"
            return _business_failure(code, refusal.message)

    def _create(self, content: dict[str, Any], notify_url: str) -> dict[str, Any]:
        number = str(content["out_trade_no"])
        until = content.get("time_expire")
        order, _is_new = orders.create(
            self._world,
            gateway=NAME,
            number=number,
            kind="DEPOSIT",
            fen=fen_of(content["total_amount"]),
            fingerprint=fingerprint(content),
            description=str(content["subject"]),
            notify_url=notify_url,
            expires_at=datetime.strptime(until, _TIME).replace(tzinfo=BEIJING).isoformat() if until else None,
        )
        if order["status"] == orders.SUCCEEDED:
            return _business_failure("ACQ.TRADE_HAS_SUCCESS", "交易已被支付")
        return {**_OK, "out_trade_no": number, "qr_code": f"{self._world.base_url}/pay/{NAME}/{number}"}

    def _query(self, content: dict[str, Any], _notify_url: str) -> dict[str, Any]:
        order = orders.find(self._world, NAME, str(content.get("out_trade_no", "")))
        if order is None:
            return _business_failure("ACQ.TRADE_NOT_EXIST", "交易不存在")
        return {**_OK, **self._trade(order, "send_pay_date")}

    def _close(self, content: dict[str, Any], _notify_url: str) -> dict[str, Any]:
        order = orders.find(self._world, NAME, str(content.get("out_trade_no", "")))
        if order is None:
            return _business_failure("ACQ.TRADE_NOT_EXIST", "交易不存在")
        if order["status"] == orders.SUCCEEDED:
            return _business_failure("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
        orders.settle(self._world, order, orders.CLOSED)
        return {**_OK, "out_trade_no": order["number"]}

    @staticmethod
    def _trade(order: Row, time_name: str) -> dict[str, str]:
        is_paid = order["status"] == orders.SUCCEEDED
        trade = {
            "out_trade_no": order["number"],
            "trade_no": order["gateway_number"],
            "trade_status": _STATES[order["status"]],
            "total_amount": yuan_of(order["paid_fen"] if is_paid else order["fen"]),
            "buyer_logon_id": "138****0000",
        }
        if is_paid:
            paid_at = datetime.fromisoformat(order["paid_at"]).astimezone(BEIJING)
            trade[time_name] = paid_at.strftime(_TIME)
        return trade

    def notify(self, order: Row) -> None:
        """Queue the notice of a paid order."""
        if order["status"] == orders.SUCCEEDED:
            content = {**self._trade(order, "gmt_payment"), "subject": order["description"]}
            self._world.callbacks.put(NAME, f"N{order['gateway_number']}", order["notify_url"], content)

    def _is_signed(self, fields: dict[str, str]) -> bool:
        signature = fields.pop("sign", "")
        message = "&".join(f"{key}={value}" for key, value in sorted(fields.items()))
        try:
            self._merchant_key.verify(
                base64.b64decode(signature), message.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, ValueError):
            return False
        return True

    def _sign(self, text: str, *, is_forged: bool) -> str:
        signed = "something else" if is_forged else text
        value = self._private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(value).decode()

    def _answer(self, method: str, content: dict[str, Any], *, is_forged: bool) -> web.Response:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        sign = self._sign(text, is_forged=is_forged)
        name = method.replace(".", "_") + "_response"
        return web.Response(text=f'{{"{name}":{text},"sign":"{sign}"}}', content_type="application/json")

    def _encode(self, event_id: str, url: str, content: dict[str, Any], is_forged: bool) -> Wire:
        fields = {
            **content,
            "app_id": self._app_id,
            "charset": "utf-8",
            "notify_id": event_id,
            "notify_time": self._world.clock.now().strftime(_TIME),
            "notify_type": "trade_status_sync",
            "version": "1.0",
        }
        message = "&".join(f"{key}={value}" for key, value in sorted(fields.items()))
        body = urlencode({**fields, "sign_type": "RSA2", "sign": self._sign(message, is_forged=is_forged)})
        return Wire(url, {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}, body.encode())
