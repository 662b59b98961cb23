"""What all partners share: books, keys, clock, manners, and the misbehaviour that comes before any of their work."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from integrations.sandbox.behaviour import Behaviour, Behaviours
from integrations.sandbox.callbacks import Callbacks
from integrations.sandbox.clock import SandboxClock
from integrations.sandbox.keys import Keys
from integrations.sandbox.store import Store

MAX_KEY_LENGTH = 128
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class World:
    """The state of the process."""

    store: Store
    keys: Keys
    clock: SandboxClock
    behaviours: Behaviours
    callbacks: Callbacks
    base_url: str = ""


WORLD = web.AppKey("world", World)


class Refusal(Exception):
    """A partner says no for good, in its own words."""

    def __init__(self, code: str, message: str = "", status: int = 422) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(code)


def fen_of(amount: Any) -> int:
    """Read an amount in yuan with two places. Raises Refusal."""
    text = str(amount)
    whole, point, cents = text.lstrip("-").partition(".")
    if not (point and whole.isdecimal() and cents.isdecimal() and len(cents) == 2 and len(whole) <= 16):
        raise Refusal("BAD_AMOUNT", text[:40])
    fen = int(whole) * 100 + int(cents)
    return -fen if text.startswith("-") else fen


def yuan_of(fen: int) -> str:
    """Write fen as yuan with two places."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def text_of(payload: dict[str, Any], name: str, limit: int = 200) -> str:
    """Read a required text. Raises Refusal."""
    value = payload.get(name)
    if not isinstance(value, str) or not value or len(value) > limit:
        raise Refusal("BAD_REQUEST", name)
    return value


async def misbehave_before(behaviour: Behaviour) -> web.Response | None:
    """Delay, hang or fail as told; None means that the request is served."""
    if behaviour.delay_ms:
        await asyncio.sleep(behaviour.delay_ms / 1000)
    if behaviour.use("hang_next"):
        await asyncio.sleep(behaviour.hang_seconds)
        return web.Response(status=504)
    if behaviour.use("fail_next"):
        return web.Response(status=behaviour.fail_status, text="out of order")
    return None


def lose_answer(request: web.Request) -> web.Response:
    """Cut the connection after the work was done: the caller cannot know that it was."""
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)
