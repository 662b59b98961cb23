"""The bank's payment gateway: netbank deposits, card check, card debit and payout."""

import json
import secrets
from sqlite3 import Row
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from integrations import protocol
from integrations.sandbox import orders
from integrations.sandbox.callbacks import Wire
from integrations.sandbox.signed import endpoint
from integrations.sandbox.store import fingerprint
from integrations.sandbox.world import MAX_KEY_LENGTH, Refusal, World, fen_of, text_of, yuan_of

NAME = "bank"
# What a card does when the control interface says nothing about it, by its last four digits.
OUTCOME_BY_SUFFIX = {
    "0001": "INSUFFICIENT_FUNDS",
    "0002": "CARD_CLOSED",
    "0003": "PENDING",
    "0004": "LIMIT_EXCEEDED",
    "0005": "CHECK_MISMATCH",
}


class BankPartner:
    """Serves signed calls about cards and deposits."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._signer = world.keys.signer(NAME)

    def add_routes(self, app: web.Application) -> None:
        """Answer below /bank."""
        services = {
            "deposits": self._create_deposit,
            "orders/query": self._query,
            "orders/close": self._close,
            "cards/check": self._check_card,
            "debits": self._debit,
            "payouts": self._pay_out,
        }
        for path, service in services.items():
            app.router.add_post(f"/bank/{path}", endpoint(NAME, self._signer, service))
        self._world.callbacks.add_service(NAME, self._encode, lambda status, _body: status == 200)

    def _create_deposit(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        order = self._create(payload, "DEPOSIT", expires_at=text_of(payload, "expires_at"))
        return {"order_number": order["number"], "pay_url": f"{world.base_url}/pay/{NAME}/{order['number']}"}

    def _query(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        return _as_answer(self._find(world, payload))

    def _close(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        order = self._find(world, payload)
        if order["status"] == orders.PENDING and order["kind"] == "DEPOSIT":
            order = orders.settle(world, order, orders.CLOSED)
        return _as_answer(order)

    def _check_card(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        key = text_of(payload, "request_id", MAX_KEY_LENGTH)
        known = world.store.find_answer(NAME, key, payload)
        if known is not None:
            return known
        for name in ("holder_name", "identity_number", "phone"):
            text_of(payload, name)
        outcome, _fen = self._card(text_of(payload, "card_number"))
        answer = {"result": "MISMATCH" if outcome in ("CHECK_MISMATCH", "CARD_CLOSED") else "MATCH"}
        world.store.keep_answer(NAME, key, payload, answer)
        return answer

    def _debit(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        return self._move(world, payload, "CARD_DEBIT", -1)

    def _pay_out(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        return self._move(world, payload, "CARD_PAYOUT", 1)

    def _move(self, world: World, payload: dict[str, Any], kind: str, sign: int) -> dict[str, Any]:
        text_of(payload, "authorisation")
        number = text_of(payload, "order_number", 32)
        is_new = orders.find(world, NAME, number) is None
        order = self._create(payload, kind, card_number=text_of(payload, "card_number", 30))
        if not is_new:
            return _as_answer(order)
        if world.behaviours.of(NAME).settle_later:
            # The end is decided now and told by the callback, as a bank's clearing does.
            settled = self.settle_card_order(order, sign)
            self.notify(settled)
            return _as_answer(order)
        return _as_answer(self.settle_card_order(order, sign))

    def settle_card_order(self, order: Row, sign: int, *, is_forced: bool = False) -> Row:
        """Decide a card order by the card's outcome and funds; a card that is told to wait stays pending."""
        outcome, fen = self._card(order["card_number"])
        if outcome == "PENDING" and not is_forced:
            return order
        if outcome == "PENDING":
            outcome = ""
        if not outcome and fen is not None and sign < 0 and order["fen"] > fen:
            outcome = "INSUFFICIENT_FUNDS"
        if outcome in ("INSUFFICIENT_FUNDS", "LIMIT_EXCEEDED") and sign > 0:
            outcome = ""
        if outcome:
            return orders.settle(self._world, order, orders.FAILED, failure_code=outcome)
        if fen is not None:
            self._world.store.run(
                "UPDATE cards SET fen = fen + ? WHERE number = ?", sign * order["fen"], order["card_number"]
            )
        return orders.settle(self._world, order, orders.SUCCEEDED, paid_fen=order["fen"])

    def notify(self, order: Row) -> None:
        """Queue the callback of an order that has come to its end."""
        if order["status"] in (orders.SUCCEEDED, orders.FAILED):
            event_id = f"BE{order['gateway_number']}"
            self._world.callbacks.put(NAME, event_id, order["notify_url"], {"order": _as_answer(order)})

    def _card(self, number: str) -> tuple[str, int | None]:
        row = self._world.store.one("SELECT outcome, fen FROM cards WHERE number = ?", number)
        if row is None:
            return OUTCOME_BY_SUFFIX.get(number[-4:], ""), None
        return row["outcome"], row["fen"]

    def _create(
        self, payload: dict[str, Any], kind: str, *, expires_at: str | None = None, card_number: str = ""
    ) -> Row:
        order, _is_new = orders.create(
            self._world,
            gateway=NAME,
            number=text_of(payload, "order_number", 32),
            kind=kind,
            fen=fen_of(payload.get("amount")),
            fingerprint=fingerprint({**payload, "kind": kind}),
            description=text_of(payload, "description"),
            notify_url=str(payload.get("notify_url", "")),
            expires_at=expires_at,
            card_number=card_number,
        )
        return order

    @staticmethod
    def _find(world: World, payload: dict[str, Any]) -> Row:
        number = text_of(payload, "order_number", 32)
        order = orders.find(world, NAME, number)
        if order is None:
            raise Refusal("ORDER_NOT_FOUND", number, status=404)
        return order

    def _encode(self, event_id: str, url: str, content: dict[str, Any], is_forged: bool) -> Wire:
        timestamp = int(self._world.clock.timestamp())
        return encode_signed(self._signer, timestamp, event_id, url, content, is_forged=is_forged)


def encode_signed(
    signer: protocol.Signer, timestamp: int, event_id: str, url: str, content: dict[str, Any], *, is_forged: bool
) -> Wire:
    """Write a callback of the signed JSON protocol."""
    body = json.dumps({"event_id": event_id, **content}, ensure_ascii=False).encode()
    nonce = secrets.token_urlsafe(18)
    parts = urlsplit(url)
    message = protocol.message_to_sign(
        first="POST",
        second=f"{parts.path}?{parts.query}" if parts.query else parts.path,
        timestamp=str(timestamp),
        nonce=nonce,
        body=b"something else" if is_forged else body,
    )
    signature = protocol.Signature("partner", str(timestamp), nonce, signer.sign(message))
    return Wire(url, {"Content-Type": "application/json", **signature.as_headers()}, body)


def _as_answer(order: Row) -> dict[str, Any]:
    is_paid = order["status"] == orders.SUCCEEDED
    return {
        "kind": order["kind"],
        "order_number": order["number"],
        "bank_number": order["gateway_number"],
        "status": order["status"],
        "amount": yuan_of(order["paid_fen"] if is_paid else order["fen"]),
        "paid_at": order["paid_at"],
        "failure_code": order["failure_code"],
        "failure_message": order["failure_code"].replace("_", " ").lower(),
    }
