"""Celery doors of messaging."""

from celery import shared_task

from core import clock
from messaging.operations.sending import release_due


@shared_task
def release_due_messages() -> int:
    """Let messages go whose time has come; beat calls this every half minute."""
    return release_due(now=clock.now())
