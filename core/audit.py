"""Write the audit trail and seal it."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, models, transaction

from core.models import AuditEntry, AuditSeal, User

_GENESIS = "0" * 64


def record(
    *,
    actor: User | None,
    action: str,
    now: datetime,
    target: models.Model | None = None,
    data: dict[str, Any] | None = None,
    reason: str = "",
    is_sensitive_read: bool = False,
) -> AuditEntry:
    """Append one entry in the caller's transaction; `action` is dotted, `lending.loan_paid_out`."""
    entry = _compose(actor, action, target, data, now)
    entry.reason, entry.is_sensitive_read = reason, is_sensitive_read
    entry.save(force_insert=True)
    return entry


def record_many(
    *, actor: User | None, action: str, targets: Iterable[tuple[models.Model, dict[str, Any]]], now: datetime
) -> None:
    """Append an entry for each of many records, with its own data, in one statement."""
    AuditEntry.objects.bulk_create([_compose(actor, action, target, data, now) for target, data in targets])


def _compose(
    actor: User | None, action: str, target: models.Model | None, data: dict[str, Any] | None, now: datetime
) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor=actor,
        action=action,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        data=orjson.loads(orjson.dumps(data or {}, default=str)),
    )


@dataclass(frozen=True)
class BrokenSeal:
    """A seal whose entries no longer give its hash."""

    seal_id: int
    reason: str


@transaction.atomic
def seal_entries(*, now: datetime) -> AuditSeal | None:
    """Seal every entry whose transaction can no longer be joined by an earlier one; return None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('core.audit.seal'))")
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon = cursor.fetchone()[0]
    latest = AuditSeal.objects.order_by("-id").first()
    since = latest.through_transaction_id if latest else -1
    entries = AuditEntry.objects.filter(transaction_id__gt=since, transaction_id__lt=horizon)
    through = entries.aggregate(models.Max("transaction_id"))["transaction_id__max"]
    if through is None:
        return None
    digest, count = _digest(latest.hash if latest else _GENESIS, since, through)
    return AuditSeal.objects.create(
        sealed_at=now,
        through_transaction_id=through,
        entry_count=count,
        previous_hash=latest.hash if latest else _GENESIS,
        hash=digest,
    )


def verify_seals() -> Iterator[BrokenSeal]:
    """Recompute the chain and yield every seal that does not hold."""
    previous, since = _GENESIS, -1
    for seal in AuditSeal.objects.order_by("id").iterator():
        if seal.previous_hash != previous:
            yield BrokenSeal(seal.pk, "the chain is interrupted")
        digest, count = _digest(seal.previous_hash, since, seal.through_transaction_id)
        if count != seal.entry_count:
            yield BrokenSeal(seal.pk, f"{seal.entry_count} entries were sealed, {count} are there")
        elif digest != seal.hash:
            yield BrokenSeal(seal.pk, "an entry was altered")
        previous, since = seal.hash, seal.through_transaction_id


def _digest(previous: str, since: int, through: int) -> tuple[str, int]:
    chain = hashlib.sha256(previous.encode())
    count = 0
    rows = (
        AuditEntry.objects.filter(transaction_id__gt=since, transaction_id__lte=through)
        .order_by("transaction_id", "id")
        .values_list(
            "id", "at", "actor_id", "action", "target_type", "target_id", "data", "reason", "is_sensitive_read"
        )
    )
    for row in rows.iterator(chunk_size=5000):
        chain.update(orjson.dumps(row, default=str, option=orjson.OPT_SORT_KEYS))
        count += 1
    return chain.hexdigest(), count
