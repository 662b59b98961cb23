"""Publish events in the caller's transaction; deliver each to each handler with one database effect."""

import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import orjson
from django.db import connection, transaction

from core import audit, clock, events, wakeup
from core.logging import describe
from core.models import EventDelivery, User
from core.prepared import Prepared

logger = logging.getLogger(__name__)
H = TypeVar("H", bound=Callable[..., None])
_LEASE = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(minutes=30)


@dataclass(frozen=True)
class EventContext:
    """What a handler knows besides the event; the key names this event for this handler, forever."""

    event_id: int
    now: datetime
    business_date: date
    idempotency_key: str
    actor: User


@dataclass(frozen=True)
class _Handler:
    name: str
    event: str
    call: Callable[[Any, EventContext], None]
    outside: bool
    # How many events of the type one call takes at most; then it gets a list of them.
    batch: int = 0


_HANDLERS: dict[str, _Handler] = {}
_BY_EVENT: dict[str, list[str]] = {}


def handles(event: type, *, name: str, outside: bool = False, batch: int = 0) -> Callable[[H], H]:
    """Register a handler under a stable name.

    With `batch` it is called with a list of at most so many events that wait for it, and the context of the first: for
    what is done for many as quickly as for one. When a batch fails its events are tried again one by one. An ordinary handler runs in one transaction with its delivery mark. An `outside` handler calls another system: it
    runs without an open transaction, at least once, and must carry `context.idempotency_key` (or a stored id) outwards.
    """

    def register(function: H) -> H:
        assert name not in _HANDLERS or _HANDLERS[name].call is function, f"two handlers are called {name}"
        wire_name = events.name_of(event)
        if name not in _HANDLERS:
            _HANDLERS[name] = _Handler(name, wire_name, function, outside, batch)
            _BY_EVENT.setdefault(wire_name, []).append(name)
        return function

    return register


def publish(event: Any, *, now: datetime) -> None:
    """Write an event and its deliveries into the caller's transaction."""
    publish_many([event], now=now)


_PUBLISH = Prepared("""
WITH written AS (
    INSERT INTO core_outboxevent (uuid, name, payload, occurred_at)
    SELECT u.uuid::uuid, %(name)s::text, u.payload::jsonb, %(now)s::timestamptz
    FROM unnest(%(uuids)s::text[], %(payloads)s::text[]) AS u(uuid, payload)
    RETURNING id
)
INSERT INTO core_eventdelivery (event_id, handler, state, attempts, next_attempt_at, latest_error)
SELECT written.id, handler, 'PENDING', 0, %(now)s::timestamptz, ''
FROM written CROSS JOIN unnest(%(handlers)s::text[]) AS handler
""")


def publish_many(batch: Iterable[Any], *, now: datetime) -> None:
    """Write many events; those of one type go in one statement."""
    by_name: dict[str, list[Any]] = {}
    for event in batch:
        by_name.setdefault(events.name_of(event), []).append(event)
    for name, group in by_name.items():
        with connection.cursor() as cursor:
            _PUBLISH.execute(
                cursor,
                {
                    "name": name,
                    "now": now,
                    "uuids": [str(uuid.uuid4()) for _event in group],
                    "payloads": [orjson.dumps(events.encode(event)).decode() for event in group],
                    "handlers": _BY_EVENT.get(name, []),
                },
            )
    if by_name and not clock.is_simulated():
        transaction.on_commit(wakeup.request)


def drain(*, limit: int | None = None) -> int:
    """Deliver what is due, oldest first, until nothing is left or the limit is reached; return how many were delivered.

    Any number of processes may drain at once: each takes rows that no other holds.
    """
    delivered = 0
    while limit is None or delivered < limit:
        outcome = _deliver_next()
        if outcome is None:
            break
        delivered += outcome
    return delivered


_CLAIM = """
SELECT d.id, d.handler, d.attempts, e.id, e.uuid, e.name, e.payload::text, e.occurred_at
FROM core_eventdelivery d JOIN core_outboxevent e ON e.id = d.event_id
WHERE d.state = 'PENDING' AND d.next_attempt_at <= %s
ORDER BY d.next_attempt_at, d.id
LIMIT 1
FOR UPDATE OF d SKIP LOCKED
"""


