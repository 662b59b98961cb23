"""Jobs of the workers, with a row for each run that the job page shows.

A sweep runs every few seconds and mostly finds nothing: such a run takes over the row of the idle run before it, so
that the rows tell what was done and when the job was last alive.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from celery import current_app, shared_task
from django.db import transaction
from django.db.models import Q

from core import clock, wire
from core.logging import describe
from core.models import JobRun

_KEPT_DONE = timedelta(days=30)
_KEPT_FAILED = timedelta(days=180)
# Longer than any job takes; a run older than this was cut off with its process.
_CUT_OFF_AFTER = timedelta(hours=12)


@dataclass
class Outcome:
    """What a run reports: a count, or whatever JSON can hold; nothing found means that the run was idle."""

    result: Any = None


def job(work: Callable[[], Any]) -> Any:
    """Make a function a task of the workers whose runs are recorded; what it returns is the outcome shown.

    The task takes the id of the user who started it by hand.
    """

    def run(started_by: int | None = None) -> Any:
        with record_run(name_of(work), started_by=started_by) as outcome:
            outcome.result = work()
        return outcome.result

    run.__name__, run.__module__, run.__doc__ = work.__name__, work.__module__, work.__doc__
    return shared_task(run)


def name_of(work: Callable[[], Any]) -> str:
    """Return the name under which the workers know a job."""
    return f"{work.__module__}.{work.__name__}"


def list_names() -> set[str]:
    """Return the jobs that the schedule knows."""
    return {entry["task"] for entry in current_app.conf.beat_schedule.values()}


@contextmanager
def record_run(name: str, *, started_by: int | None = None) -> Iterator[Outcome]:
    """Keep a row of what runs inside: start, end, outcome, and the error if it fails (which goes on to the caller)."""
    row_id = _begin(name, started_by, clock.now())
    outcome = Outcome()
    try:
        yield outcome
    except BaseException as error:
        text = describe(error)[:2000]
        JobRun.objects.filter(pk=row_id).update(
            state=JobRun.State.FAILED, finished_at=clock.now(), error=text, detail={}
        )
        raise
    JobRun.objects.filter(pk=row_id).update(
        state=JobRun.State.DONE,
        finished_at=clock.now(),
        detail={"result": orjson.loads(wire.dumps(outcome.result)), "idle": not outcome.result},
    )


@transaction.atomic
def _begin(name: str, started_by: int | None, now: datetime) -> int:
    if started_by is None:
        latest = JobRun.objects.filter(name=name).order_by("-id").values_list("pk", flat=True)[:1]
        idle = (
            JobRun.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(pk__in=latest, state=JobRun.State.DONE, detail__idle=True, started_by__isnull=True)
            .first()
        )
        if idle is not None:
            idle.started_at, idle.finished_at, idle.state = now, None, JobRun.State.RUNNING
            idle.save(update_fields=["started_at", "finished_at", "state"])
            return idle.pk
    return JobRun.objects.create(name=name, started_at=now, started_by_id=started_by).pk


@transaction.atomic
def tidy_runs(*, now: datetime) -> int:
    """Mark runs that died with their process as failed and forget old ones; return how many rows it was about."""
    State = JobRun.State
    cut_off = JobRun.objects.filter(state=State.RUNNING, started_at__lt=now - _CUT_OFF_AFTER).update(
        state=State.FAILED, finished_at=now, error="the process ended before the job did"
    )
    old = Q(state=State.DONE, started_at__lt=now - _KEPT_DONE) | Q(started_at__lt=now - _KEPT_FAILED)
    return cut_off + JobRun.objects.filter(old).delete()[0]
