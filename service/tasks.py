"""Celery doors of service."""

from core import clock
from core.jobs import job
from service.operations.department_cases import escalate_department_cases


@job
def escalate_cases() -> int:
    """Raise late cases to the leads; beat calls this every five minutes."""
    return escalate_department_cases(now=clock.now())
