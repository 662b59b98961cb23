"""WeChat Pay v3 as the merchant sees it: Native orders, signed answers, encrypted callbacks."""

import base64
import json
import re
import secrets
import time
from sqlite3 import Row
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations.sandbox import orders
from integrations.sandbox.callbacks import Wire
from integrations.sandbox.store import fingerprint
from integrations.sandbox.world import WORLD, Refusal, World, lose_answer, misbehave_before

NAME = "wechat"
_STATES = {
    orders.PENDING: "NOTPAY",
    orders.SUCCEEDED: "SUCCESS",
    orders.FAILED: "PAYERROR",
    orders.CLOSED: "CLOSED",
}
_AUTHORISATION = re.compile(r'(\w+)="([^"]*)"')


class WeChatPartner:
    """Serves the merchant's calls and signs everything with WeChat's key."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._private_key = world.keys.private_key(NAME)
        self._merchant_key = world.keys.client_key(NAME)
        self._api_key = world.keys.read_client("wechat_api_v3_key.txt")
        self._public_key_id = world.keys.client_values["WECHAT_PUBLIC_KEY_ID"]
        self._merchant_id = world.keys.client_values["WECHAT_MERCHANT_ID"]
        self._app_id = world.keys.client_values["WECHAT_APP_ID"]

    def add_routes(self, app: web.Application) -> None:
        """Answer below /wechat/v3."""
        base = "/wechat/v3/pay/transactions"
        app.router.add_post(f"{base}/native", self.handle)
        app.router.add_get(f"{base}/out-trade-no/{{number}}", self.handle)
        app.router.add_post(f"{base}/out-trade-no/{{number}}/close", self.handle)
        self._world.callbacks.add_service(NAME, self._encode, lambda status, _body: status in (200, 204))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Check the merchant's signature, do the work, sign the answer."""
        world = request.app[WORLD]
        behaviour = world.behaviours.of(NAME)
        body = (await request.read()).decode()
        if (failure := await misbehave_before(behaviour)) is not None:
            return failure
        if not self._is_signed(request, body):
            return self._answer(401, {"code": "SIGN_ERROR", "message": "签名错误"})
        if behaviour.use("refuse_next"):
            return self._answer(403, {"code": behaviour.refuse_code, "message": "as told"})
        try:
            with world.store.transaction():
                status, content = self._serve(request, body)
        except Refusal as refusal:
            status, content = 400, {"code": refusal.code, "message": refusal.message}
        if behaviour.use("lose_answer_next"):
            return lose_answer(request)
        return self._answer(status, content, is_forged=behaviour.use("bad_signature_next"))

    def _serve(self, request: web.Request, body: str) -> tuple[int, dict[str, Any] | None]:
        if request.path.endswith("/native"):
            return self._create(json.loads(body))
        order = orders.find(self._world, NAME, unquote(request.match_info["number"]))
        if order is None:
            return 404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}
        if not request.path.endswith("/close"):
            return 200, self._transaction(order)
        if order["status"] == orders.SUCCEEDED:
            return 400, {"code": "ORDER_PAID", "message": "该订单已支付"}
        orders.settle(self._world, order, orders.CLOSED)
        return 204, None

    def _create(self, payload: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if payload.get("mchid") != self._merchant_id or payload.get("appid") != self._app_id:
            return 400, {"code": "APPID_MCHID_NOT_MATCH", "message": "appid和mchid不匹配"}
        number = str(payload.get("out_trade_no", ""))
        if not re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", number):
            return 400, {"code": "PARAM_ERROR", "message": "out_trade_no"}
        order, _is_new = orders.create(
            self._world,
            gateway=NAME,
            number=number,
            kind="DEPOSIT",
            fen=int(payload["amount"]["total"]),
            fingerprint=fingerprint(payload),
            description=str(payload["description"]),
            notify_url=str(payload["notify_url"]),
            expires_at=payload.get("time_expire"),
        )
        if order["status"] == orders.SUCCEEDED:
            return 400, {"code": "ORDERPAID", "message": "该订单已支付"}
        return 200, {"code_url": f"{self._world.base_url}/pay/{NAME}/{number}"}

    def _transaction(self, order: Row) -> dict[str, Any]:
        content: dict[str, Any] = {
            "mchid": self._merchant_id,
            "appid": self._app_id,
            "out_trade_no": order["number"],
            "trade_type": "NATIVE",
            "trade_state": _STATES[order["status"]],
            "trade_state_desc": order["failure_code"] or _STATES[order["status"]],
            "amount": {"total": order["fen"], "currency": "CNY"},
        }
        if order["status"] == orders.SUCCEEDED:
            content["transaction_id"] = order["gateway_number"]
            content["success_time"] = order["paid_at"]
            content["amount"] = {"total": order["paid_fen"], "payer_total": order["paid_fen"], "currency": "CNY"}
        return content

    def notify(self, order: Row) -> None:
        """Queue the callback of a paid order."""
        if order["status"] == orders.SUCCEEDED:
            event_id = f"EV-{order['gateway_number']}"
            self._world.callbacks.put(NAME, event_id, order["notify_url"], self._transaction(order))

    def _is_signed(self, request: web.Request, body: str) -> bool:
        fields = dict(_AUTHORISATION.findall(request.headers.get("Authorization", "")))
        if fields.get("mchid") != self._merchant_id or not fields.get("timestamp", "").isdecimal():
            return False
        if abs(time.time() - int(fields["timestamp"])) > 300:
            return False
        path = request.raw_path.removeprefix("/wechat")
        message = "\n".join([request.method, path, fields["timestamp"], fields.get("nonce_str", ""), body, ""])
        try:
            self._merchant_key.verify(
                base64.b64decode(fields.get("signature", "")), message.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, ValueError):
            return False
        return True

    def _sign(self, body: str, timestamp: int, *, is_forged: bool) -> dict[str, str]:
        nonce = secrets.token_hex(16)
        signed = f"{timestamp}\n{nonce}\n{'something else' if is_forged else body}\n"
        value = self._private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": str(timestamp),
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self._public_key_id,
            "Wechatpay-Signature": base64.b64encode(value).decode(),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }

    def _answer(self, status: int, content: dict[str, Any] | None, *, is_forged: bool = False) -> web.Response:
        body = json.dumps(content, ensure_ascii=False) if content is not None else ""
        headers = self._sign(body, int(time.time()), is_forged=is_forged)
        if content is None:
            return web.Response(status=status, headers=headers)
        return web.Response(status=status, text=body, content_type="application/json", headers=headers)

    def _encode(self, event_id: str, url: str, content: dict[str, Any], is_forged: bool) -> Wire:
        nonce, associated = secrets.token_hex(6), "transaction"
        plain = json.dumps(content, ensure_ascii=False).encode()
        cipher = AESGCM(self._api_key.encode()).encrypt(nonce.encode(), plain, associated.encode())
        body = json.dumps(
            {
                "id": event_id,
                "create_time": self._world.clock.now().isoformat(timespec="seconds"),
                "resource_type": "encrypt-resource",
                "event_type": "TRANSACTION.SUCCESS",
                "summary": "支付成功",
                "resource": {
                    "original_type": "transaction",
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(cipher).decode(),
                    "associated_data": associated,
                    "nonce": nonce,
                },
            },
            ensure_ascii=False,
        )
        headers = self._sign(body, int(self._world.clock.timestamp()), is_forged=is_forged)
        return Wire(url, {**headers, "Content-Type": "application/json"}, body.encode())
