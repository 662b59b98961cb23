"""Rows that come in by the interface: one answer a row, sources kept, faults into quarantine."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from core import audit, clock
from core.models import User
from core.outbox import publish
from customers.events import CustomerTakenIn
from customers.models import ImportJob
from customers.operations.intake.run import keep_outcomes, sort_rows
from customers.operations.intake.take_in import CREATED, Outcome, take_in
from customers.rules.intake import FIELDS

MAX_ROWS: Final = 1_000


@transaction.atomic
def take_in_batch(
    *, rows: Sequence[Mapping[str, str]], source: str, actor: User, now: datetime
) -> tuple[ImportJob, list[Outcome]]:
    """Take rows of texts by field in and return what became of each, in their order; lines count from 1.

    The batch is kept as an import that is done, so that it shows up, can be mended and taken back like a file.
    """
    on = now.astimezone(clock.SHANGHAI).date()
    texts = {line: {name: row.get(name, "") for name in FIELDS if row.get(name)} for line, row in enumerate(rows, 1)}
    sound, refused = sort_rows(texts, on)
    taken = take_in(rows=sound, source=source, actor=actor, now=now)
    outcomes = sorted([*taken, *refused], key=lambda outcome: outcome.line)
    job = ImportJob.objects.create(
        source=source,
        columns=list(FIELDS),
        mapping={str(place): name for place, name in enumerate(FIELDS)},
        state=ImportJob.State.DONE,
        total=len(rows),
        owner=actor,
        created_at=now,
        started_at=now,
        finished_at=now,
    )
    keep_outcomes(job, texts, outcomes)
    for outcome in outcomes:
        if outcome.state == CREATED:
            publish(CustomerTakenIn(customer_id=outcome.customer_id), now=now)
    counts = {"total": job.total, "created": job.created, "quarantined": job.quarantined}
    audit.record(actor=actor, action="customers.import_ended", target=job, data=counts, now=now)
    return job, outcomes
