"""The SMS operator and the letter box for mail; both keep what they were given."""

import json
import re
from typing import Any

from aiohttp import web

from integrations import protocol
from integrations.sandbox.bank import encode_signed
from integrations.sandbox.callbacks import Wire
from integrations.sandbox.signed import endpoint
from integrations.sandbox.world import MAX_KEY_LENGTH, WORLD, Refusal, World, misbehave_before, text_of

SMS, MAIL = "sms", "mail"
# A phone that ends like this takes no message: the receipt says FAILED.
UNREACHABLE_SUFFIX = "0000"


class MessagePartners:
    """Serves signed short messages and unsigned mail."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._signer = protocol.SecretSigner(world.keys.read_client("sms_secret.txt"))

    def add_routes(self, app: web.Application) -> None:
        """Answer at /sms/messages and /mail/messages."""
        app.router.add_post("/sms/messages", endpoint(SMS, self._signer, self._send))
        app.router.add_post("/mail/messages", self._take_mail)
        self._world.callbacks.add_service(SMS, self._encode, lambda status, _body: status == 200)

    def _send(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        key = text_of(payload, "message_id", MAX_KEY_LENGTH)
        known = world.store.find_answer(SMS, key, payload)
        if known is not None:
            return known
        phone = text_of(payload, "phone", 20)
        if not re.fullmatch(r"1[3-9][0-9]{9}", phone):
            raise Refusal("INVALID_PHONE")
        text = f"【{text_of(payload, 'signature', 20)}】{text_of(payload, 'text', 1000)}"
        self._keep(world, SMS, key, phone, {"text": text}, str(payload.get("notify_url", "")))
        answer = {"operator_number": f"SM{world.store.next_number(SMS):012d}"}
        world.store.keep_answer(SMS, key, payload, answer)
        if world.behaviours.of(SMS).send_receipts:
            status = "FAILED" if phone.endswith(UNREACHABLE_SUFFIX) else "DELIVERED"
            self._report(key, phone, status, "", str(payload.get("notify_url", "")))
        return answer

    def reply(self, phone: str, text: str) -> None:
        """Let the owner of a phone answer the latest message. Raises Refusal when there is none."""
        row = self._world.store.one(
            "SELECT * FROM messages WHERE channel = ? AND address = ? ORDER BY id DESC LIMIT 1", SMS, phone
        )
        if row is None:
            raise Refusal("NO_MESSAGE", phone)
        self._report(row["message_id"], phone, "REPLIED", text, row["notify_url"])

    def _report(self, message_id: str, phone: str, status: str, text: str, url: str) -> None:
        event_id = f"SE{self._world.store.next_number('sms_event'):012d}"
        content = {
            "message_id": message_id,
            "phone": phone,
            "status": status,
            "text": text,
            "occurred_at": self._world.clock.now().isoformat(timespec="seconds"),
        }
        self._world.callbacks.put(SMS, event_id, url, content)

    async def _take_mail(self, request: web.Request) -> web.StreamResponse:
        world = request.app[WORLD]
        if (failure := await misbehave_before(world.behaviours.of(MAIL))) is not None:
            return failure
        payload = await request.json()
        content = {name: payload.get(name, "") for name in ("subject", "text", "html")}
        with world.store.transaction():
            for address in payload["to"]:
                self._keep(world, MAIL, f"{payload['message_id']}:{address}", address, content, "")
        return web.json_response({"accepted": len(payload["to"])})

    @staticmethod
    def _keep(world: World, channel: str, key: str, address: str, content: dict[str, Any], url: str) -> None:
        world.store.run(
            "INSERT OR IGNORE INTO messages (channel, message_id, address, content, notify_url, sent_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            channel,
            key,
            address,
            json.dumps(content, ensure_ascii=False),
            url,
            world.clock.now().isoformat(timespec="seconds"),
        )

    def _encode(self, event_id: str, url: str, content: dict[str, Any], is_forged: bool) -> Wire:
        timestamp = int(self._world.clock.timestamp())
        return encode_signed(self._signer, timestamp, event_id, url, content, is_forged=is_forged)
