"""Pairs of records that may be one person, and what was merged."""

from django.db.models import QuerySet

from core.errors import NotFound
from customers.models import DuplicatePair, Merge
from customers.queries.own import follow_merges
from customers.queries.staff import in_scope
from staff import rights
from staff.queries import Access


def open_pairs(access: Access) -> QuerySet[DuplicatePair]:
    """Return the pairs to be judged of which both records are within reach and still apart."""
    reachable = in_scope(access, rights.MERGE_CUSTOMERS).values("pk")
    rows = DuplicatePair.objects.filter(
        state=DuplicatePair.State.OPEN, first__merged_into__isnull=True, second__merged_into__isnull=True
    )
    if access.scope_of(rights.MERGE_CUSTOMERS) != "ALL":
        rows = rows.filter(first__in=reachable, second__in=reachable)
    return rows


def access_pair(access: Access, public_id: str) -> DuplicatePair:
    """Return a pair within reach, judged or not. Raises NotFound."""
    rows = DuplicatePair.objects.select_related("first__rm__user", "second__rm__user")
    pair = rows.filter(public_id=public_id).first()
    if pair is None:
        raise NotFound
    reached = _count_reached(access, {follow_merges(pair.first).pk, follow_merges(pair.second).pk})
    if not reached:
        raise NotFound
    return pair


def _count_reached(access: Access, ids: set[int]) -> bool:
    return in_scope(access, rights.MERGE_CUSTOMERS).filter(pk__in=ids).count() == len(ids)


def access_merge(access: Access, public_id: str) -> Merge:
    """Return a merge whose kept record is within reach. Raises NotFound."""
    merge = Merge.objects.select_related("kept", "merged").filter(public_id=public_id).first()
    if merge is None or not _count_reached(access, {follow_merges(merge.kept).pk}):
        raise NotFound
    return merge


def list_merges(access: Access) -> QuerySet[Merge]:
    """Return the merges in force within reach, the latest first."""
    rows = Merge.objects.filter(undone_at__isnull=True).select_related("kept", "merged", "actor")
    if access.scope_of(rights.MERGE_CUSTOMERS) != "ALL":
        rows = rows.filter(kept__in=in_scope(access, rights.MERGE_CUSTOMERS).values("pk"))
    return rows.order_by("-id")
