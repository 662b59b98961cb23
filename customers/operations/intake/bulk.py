"""Rows that come in by the interface: one answer a row, sources kept, faults into quarantine."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import transaction

from core import audit, clock
from core.models import User
from core.outbox import publish
from customers.events import CustomerTakenIn
from customers.models import ImportedCustomer, ImportJob, QuarantinedRow
from customers.operations.intake.take_in import CREATED, Incoming, Outcome, take_in
from customers.rules.intake import FIELDS, read_row

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
    readings = {line: read_row(row, on) for line, row in texts.items()}
    sound = [Incoming(line, reading.values) for line, reading in readings.items() if not reading.faults]
    outcomes = {outcome.line: outcome for outcome in take_in(rows=sound, source=source, actor=actor, now=now)}
    outcomes |= {line: Outcome(line, faults=reading.faults) for line, reading in readings.items() if reading.faults}
    answered = [outcomes[line] for line in texts]
    job = _keep(answered, texts, source, actor, now)
    for outcome in answered:
        if outcome.state == CREATED:
            publish(CustomerTakenIn(customer_id=outcome.customer_id), now=now)
    return job, answered


def _keep(
    outcomes: Sequence[Outcome], texts: Mapping[int, dict[str, str]], source: str, actor: User, now: datetime
) -> ImportJob:
    created = {outcome.customer_id for outcome in outcomes if outcome.state == CREATED}
    faulty = [outcome for outcome in outcomes if outcome.faults]
    counts: dict[str, Any] = {"total": len(outcomes), "created": len(created), "quarantined": len(faulty)}
    job = ImportJob.objects.create(
        source=source,
        columns=list(FIELDS),
        mapping={str(place): name for place, name in enumerate(FIELDS)},
        state=ImportJob.State.DONE,
        done=len(outcomes),
        updated=len(outcomes) - len(created) - len(faulty),
        owner=actor,
        created_at=now,
        started_at=now,
        finished_at=now,
        **counts,
    )
    found = {outcome.customer_id for outcome in outcomes if outcome.customer_id}
    ImportedCustomer.objects.bulk_create(
        [ImportedCustomer(job=job, customer_id=pk, is_new=pk in created) for pk in sorted(found)]
    )
    QuarantinedRow.objects.bulk_create(
        [
            QuarantinedRow(
                job=job,
                line=outcome.line,
                row=orjson.dumps(texts[outcome.line]).decode(),
                faults=dict(outcome.faults or {}),
            )
            for outcome in faulty
        ]
    )
    audit.record(actor=actor, action="customers.import_ended", target=job, data=counts, now=now)
    return job
