"""Celery doors of messaging."""

from core import clock
from core.jobs import job
from messaging.operations.digests import send_digests
from messaging.operations.sending import release_due


@job
def release_due_messages() -> int:
    """Let messages go whose time has come; beat calls this every half minute."""
    return release_due(now=clock.now())


@job
def send_daily_digests() -> int:
    """Send each RM the summary of his day from its hour on; beat asks every ten minutes, the keys let one through."""
    return send_digests(business_date=clock.business_date(), now=clock.now())
