"""Deliver the partners' callbacks: signed anew at each try, repeated with back-off, and spoiled as told."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Row
from typing import Any

import aiohttp

from integrations.sandbox.behaviour import Behaviours
from integrations.sandbox.store import Store

_BACK_OFF_SECONDS = (1, 2, 4, 8, 15, 30, 60, 300, 900)
_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=3)
_BATCH = 100


@dataclass(frozen=True)
class Wire:
    """A callback as it goes over the wire."""

    url: str
    headers: dict[str, str]
    body: bytes


# Makes the signed form of a callback's content; the flag asks for a wrong signature.
Encoder = Callable[[str, str, dict[str, Any], bool], Wire]


class Callbacks:
    """The queue of callbacks, kept in the books."""

    def __init__(self, store: Store, behaviours: Behaviours) -> None:
        self._store = store
        self._behaviours = behaviours
        self._encoders: dict[str, Encoder] = {}
        self._is_confirmed: dict[str, Callable[[int, bytes], bool]] = {}
        self._wake = asyncio.Event()

    def add_service(self, name: str, encode: Encoder, is_confirmed: Callable[[int, bytes], bool]) -> None:
        """Tell how a partner signs, and which answer it takes for a confirmation."""
        self._encoders[name] = encode
        self._is_confirmed[name] = is_confirmed

    def put(self, service: str, event_id: str, url: str, content: dict[str, Any]) -> None:
        """Queue a callback within the caller's transaction."""
        behaviour = self._behaviours.of(service)
        if not url:
            return
        state = "PENDING"
        if behaviour.use("drop_callbacks"):
            state = "DROPPED"
        elif behaviour.hold_callbacks:
            state = "HELD"
        due = time.time() + behaviour.callback_delay_ms / 1000
        self._store.run(
            "INSERT INTO callbacks (service, event_id, url, content, state, due) VALUES (?, ?, ?, ?, ?, ?)",
            service,
            event_id,
            url,
            json.dumps(content, ensure_ascii=False),
            state,
            due,
        )
        self.wake()

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def send_again(self, state: str | None) -> int:
        """Make callbacks of one state (or all) pending and return how many there were."""
        where = "state = ?" if state else "? IS NULL"
        sql = f"UPDATE callbacks SET state = 'PENDING', attempts = 0, due = ? WHERE {where}"
        count = self._store.run(sql, time.time(), state).rowcount
        self.wake()
        return count

    def encode_held(self) -> list[Wire]:
        """Return the held callbacks signed now and mark them sent; a simulation hands them in itself."""
        rows = self._store.rows("SELECT * FROM callbacks WHERE state = 'HELD' ORDER BY id")
        self._store.run_many("UPDATE callbacks SET state = 'SENT' WHERE id = ?", [(row["id"],) for row in rows])
        return [self._encode(row) for row in rows]

    async def deliver_for_ever(self) -> None:
        """Send what is due, until cancelled."""
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while True:
                self._wake.clear()
                rows = self._choose_due()
                await asyncio.gather(*(self._deliver(session, row) for row in rows))
                if not rows:
                    await self._sleep()

    def _choose_due(self) -> list[Row]:
        rows = self._store.rows(
            "SELECT * FROM callbacks WHERE state = 'PENDING' AND due <= ? ORDER BY due, id LIMIT ?", time.time(), _BATCH
        )
        chosen = []
        for service in {row["service"] for row in rows}:
            behaviour = self._behaviours.of(service)
            own = [row for row in rows if row["service"] == service]
            if behaviour.reorder_callbacks:
                if len(own) < behaviour.reorder_callbacks:
                    continue
                own.reverse()
                behaviour.reorder_callbacks = 0
                # One after the other, in the wrong order, instead of all at once.
                for place, row in enumerate(own[1:], start=1):
                    self._store.run("UPDATE callbacks SET due = ? WHERE id = ?", time.time() + place * 0.2, row["id"])
                own = own[:1]
            chosen.extend(own)
        return chosen

    async def _deliver(self, session: aiohttp.ClientSession, row: Row) -> None:
        behaviour = self._behaviours.of(row["service"])
        wire = self._encode(row)
        copies = 1 + behaviour.duplicate_callbacks
        results = await asyncio.gather(*(self._post(session, wire) for _ in range(copies)))
        status, answer = results[0]
        attempts = row["attempts"] + 1
        if self._is_confirmed[row["service"]](status, answer):
            state, due = "SENT", row["due"]
        elif attempts > len(_BACK_OFF_SECONDS):
            state, due = "GIVEN_UP", row["due"]
        else:
            state, due = "PENDING", time.time() + _BACK_OFF_SECONDS[attempts - 1]
        self._store.run(
            "UPDATE callbacks SET state = ?, attempts = ?, due = ?, last_status = ? WHERE id = ?",
            state,
            attempts,
            due,
            status,
            row["id"],
        )

    def _encode(self, row: Row) -> Wire:
        is_forged = self._behaviours.of(row["service"]).use("bad_callback_signatures")
        return self._encoders[row["service"]](row["event_id"], row["url"], json.loads(row["content"]), is_forged)

    @staticmethod
    async def _post(session: aiohttp.ClientSession, wire: Wire) -> tuple[int, bytes]:
        try:
            async with session.post(wire.url, data=wire.body, headers=wire.headers, allow_redirects=False) as response:
                return response.status, await response.content.read(4096)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return 0, b""

    async def _sleep(self) -> None:
        row = self._store.one("SELECT min(due) AS due FROM callbacks WHERE state = 'PENDING'")
        seconds = 60.0 if row is None or row["due"] is None else max(0.02, min(60.0, row["due"] - time.time()))
        try:
            await asyncio.wait_for(self._wake.wait(), timeout=seconds)
        except TimeoutError:
            return
