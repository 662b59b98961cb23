"""Run an action once under the caller's key: effect and answer commit together."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import wire
from core.errors import BusinessError
from core.models import IdempotencyRecord


class KeyReused(BusinessError):
    """The same key came with another request."""

    code = "idempotency_key_reused"
    status = 422
    message = _("This Idempotency-Key was already used for a different request.")
    next_step = _("Use a new key for a new request.")


class KeyInFlight(BusinessError):
    """The first request with this key is still running."""

    code = "idempotency_key_in_flight"
    status = 409
    message = _("The first request with this Idempotency-Key is still being processed.")
    next_step = _("Wait a moment and send the same request again.")


@dataclass(frozen=True)
class Answer:
    """What the first request was answered."""

    status: int
    body: Any
    replayed: bool


def fingerprint_of(*parts: Any) -> str:
    """Return a hash of what makes two requests the same."""
    # The standard library's encoder, because a request may hold whole numbers beyond 64 bits.
    return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()


def has_answer(*, scope: str, key: str) -> bool:
    """Tell whether a request with this key has had its effect."""
    return IdempotencyRecord.objects.filter(scope=scope, key=key).exists()


@transaction.atomic
def run_once(*, scope: str, key: str, fingerprint: str, now: datetime, action: Callable[[], tuple[int, Any]]) -> Answer:
    """Run the action unless the key has an answer already; a refusal raised by the action leaves the key unused.

    Raises KeyReused and KeyInFlight.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency:{scope}:{key}"])
        if not cursor.fetchone()[0]:
            raise KeyInFlight
    record = IdempotencyRecord.objects.filter(scope=scope, key=key).first()
    if record is not None:
        if record.fingerprint != fingerprint:
            raise KeyReused
        return Answer(record.status, record.body, replayed=True)
    status, body = action()
    plain_body = orjson.loads(wire.dumps(body))
    IdempotencyRecord.objects.create(
        scope=scope, key=key, fingerprint=fingerprint, status=status, body=plain_body, created_at=now
    )
    return Answer(status, plain_body, replayed=False)
