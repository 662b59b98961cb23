"""Carrying an import out in chunks, each its own transaction: killed anywhere it goes on where it stopped."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Final

import orjson
from django.db import connection, transaction

from core import audit, clock
from core.outbox import publish
from customers.events import CustomersImported
from customers.models import ImportedCustomer, ImportJob, QuarantinedRow
from customers.operations.intake.files import FILE_FAULTS, read_content
from customers.operations.intake.take_in import CREATED, Incoming, Outcome, foresee, take_in
from customers.operations.ownership import place_newcomers, tell_receivers
from customers.rules.intake import pick_cells, read_row
from customers.rules.tables import UnreadableTable

# Of a size that keeps the memory of a run low whatever the file holds.
CHUNK_ROWS: Final = 1_000


def run_import(*, job_id: int, read_now: Callable[[], datetime]) -> bool:
    """Carry out what is left of a started import; False when another worker is at it or nothing is left.

    `read_now` tells the time of each chunk, because a run takes longer than an instant.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"import:{job_id}"])
        if not cursor.fetchone()[0]:
            return False
    try:
        return _run(job_id, read_now)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"import:{job_id}"])


def _run(job_id: int, read_now: Callable[[], datetime]) -> bool:
    job = ImportJob.objects.select_related("owner").filter(pk=job_id, state=ImportJob.State.RUNNING).first()
    if job is None:
        return False
    try:
        rows = read_content(job, skip=job.done)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            _take_chunk(job, chunk, read_now())
    except UnreadableTable as error:
        job.error = str(FILE_FAULTS[error.fault])
    _finish(job, read_now())
    return True


@transaction.atomic
def _take_chunk(job: ImportJob, chunk: list[tuple[int, list[str]]], now: datetime) -> None:
    assert job.started_at is not None
    on = now.astimezone(clock.SHANGHAI).date()
    texts = {line: pick_cells(cells, job.mapping) for line, cells in chunk}
    sound, refused = sort_rows(texts, on)
    if job.is_dry_run:
        outcomes = foresee(sound)
    else:
        # All claims of one run carry one instant, by which undo finds them.
        outcomes = take_in(rows=sound, source=job.source, actor=job.owner, now=job.started_at)
        place_created(job, outcomes, now)
    keep_outcomes(job, texts, [*outcomes, *refused])


def place_created(job: ImportJob, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Give the customers that rows have just made to whom the import wants to have them."""
    made = [outcome.customer_id for outcome in outcomes if outcome.state == CREATED]
    if job.placing != ImportJob.Placing.NOBODY and made:
        place_newcomers(customer_ids=made, pool_id=job.pool_id, batch=job.batch, actor=job.owner, now=now)


def sort_rows(texts: Mapping[int, Mapping[str, str]], on: date) -> tuple[list[Incoming], list[Outcome]]:
    """Read rows of texts by line; return those that can be taken in, and the outcomes of those that cannot."""
    readings = {line: read_row(row, on) for line, row in texts.items()}
    sound = [Incoming(line, reading.values) for line, reading in readings.items() if not reading.faults]
    return sound, [Outcome(line, faults=reading.faults) for line, reading in readings.items() if reading.faults]


def keep_outcomes(job: ImportJob, texts: Mapping[int, Mapping[str, str]], outcomes: Sequence[Outcome]) -> None:
    """Keep what became of some rows: whom they were about, what is to be mended, the counts. A trial only counts."""
    faults = {outcome.line: dict(outcome.faults) for outcome in outcomes if outcome.faults}
    if not job.is_dry_run:
        _remember(job, outcomes)
        _quarantine(job, texts, faults)
    _count(job, outcomes, faults)


def _remember(job: ImportJob, outcomes: Sequence[Outcome]) -> None:
    found: dict[int, bool] = {}
    for outcome in outcomes:
        if outcome.customer_id:
            found[outcome.customer_id] = outcome.state == CREATED or found.get(outcome.customer_id, False)
    ImportedCustomer.objects.bulk_create(
        [ImportedCustomer(job=job, customer_id=pk, is_new=is_new) for pk, is_new in found.items()],
        ignore_conflicts=True,
    )


def _quarantine(job: ImportJob, texts: Mapping[int, Mapping[str, str]], faults: dict[int, dict[str, str]]) -> None:
    QuarantinedRow.objects.bulk_create(
        [
            QuarantinedRow(job=job, line=line, row=orjson.dumps(texts[line]).decode(), faults=found)
            for line, found in sorted(faults.items())
        ],
        ignore_conflicts=True,
    )


def _count(job: ImportJob, outcomes: Sequence[Outcome], faults: dict[int, dict[str, str]]) -> None:
    states = Counter(outcome.state for outcome in outcomes if not outcome.faults)
    kinds = Counter(job.faults)
    kinds.update(f"{name}:{fault}" for found in faults.values() for name, fault in found.items())
    job.faults = dict(kinds)
    job.done += len(outcomes)
    job.created += states[CREATED]
    job.updated += states.total() - states[CREATED]
    job.quarantined += len(faults)
    job.save(update_fields=["faults", "done", "created", "updated", "quarantined"])


@transaction.atomic
def _finish(job: ImportJob, now: datetime) -> None:
    job.finished_at = now
    if job.error:
        job.state = ImportJob.State.FAILED
    elif job.is_dry_run:
        job.state = ImportJob.State.UPLOADED
    else:
        job.state = ImportJob.State.DONE
        # The rows are customers or in quarantine now; nothing else of the file is kept.
        job.content = None
        tell_receivers(batch=job.batch, key=job.batch, now=now)
        publish(CustomersImported(job_id=job.pk, created=job.created), now=now)
    job.save(update_fields=["state", "content", "error", "finished_at"])
    audit.record(
        actor=job.owner,
        action="customers.import_ended",
        target=job,
        data={"trial": job.is_dry_run, "created": job.created, "known": job.updated, "quarantined": job.quarantined},
        now=now,
    )


def list_running() -> list[int]:
    """Return the imports that wait for a worker or were cut off with one."""
    return list(
        ImportJob.objects.filter(state=ImportJob.State.RUNNING, content__isnull=False)
        .order_by("started_at", "id")
        .values_list("pk", flat=True)
    )
