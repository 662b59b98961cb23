"""Telling colleagues in the product what concerns them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from customers.models import Notice


def notify(
    *,
    member_ids: Iterable[int],
    kind: str,
    text_code: str,
    params: dict[str, Any],
    key: str,
    now: datetime,
    customer_id: int | None = None,
    url: str = "",
) -> None:
    """Put one notice on each member's list unless one with this key is there already."""
    Notice.objects.bulk_create(
        [
            Notice(
                member_id=member_id,
                kind=kind,
                text_code=text_code,
                params=params,
                customer_id=customer_id,
                url=url,
                at=now,
                key=f"{key}:{member_id}",
            )
            for member_id in sorted(set(member_ids))
        ],
        ignore_conflicts=True,
    )


def mark_read(*, member_id: int, public_ids: Iterable[str] | None, now: datetime) -> int:
    """Mark a member's own notices as read, all where none are named; returns how many that were."""
    rows = Notice.objects.filter(member_id=member_id, read_at__isnull=True)
    if public_ids is not None:
        rows = rows.filter(public_id__in=list(public_ids))
    return rows.update(read_at=now)
