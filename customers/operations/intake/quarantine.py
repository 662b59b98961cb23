"""Rows that could not be taken in: mended or dropped by somebody."""

from collections.abc import Mapping
from datetime import datetime

import orjson
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.errors import BusinessError, NotFound
from core.models import User
from customers.models import ImportedCustomer, QuarantinedRow
from customers.operations.intake.create import FAULT_TEXTS, InvalidCustomer
from customers.operations.intake.run import place_created
from customers.operations.intake.take_in import CREATED, Incoming, Outcome, take_in
from customers.operations.ownership import tell_receivers
from customers.rules.intake import FIELDS, read_row


class RowJudged(BusinessError):
    """The row was mended or dropped already."""

    code = "row_judged"
    message = _("This row was mended or dropped already.")


def _lock(row_id: int) -> QuarantinedRow:
    row = QuarantinedRow.objects.select_for_update(of=("self",)).select_related("job").filter(pk=row_id).first()
    if row is None:
        raise NotFound
    if row.state != QuarantinedRow.State.OPEN:
        raise RowJudged
    return row


@transaction.atomic
def mend_row(*, row_id: int, texts: Mapping[str, str], actor: User, now: datetime) -> Outcome:
    """Take a row in with corrected texts; what is left blank stays as it came.

    A new customer goes where those of his import go. Raises NotFound, RowJudged, InvalidCustomer.
    """
    row = _lock(row_id)
    corrected = {name: text for name, text in texts.items() if name in FIELDS and text.strip()}
    merged = {**orjson.loads(row.row), **corrected}
    reading = read_row(merged, now.astimezone(clock.SHANGHAI).date())
    faults = reading.faults
    if not faults:
        incoming = Incoming(row.line, reading.values)
        (outcome,) = take_in(rows=[incoming], source=row.job.source, actor=actor, now=row.job.started_at or now)
        faults = dict(outcome.faults or {})
    if faults:
        raise InvalidCustomer(fields={name: [FAULT_TEXTS[fault]] for name, fault in faults.items()})
    ImportedCustomer.objects.get_or_create(
        job=row.job, customer_id=outcome.customer_id, defaults={"is_new": outcome.state == CREATED}
    )
    place_created(row.job, [outcome], now)
    batch = row.job.batch
    tell_receivers(batch=batch, key=f"{batch}:{row.line}", now=now, customer_ids=[outcome.customer_id])
    _judge(row, QuarantinedRow.State.MENDED, "customers.row_mended", actor, now)
    return outcome


@transaction.atomic
def drop_row(*, row_id: int, actor: User, now: datetime) -> QuarantinedRow:
    """Give a row up; its content is forgotten. Raises NotFound, RowJudged."""
    row = _lock(row_id)
    _judge(row, QuarantinedRow.State.DROPPED, "customers.row_dropped", actor, now)
    return row


def _judge(row: QuarantinedRow, state: str, action: str, actor: User, now: datetime) -> None:
    # Nothing needs the plain values any more, and what nobody needs is not kept.
    row.state, row.row, row.judged_at, row.judged_by = state, "{}", now, actor
    row.save(update_fields=["state", "row", "judged_at", "judged_by"])
    audit.record(actor=actor, action=action, target=row, data={"job": row.job_id, "line": row.line}, now=now)
