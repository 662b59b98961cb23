"""Celery doors of the integrations."""

from core import clock
from core.jobs import job
from integrations import inbound


@job
def retry_callbacks() -> int:
    """Process callbacks that were stored but could not be processed; beat calls this as a sweep."""
    return inbound.retry_open_callbacks(now=clock.now(), business_date=clock.business_date())
