"""The partners' side of the signed JSON protocol."""

import json
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from integrations import protocol
from integrations.sandbox.store import KeyReused
from integrations.sandbox.world import WORLD, Handler, Refusal, World, lose_answer, misbehave_before

REQUEST_MAX_AGE_SECONDS = 300
Service = Callable[[World, dict[str, Any]], dict[str, Any]]


def endpoint(name: str, signer: protocol.Signer, service: Service) -> Handler:
    """Return the handler that checks the request, lets the partner work in one transaction and signs the answer."""

    async def handle(request: web.Request) -> web.StreamResponse:
        world = request.app[WORLD]
        behaviour = world.behaviours.of(name)
        body = await request.read()
        if (failure := await misbehave_before(behaviour)) is not None:
            return failure
        signature = protocol.read_signature(request.headers)
        nonce = signature.nonce if signature else "-"
        if signature is None or not _is_fresh_and_signed(request, signature, body, signer):
            return _answer(signer, nonce, 401, {"code": "BAD_SIGNATURE", "message": ""})
        if behaviour.use("refuse_next"):
            return _answer(signer, nonce, 422, {"code": behaviour.refuse_code, "message": "as told"})
        status, content = _serve(world, service, body)
        if behaviour.use("lose_answer_next"):
            return lose_answer(request)
        return _answer(signer, nonce, status, content, is_forged=behaviour.use("bad_signature_next"))

    return handle


def _serve(world: World, service: Service, body: bytes) -> tuple[int, dict[str, Any]]:
    try:
        payload = json.loads(body)
        if not isinstance(payload, dict):
            raise Refusal("BAD_REQUEST", "not an object")
        with world.store.transaction():
            return 200, service(world, payload)
    except Refusal as refusal:
        return refusal.status, {"code": refusal.code, "message": refusal.message}
    except KeyReused:
        return 422, {"code": "KEY_REUSED", "message": "the key came with another content before"}
    except ValueError:
        return 400, {"code": "BAD_REQUEST", "message": "not JSON"}


def _is_fresh_and_signed(
    request: web.Request, signature: protocol.Signature, body: bytes, signer: protocol.Signer
) -> bool:
    if not signature.timestamp.isdecimal():
        return False
    if abs(time.time() - int(signature.timestamp)) > REQUEST_MAX_AGE_SECONDS:
        return False
    message = protocol.message_to_sign(
        first=request.method,
        second=request.raw_path,
        timestamp=signature.timestamp,
        nonce=signature.nonce,
        body=body,
    )
    return signer.is_valid(message, signature.value)


def _answer(
    signer: protocol.Signer, nonce: str, status: int, content: dict[str, Any], *, is_forged: bool = False
) -> web.Response:
    body = json.dumps(content, ensure_ascii=False).encode()
    timestamp = str(int(time.time()))
    signed = b"something else" if is_forged else body
    message = protocol.message_to_sign(
        first="RESPONSE", second=str(status), timestamp=timestamp, nonce=nonce, body=signed
    )
    headers = protocol.Signature("partner", timestamp, nonce, signer.sign(message)).as_headers()
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
