"""Celery doors of customers."""

from core import clock
from core.jobs import job
from customers.operations import exports
from customers.operations.intake import run_import
from customers.operations.intake.run import list_running


@job
def run_imports() -> int:
    """Carry out the imports that wait, and those cut off with another worker; beat sweeps beside the wake-ups."""
    return sum(run_import(job_id=job_id, read_now=clock.now) for job_id in list_running())


@job
def watch_reading() -> int:
    """Tell the data department who reads or takes out unusually much; beat calls this every quarter of an hour."""
    return exports.watch_reading(now=clock.now())
