"""Imports, their quarantine, and the figures of data quality."""

from django.db.models import QuerySet

from core.errors import NotFound
from customers.models import Customer, ImportJob, QuarantinedRow
from customers.queries.conflicts_of_sources import in_conflict
from customers.queries.duplicates import open_pairs
from customers.queries.staff import in_scope
from staff import rights
from staff.queries import Access

LOW_COMPLETENESS = 40
# The same as conditions of the list of customers.
LOW_CONDITION = f"completeness:max:{LOW_COMPLETENESS - 1}"
_COUNT_LIMIT = 10_000
CONFLICT_CONDITION = "conflicts:is:yes"


def list_imports(access: Access) -> QuerySet[ImportJob]:
    """Return the imports: everybody's with the widest scope, else one's own. Their files stay in the database."""
    rows = ImportJob.objects.select_related("owner").defer("content").order_by("-id")
    if access.scope_of(rights.IMPORT_CUSTOMERS) == "ALL":
        return rows
    return rows.filter(owner_id=access.user_id)


def access_import(access: Access, public_id: str) -> ImportJob:
    """Return an import within reach. Raises NotFound."""
    job = list_imports(access).filter(public_id=public_id).first()
    if job is None:
        raise NotFound
    return job


def list_quarantine(access: Access) -> QuerySet[QuarantinedRow]:
    """Return the rows to be mended of the imports within reach, the oldest last."""
    return (
        QuarantinedRow.objects.filter(state=QuarantinedRow.State.OPEN, job__in=list_imports(access).values("pk"))
        .select_related("job")
        .defer("job__content")
        .order_by("-id")
    )


def access_quarantined(access: Access, public_id: str) -> QuarantinedRow:
    """Return a row of an import within reach. Raises NotFound."""
    jobs = list_imports(access).order_by().values("pk")
    row = QuarantinedRow.objects.filter(job__in=jobs, public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def low_completeness(access: Access) -> QuerySet[Customer]:
    """Return the customers within reach of whom little is known."""
    return in_scope(access).filter(completeness__lt=LOW_COMPLETENESS)


def count_quality(access: Access) -> dict[str, int]:
    """Return the figures of the workbench, each up to ten thousand; more answers one more."""
    limit = _COUNT_LIMIT + 1
    return {
        "pairs": open_pairs(access).order_by()[:limit].count(),
        "quarantine": list_quarantine(access).order_by()[:limit].count() if access.has(rights.IMPORT_CUSTOMERS) else 0,
        "conflicts": in_scope(access).filter(in_conflict(access)).order_by()[:limit].count(),
        "low": low_completeness(access).order_by()[:limit].count(),
        "running": list_imports(access).order_by().filter(state=ImportJob.State.RUNNING).count()
        if access.has(rights.IMPORT_CUSTOMERS)
        else 0,
    }