# What else waits for the same handler and has not failed before.
_CLAIM_MORE = """
SELECT d.id, e.payload::text
FROM core_eventdelivery d JOIN core_outboxevent e ON e.id = d.event_id
WHERE d.state = 'PENDING' AND d.next_attempt_at <= %s AND d.handler = %s AND d.attempts = 0 AND d.id <> %s
ORDER BY d.next_attempt_at, d.id
LIMIT %s
FOR UPDATE OF d SKIP LOCKED
"""


def _deliver_next() -> int | None:
    """Deliver to one handler what is due: None when nothing is, 0 when the handler failed."""
    now = clock.now()
    ids: list[int] = []
    attempts = 0
    handler: _Handler | None = None
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_CLAIM, [now])
                row = cursor.fetchone()
            if row is None:
                return None
            delivery_id, handler_name, attempts, event_id, event_uuid, event_name, payload, _occurred = row
            ids = [delivery_id]
            handler = _HANDLERS.get(handler_name)
            if handler is None:
                raise LookupError(f"no handler is called {handler_name}")
            payloads = [payload]
            if handler.batch > 1 and not attempts:
                more = _claim_more(handler, delivery_id, now)
                ids += [pk for pk, _payload in more]
                payloads += [text for _pk, text in more]
            batch = [events.decode(event_name, orjson.loads(text)) for text in payloads]
            context = _context(event_id, f"{event_uuid}:{handler_name}", now)
            if handler.outside:
                _lease(delivery_id, now + _LEASE)
            else:
                handler.call(batch if handler.batch else batch[0], context)
                _mark_done(ids, now)
        if handler.outside:
            handler.call(batch[0], context)
            _mark_done(ids, now)
        return len(ids)
    except Exception as error:
        if not ids:
            raise
        logger.exception("delivery of %s to %s failed", ids[:10], handler.name if handler else "?")
        _postpone(ids, attempts + 1, now, error)
        return 0


def _claim_more(handler: _Handler, delivery_id: int, now: datetime) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_MORE, [now, handler.name, delivery_id, handler.batch - 1])
        found: list[tuple[int, str]] = cursor.fetchall()
    return found


def _context(event_id: int, key: str, now: datetime) -> EventContext:
    return EventContext(event_id, now, clock.business_date(), key, system_user())


def system_user() -> User:
    """Return the user in whose name the system acts."""
    user, _created = User.objects.get_or_create(
        username="system", defaults={"kind": User.Kind.SYSTEM, "is_active": False, "display_name": "System"}
    )
    return user


def _mark_done(ids: list[int], now: datetime) -> None:
    EventDelivery.objects.filter(pk__in=ids).update(state=EventDelivery.State.DONE, done_at=now)


def _lease(delivery_id: int, until: datetime) -> None:
    EventDelivery.objects.filter(pk=delivery_id).update(next_attempt_at=until)


def _postpone(ids: list[int], attempts: int, now: datetime, error: Exception) -> None:
    """Try again later: after 2, 4, 8 … seconds, never more than half an hour; the row stays pending for ever."""
    wait = min(timedelta(seconds=2 ** min(attempts, 12)), _LONGEST_WAIT)
    EventDelivery.objects.filter(pk__in=ids, state=EventDelivery.State.PENDING).update(
        attempts=attempts, next_attempt_at=now + wait, latest_error=describe(error)[:2000]
    )


def pending_count() -> int:
    """Return how many deliveries are not done."""
    return EventDelivery.objects.filter(state=EventDelivery.State.PENDING).count()


@transaction.atomic
def make_due(delivery_ids: Iterable[int], *, actor: User, now: datetime) -> int:
    """Let waiting deliveries be tried at once instead of at their next turn; return how many."""
    ids = list(delivery_ids)
    waiting = EventDelivery.objects.filter(pk__in=ids, state=EventDelivery.State.PENDING)
    count = waiting.update(next_attempt_at=now)
    audit.record(actor=actor, action="core.deliveries_made_due", data={"deliveries": ids[:100]}, now=now)
    transaction.on_commit(wakeup.request)
    return count
