"""Celery doors of the integrations."""

from celery import shared_task

from core import clock
from integrations import inbound


@shared_task
def retry_callbacks() -> int:
    """Process callbacks that were stored but could not be processed; beat calls this as a sweep."""
    return inbound.retry_open_callbacks(now=clock.now(), business_date=clock.business_date())
