"""Celery doors of the kernel."""

from datetime import timedelta

from core import audit, clock, close, outbox
from core.jobs import job, tidy_runs


@job
def deliver_events() -> int:
    """Deliver what waits in the outbox; beat calls this as a sweep beside the wake-ups."""
    return outbox.drain(limit=2000)


@job
def seal_audit() -> int:
    """Seal the audit trail."""
    seal = audit.seal_entries(now=clock.now())
    return seal.entry_count if seal else 0


@job
def close_day() -> list[str]:
    """Close every business date before the calendar day; beat calls this after midnight."""
    through = clock.now().date() - timedelta(days=1)
    return [day.isoformat() for day in close.close_through(through=through)]


@job
def tidy_job_runs() -> int:
    """Bring the rows of the job page in order; beat calls this once a day."""
    return tidy_runs(now=clock.now())
