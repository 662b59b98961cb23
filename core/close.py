"""The engine of the nightly close: steps in order, each in partitions, each partition one transaction.

Any number of processes may run the same close: each takes partitions that no other holds. Killed anywhere it resumes;
run twice it changes nothing, because a partition's mark commits with the partition's own writes.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import BusinessError
from core.models import BusinessDate, CloseProgress, CloseRun

Run = Callable[[date, int, int, datetime], int]
Plan = Callable[[date], Sequence[tuple[int, int]]]
Report = Callable[[date, str, int, int], None]
_WHOLE: Sequence[tuple[int, int]] = ((0, 0),)


@dataclass(frozen=True)
class CloseStep:
    """One step: `run(business_date, from_id, to_id, now)` works on ids in [from_id, to_id) and returns rows touched.

    `plan(business_date)` cuts the work into id ranges; a step without a plan runs once.
    """

    name: str
    order: int
    run: Run
    plan: Plan | None = None


class DateNotReached(BusinessError):
    """Only the present business date can be closed."""

    code = "date_not_reached"
    message = _("The business date is %(business_date)s; %(asked)s cannot be closed now.")
    next_step = _("Close the days in order, or leave it to the nightly run.")


_STEPS: dict[str, CloseStep] = {}


def register_step(name: str, order: int, run: Run, plan: Plan | None = None) -> None:
    """Add a step; an app does this in `AppConfig.ready()`."""
    _STEPS[name] = CloseStep(name, order, run, plan)


def list_steps() -> list[CloseStep]:
    """Return the steps in the order in which they run; `advance_date` moves the business date."""
    return sorted([*_STEPS.values(), CloseStep("advance_date", 800, _advance_date)], key=lambda step: step.order)


def close_through(*, through: date, report: Report | None = None, now: datetime | None = None) -> list[date]:
    """Close every open business date up to and including the given one, in order; return those closed."""
    closed = []
    while (business_date := clock.business_date()) <= through or _unfinished() is not None:
        unfinished = _unfinished()
        close_date(business_date=unfinished or business_date, report=report, now=now)
        closed.append(unfinished or business_date)
    return closed


def _unfinished() -> date | None:
    """Return a date whose close moved the business date but was cut off before its last steps."""
    return (
        CloseRun.objects.filter(finished_at__isnull=True).order_by("business_date").values_list("pk", flat=True).first()
    )


def close_date(*, business_date: date, report: Report | None = None, now: datetime | None = None) -> None:
    """Close one business date, or finish its close where another process left it. Raises DateNotReached."""
    present = clock.business_date()
    run = CloseRun.objects.filter(pk=business_date).first()
    if run is not None and run.finished_at is not None:
        return
    if business_date != present and run is None:
        raise DateNotReached(business_date=present, asked=business_date)
    CloseRun.objects.get_or_create(business_date=business_date, defaults={"started_at": now or clock.now()})
    steps = list_steps()
    _plan_steps(steps, business_date)
    for step in steps:
        _run_step(step, business_date, report, now)
    CloseRun.objects.filter(pk=business_date, finished_at__isnull=True).update(finished_at=now or clock.now())


def _run_step(step: CloseStep, business_date: date, report: Report | None, now: datetime | None) -> None:
    total = CloseProgress.objects.filter(run=business_date, step=step.name).count() if report is not None else 0
    while True:
        left = _run_partition(step, business_date, now)
        if left is None:
            pending = CloseProgress.objects.filter(run=business_date, step=step.name, state=CloseProgress.State.PENDING)
            if not pending.exists():
                return
            # Another process holds the rest; its death frees them.
            time.sleep(0.2)
            continue
        if report is not None:
            report(business_date, step.name, total - left, total)
        if left == 0:
            return


@transaction.atomic
def _plan_steps(steps: Sequence[CloseStep], business_date: date) -> None:
    """Write the partitions of all steps once; later comers find them. Ranges have no gaps: the plan may be older."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"core.close:{business_date}"])
    planned = set(CloseProgress.objects.filter(run=business_date).values_list("step", flat=True).distinct())
    plans: dict[Plan, Sequence[tuple[int, int]]] = {}
    rows = []
    for step in steps:
        if step.name in planned:
            continue
        if step.plan is not None and step.plan not in plans:
            plans[step.plan] = list(step.plan(business_date)) or _WHOLE
        ranges = _WHOLE if step.plan is None else plans[step.plan]
        rows += [
            CloseProgress(run_id=business_date, step=step.name, partition=number, from_id=low, to_id=high)
            for number, (low, high) in enumerate(ranges)
        ]
    CloseProgress.objects.bulk_create(rows)


# A partition that a crash takes back is pending again, and log is lost only from its end: whatever is written durably
# afterwards, the end of the close at the latest, makes this durable too.
_TAKE = """
SET LOCAL synchronous_commit = off;
SELECT id, from_id, to_id FROM core_closeprogress
WHERE run_id = %(run)s AND step = %(step)s AND state = 'PENDING'
ORDER BY partition LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""
_FINISH = """
UPDATE core_closeprogress SET state = 'DONE', rows = %(rows)s, finished_at = %(at)s, duration_ms = %(took)s
WHERE id = %(id)s
RETURNING (
    SELECT count(*) FROM core_closeprogress other
    WHERE other.run_id = %(run)s AND other.step = %(step)s AND other.state = 'PENDING' AND other.id <> %(id)s
)
"""


@transaction.atomic
def _run_partition(step: CloseStep, business_date: date, now: datetime | None) -> int | None:
    """Run one partition that nobody holds and return how many are not done yet; None where there is none to take."""
    names: dict[str, Any] = {"run": business_date, "step": step.name}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, names)
        row = cursor.fetchone()
        if row is None:
            return None
        progress_id, from_id, to_id = row
        started = time.monotonic()
        rows = step.run(business_date, from_id, to_id, now or clock.now())
        took = int((time.monotonic() - started) * 1000)
        cursor.execute(_FINISH, {**names, "id": progress_id, "rows": rows, "at": now or clock.now(), "took": took})
        (left,) = cursor.fetchone()
    return int(left)


def _advance_date(business_date: date, _from_id: int, _to_id: int, _now: datetime) -> int:
    return BusinessDate.objects.filter(pk=1, value=business_date).update(value=business_date + timedelta(days=1))
