"""Celery doors of the kernel."""

from datetime import timedelta

from celery import shared_task

from core import audit, clock, close, outbox


@shared_task
def deliver_events() -> int:
    """Deliver what waits in the outbox; beat calls this as a sweep beside the wake-ups."""
    return outbox.drain(limit=2000)


@shared_task
def seal_audit() -> None:
    """Seal the audit trail."""
    audit.seal_entries(now=clock.now())


@shared_task
def close_day() -> list[str]:
    """Close every business date before the calendar day; beat calls this after midnight."""
    through = clock.now().date() - timedelta(days=1)
    return [day.isoformat() for day in close.close_through(through=through)]
