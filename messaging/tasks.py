"""Celery doors of messaging."""

from core import clock
from core.jobs import job
from messaging.operations.sending import release_due


@job
def release_due_messages() -> int:
    """Let messages go whose time has come; beat calls this every half minute."""
    return release_due(now=clock.now())
