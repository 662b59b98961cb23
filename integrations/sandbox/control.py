"""The control interface: for tests, demonstrations and the cashier page, never for the product."""

import base64
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from aiohttp import web

from integrations.sandbox import orders
from integrations.sandbox.alipay import AlipayPartner
from integrations.sandbox.bank import BankPartner
from integrations.sandbox.bureau import REPORT_FIELDS
from integrations.sandbox.custody import CustodyPartner
from integrations.sandbox.messages import MessagePartners
from integrations.sandbox.wechat import WeChatPartner
from integrations.sandbox.world import Refusal, World, fen_of, yuan_of

_CODE = re.compile(r"(?<!\d)(\d{4,8})(?!\d)")
_PAGE = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>收银台 Cashier</title>
<body><h1>{gateway}: {amount}</h1><p>{number}: {status}</p>
<form method="post"><button>付款 Pay</button></form></body></html>"""
Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Control:
    """Routes below /control, and the cashier page below /pay."""

    world: World
    wechat: WeChatPartner
    alipay: AlipayPartner
    bank: BankPartner
    custody: CustodyPartner
    messages: MessagePartners

    def add_routes(self, app: web.Application) -> None:
        """Answer below /control and /pay."""
        router = app.router
        router.add_get("/", self._health)
        router.add_get("/health", self._health)
        router.add_get("/control/behaviour", self._read_behaviour)
        router.add_post("/control/behaviour", _guarded(self._set_behaviour))
        router.add_post("/control/reset", self._reset)
        router.add_post("/control/clock", _guarded(self._set_clock))
        router.add_get("/control/payments/{gateway}/{number}", _guarded(self._read_payment))
        router.add_post("/control/payments/{gateway}/{number}/pay", _guarded(self._pay))
        router.add_post("/control/payments/{gateway}/{number}/settle", _guarded(self._settle))
        router.add_put("/control/cards", _guarded(self._set_cards))
        router.add_put("/control/bureau/profiles", _guarded(self._set_profiles))
        router.add_post("/control/custody/lines", _guarded(self._book_unknown))
        router.add_post("/control/custody/hide", _guarded(self._hide_key))
        router.add_get("/control/messages/{channel}", self._read_messages)
        router.add_get("/control/codes/{phone}", self._read_code)
        router.add_post("/control/sms/replies", _guarded(self._reply))
        router.add_get("/control/callbacks", self._read_callbacks)
        router.add_post("/control/callbacks/send", _guarded(self._send_callbacks))
        router.add_post("/control/callbacks/take", self._take_callbacks)
        router.add_get("/pay/{gateway}/{number}", _guarded(self._cashier))
        router.add_post("/pay/{gateway}/{number}", _guarded(self._pay_at_cashier))

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "now": self.world.clock.now().isoformat()})

    async def _read_behaviour(self, _request: web.Request) -> web.Response:
        return web.json_response(self.world.behaviours.as_dict())

    async def _set_behaviour(self, request: web.Request) -> web.Response:
        values = await request.json()
        self.world.behaviours.of(values.pop("service", "")).change(values)
        self.world.callbacks.wake()
        return web.json_response(self.world.behaviours.as_dict())

    async def _reset(self, _request: web.Request) -> web.Response:
        self.world.behaviours.reset()
        self.world.clock.set(None)
        self.world.store.run("DELETE FROM cards")
        self.world.store.run("DELETE FROM hidden_keys")
        return web.json_response({})

    async def _set_clock(self, request: web.Request) -> web.Response:
        text = (await request.json()).get("now")
        instant = datetime.fromisoformat(text) if text else None
        if instant is not None and instant.tzinfo is None:
            raise ValueError("the instant needs its offset")
        self.world.clock.set(instant)
        return web.json_response({"now": self.world.clock.now().isoformat()})

    async def _read_payment(self, request: web.Request) -> web.Response:
        return web.json_response(_as_content(self._order(request)))

    async def _pay(self, request: web.Request) -> web.Response:
        values = await request.json() if request.can_read_body else {}
        return web.json_response(_as_content(self._pay_order(request, values.get("amount"))))

    def _pay_order(self, request: web.Request, amount: str | None) -> Any:
        order = self._order(request)
        with self.world.store.transaction():
            if order["kind"] != "DEPOSIT" or order["status"] != orders.PENDING:
                raise Refusal("NOT_PAYABLE", order["status"], status=409)
            paid_fen = fen_of(amount) if amount is not None else order["fen"]
            paid = orders.settle(self.world, order, orders.SUCCEEDED, paid_fen=paid_fen)
            self._notify(paid)
        return paid

    async def _settle(self, request: web.Request) -> web.Response:
        order = self._order(request)
        if order["kind"] == "DEPOSIT" or order["status"] != orders.PENDING:
            raise Refusal("NOT_PENDING", order["status"], status=409)
        with self.world.store.transaction():
            sign = -1 if order["kind"] == "CARD_DEBIT" else 1
            settled = self.bank.settle_card_order(order, sign, is_forced=True)
            self._notify(settled)
        return web.json_response(_as_content(settled))

    def _notify(self, order: Any) -> None:
        partners: dict[str, WeChatPartner | AlipayPartner | BankPartner] = {
            "wechat": self.wechat,
            "alipay": self.alipay,
            "bank": self.bank,
        }
        partners[order["gateway"]].notify(order)

    def _order(self, request: web.Request) -> Any:
        order = orders.find(self.world, request.match_info["gateway"], request.match_info["number"])
        if order is None:
            raise Refusal("ORDER_NOT_FOUND", status=404)
        return order

    async def _set_cards(self, request: web.Request) -> web.Response:
        with self.world.store.transaction():
            for number, card in (await request.json()).items():
                balance = card.get("balance")
                fen = fen_of(balance) if balance is not None else None
                self.world.store.run(
                    "INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", number, str(card.get("outcome", "")), fen
                )
        return web.json_response({})

    async def _set_profiles(self, request: web.Request) -> web.Response:
        known = REPORT_FIELDS | {"holder_name", "identity_result"}
        with self.world.store.transaction():
            for number, profile in (await request.json()).items():
                if unknown := set(profile) - known:
                    raise ValueError(f"no such field: {', '.join(sorted(unknown))}")
                content = json.dumps(profile, ensure_ascii=False)
                self.world.store.run("INSERT OR REPLACE INTO profiles VALUES (?, ?)", number, content)
        return web.json_response({})

    async def _book_unknown(self, request: web.Request) -> web.Response:
        values = await request.json()
        with self.world.store.transaction():
            key = self.custody.book_unknown(values["account_number"], fen_of(values["amount"]), values["business_date"])
        return web.json_response({"key": key})

    async def _hide_key(self, request: web.Request) -> web.Response:
        key = (await request.json())["key"]
        self.world.store.run("INSERT OR IGNORE INTO hidden_keys VALUES (?)", key)
        return web.json_response({})

    async def _read_messages(self, request: web.Request) -> web.Response:
        rows = self.world.store.rows(
            "SELECT * FROM messages WHERE channel = ? AND address LIKE ? ORDER BY id DESC LIMIT 100",
            request.match_info["channel"],
            request.query.get("address", "%"),
        )
        return web.json_response(
            [
                {
                    "message_id": row["message_id"],
                    "address": row["address"],
                    "sent_at": row["sent_at"],
                    **json.loads(row["content"]),
                }
                for row in rows
            ]
        )

    async def _read_code(self, request: web.Request) -> web.Response:
        rows = self.world.store.rows(
            "SELECT content FROM messages WHERE channel = 'sms' AND address = ? ORDER BY id DESC LIMIT 20",
            request.match_info["phone"],
        )
        codes = (_CODE.search(json.loads(row["content"])["text"]) for row in rows)
        code = next((found.group(1) for found in codes if found), None)
        return web.json_response({"code": code}, status=200 if code else 404)

    async def _reply(self, request: web.Request) -> web.Response:
        values = await request.json()
        with self.world.store.transaction():
            self.messages.reply(values["phone"], values["text"])
        return web.json_response({})

    async def _read_callbacks(self, request: web.Request) -> web.Response:
        rows = self.world.store.rows(
            "SELECT id, service, event_id, url, state, attempts, last_status FROM callbacks"
            " WHERE service LIKE ? ORDER BY id DESC LIMIT 200",
            request.query.get("service", "%"),
        )
        return web.json_response([dict(row) for row in rows])

    async def _send_callbacks(self, request: web.Request) -> web.Response:
        state = (await request.json()).get("state") if request.can_read_body else None
        return web.json_response({"count": self.world.callbacks.send_again(state)})

    async def _take_callbacks(self, _request: web.Request) -> web.Response:
        wires = self.world.callbacks.encode_held()
        return web.json_response(
            [{"url": wire.url, "headers": wire.headers, "body": base64.b64encode(wire.body).decode()} for wire in wires]
        )

    async def _cashier(self, request: web.Request) -> web.Response:
        return self._page(self._order(request))

    async def _pay_at_cashier(self, request: web.Request) -> web.Response:
        return self._page(self._pay_order(request, None))

    @staticmethod
    def _page(order: Any) -> web.Response:
        text = _PAGE.format(
            gateway=escape(order["gateway"]),
            amount=yuan_of(order["fen"]),
            number=escape(order["number"]),
            status=escape(order["status"]),
        )
        return web.Response(text=text, content_type="text/html")


def _guarded(route: Route) -> Route:
    """Answer a refusal and bad input as such instead of as an error of the sandbox."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await route(request)
        except Refusal as refusal:
            return web.json_response({"code": refusal.code, "message": refusal.message}, status=refusal.status)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return web.json_response({"code": "BAD_REQUEST", "message": str(error)}, status=400)

    return handle


def _as_content(order: Any) -> dict[str, Any]:
    names = ("gateway", "number", "kind", "status", "failure_code", "gateway_number", "paid_at")
    content = {name: order[name] for name in names}
    return {**content, "amount": yuan_of(order["fen"]), "paid_amount": yuan_of(order["paid_fen"])}
