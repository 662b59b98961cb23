"""Taking an import back: what it made and nobody has touched since goes, what it said is forgotten."""

from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from core import audit
from core.errors import NotFound
from core.models import User
from customers.models import ImportJob, Notice, OwnerChange, QuarantinedRow
from customers.operations.intake.files import ImportNotUndoable
from customers.operations.merging.rows import list_every_pointer

_BY_RULE: Final = "(p.reason = 'RULE' OR p.batch = %(batch)s)"
# Rows that the import itself or a machine wrote about a customer nobody has worked on.
_OWN: Final = {
    "customers_timelineentry.customer_id": (
        "p.text_code IN ('customers.taken_in', 'customers.rm_assigned', 'customers.put_into_pool')"
    ),
    "customers_fieldclaim.customer_id": "p.source = %(source)s AND p.as_of = %(at)s",
    "customers_importedcustomer.customer_id": "p.job_id = %(job)s",
    "customers_customerrole.customer_id": "p.value = 0",
    "customers_duplicatepair.first_id": "p.state = 'OPEN'",
    "customers_duplicatepair.second_id": "p.state = 'OPEN'",
    "customers_recordvisit.customer_id": "true",
    "customers_ownerchange.customer_id": _BY_RULE,
    "customers_notice.customer_id": "p.kind = 'customers.received'",
}


@transaction.atomic
def undo_import(*, job_id: int, actor: User, now: datetime) -> int:
    """Delete the customers that an import made and nobody touched, and all its claims; return how many customers.

    Touched is who logs in, was edited, merged or has any row that somebody wrote. Raises NotFound, ImportNotUndoable.
    """
    job = ImportJob.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotFound
    if job.state != ImportJob.State.DONE:
        raise ImportNotUndoable
    given: dict[str, Any] = {"job": job.pk, "source": job.source, "at": job.started_at, "batch": job.batch}
    with connection.cursor() as cursor:
        cursor.execute(_select_untouched(), given)
        ids = [row[0] for row in cursor.fetchall()]
        given["ids"] = ids
        for name in _OWN:
            table, _dot, column = name.partition(".")
            cursor.execute(f'DELETE FROM "{table}" WHERE "{column}" = ANY(%(ids)s)', given)  # noqa: S608
        cursor.execute("DELETE FROM customers_customer WHERE id = ANY(%(ids)s)", given)
        cursor.execute(_FORGET, given)
    # Who got nobody that is still there need not be told.
    receivers = OwnerChange.objects.filter(batch=job.batch, new__isnull=False).order_by().values("new")
    Notice.objects.filter(key__startswith=job.batch, read_at__isnull=True).exclude(member__in=receivers).delete()
    QuarantinedRow.objects.filter(job=job, state=QuarantinedRow.State.OPEN).update(
        state=QuarantinedRow.State.DROPPED, judged_at=now, judged_by=actor, row="{}"
    )
    job.state, job.finished_at = ImportJob.State.UNDONE, now
    job.save(update_fields=["state", "finished_at"])
    audit.record(actor=actor, action="customers.import_undone", target=job, data={"customers": len(ids)}, now=now)
    return len(ids)


_FORGET: Final = """
DELETE FROM customers_fieldclaim c USING customers_importedcustomer i
WHERE i.job_id = %(job)s AND i.customer_id = c.customer_id AND c.source = %(source)s AND c.as_of = %(at)s
"""


def _select_untouched() -> str:
    """Return the statement that locks and names the new customers to whom nothing points but what is harmless."""
    conditions = []
    for pointer in list_every_pointer():
        harmless = f"AND NOT ({_OWN[pointer.name]})" if pointer.name in _OWN else ""
        pointing = f'SELECT 1 FROM "{pointer.table}" p WHERE p."{pointer.column}" = c.id {harmless}'  # noqa: S608
        conditions.append(f"AND NOT EXISTS ({pointing})")
    return f"""
SELECT c.id FROM customers_customer c
JOIN customers_importedcustomer i ON i.customer_id = c.id AND i.job_id = %(job)s AND i.is_new
WHERE c.user_id IS NULL AND c.merged_into_id IS NULL
  AND c.version = 1 + (SELECT count(*) FROM customers_ownerchange p WHERE p.customer_id = c.id AND {_BY_RULE})
{chr(10).join(conditions)}
ORDER BY c.id FOR UPDATE OF c
"""  # noqa: S608 - names of our own tables and columns
