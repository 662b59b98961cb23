"""Store what came in before anything is done with it, do it once, and write down what went out."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import F

from core import audit
from core.fields import blind_index
from integrations.models import CallbackRejection, CallbackState, CallOutcome, InboundCallback
from integrations.queries import lock_callback

_DIGEST_PURPOSE = "integrations.outbound_call"
_UPSERT_CALL = """
    INSERT INTO integrations_outboundcall AS c (port, operation, idempotency_key, outcome, code, request_digest,
        response_digest, attempt_count, duration_ms, first_at, last_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 1, %s, %s, %s)
    ON CONFLICT (port, operation, idempotency_key) DO UPDATE SET outcome = EXCLUDED.outcome, code = EXCLUDED.code,
        request_digest = EXCLUDED.request_digest, response_digest = EXCLUDED.response_digest,
        attempt_count = c.attempt_count + 1, duration_ms = EXCLUDED.duration_ms, last_at = EXCLUDED.last_at
"""


class InboundOperation(Protocol):
    """What a higher app registers: one call that takes a verified notice."""

    def __call__(self, *, notice: Any, now: datetime, business_date: date, idempotency_key: str) -> object:
        """Act on the notice; the key is the same each time the same event is reported."""
        ...


@transaction.atomic
def store_callback(
    *,
    gateway: str,
    event_key: str,
    kind: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> int:
    """Keep a verified callback and return its id; a replay finds the row of the first time."""
    InboundCallback.objects.bulk_create(
        [
            InboundCallback(
                gateway=gateway,
                event_key=event_key,
                kind=kind,
                path=path,
                headers=dict(headers),
                raw_body=body.decode(),
                received_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    return int(InboundCallback.objects.values_list("pk", flat=True).get(gateway=gateway, event_key=event_key))


@transaction.atomic
def process_callback(
    *, callback_id: int, notice: Any, operation: InboundOperation, now: datetime, business_date: date
) -> bool:
    """Run the registered operation once and return whether it ran now.

    The mark commits with the operation's own writes, and the row lock makes simultaneous replays wait for it.
    """
    callback = lock_callback(callback_id=callback_id)
    if callback.state == CallbackState.DONE:
        return False
    key = f"{callback.gateway}:{callback.event_key}"
    operation(notice=notice, now=now, business_date=business_date, idempotency_key=key)
    callback.state = CallbackState.DONE
    callback.handled_at = now
    callback.last_error = ""
    callback.save(update_fields=["state", "handled_at", "last_error"])
    return True


@transaction.atomic
def record_callback_failure(*, callback_id: int, error: str) -> None:
    """Note that processing failed; a callback that was processed meanwhile stays processed."""
    InboundCallback.objects.filter(pk=callback_id).exclude(state=CallbackState.DONE).update(
        state=CallbackState.FAILED, failure_count=F("failure_count") + 1, last_error=error[:200]
    )


@transaction.atomic
def record_rejected_callback(*, gateway: str, reason: str, address: str, now: datetime) -> None:
    """Count a call that proved nothing; the first of each hour and reason also leaves an audit entry.

    One entry an hour, because whoever sends forged calls must not be able to fill the audit trail.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    _row, is_first = CallbackRejection.objects.get_or_create(gateway=gateway, reason=reason, hour=hour)
    if is_first:
        data = {"gateway": gateway, "reason": reason, "address": address}
        audit.record(actor=None, action="integrations.callback_rejected", data=data, now=now)
    else:
        CallbackRejection.objects.filter(gateway=gateway, reason=reason, hour=hour).update(
            call_count=F("call_count") + 1
        )


def record_outbound_call(
    *,
    port: str,
    operation: str,
    idempotency_key: str,
    outcome: CallOutcome | str,
    code: str,
    request: bytes,
    response: bytes,
    duration_ms: int,
    now: datetime,
) -> None:
    """Note one attempt of a call to a partner; all attempts under one key share a row."""
    values = [port, operation, idempotency_key[:128], str(outcome), code[:60], _digest(request), _digest(response)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_UPSERT_CALL, [*values, duration_ms, now, now])


def _digest(body: bytes) -> str:
    return blind_index(hashlib.sha256(body).hexdigest(), _DIGEST_PURPOSE) if body else ""
