"""What a merge means for who begins to stay away, and for lists: the rows went along, now they are judged as one person's."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F

from core import clock
from core.outbox import publish
from customers.models import Merge, WorkItem
from customers.operations import history
from segmentation.events import MembersChanged
from segmentation.models import Decline, Segment
from segmentation.operations.declines import Begun, raise_tasks, work_key
from segmentation.operations.touched import follow_customers

# As `Merge.moved` names the rows that went along.
_MOVED: Final = "segmentation_decline.customer_id"
_STAGE: Final = "CASE d.role WHEN 'BORROWER' THEN l.stage_borrower ELSE l.stage_investor END"
# The labelling ends what its own change has ended; a record that was active before and is so now has not changed.
_SETTLE: Final = f"""
UPDATE segmentation_decline d
SET state = CASE {_STAGE} WHEN 'LOST' THEN 'LOST' ELSE 'RECOVERED' END, ended_date = greatest(%(today)s, d.began_date)
FROM segmentation_labels l
WHERE d.customer_id = %(customer)s AND l.customer_id = d.customer_id AND d.state = 'OPEN'
  AND {_STAGE} IS DISTINCT FROM 'DECLINING'
RETURNING d.id
"""  # noqa: S608 - everything is our own
# What began anew with the undo steps aside for what was open before the merge.
_STEP_ASIDE: Final = """
DELETE FROM segmentation_decline d USING segmentation_decline old
WHERE d.customer_id = %(customer)s AND d.state = 'OPEN' AND d.cause_by_id IS NULL AND d.id > old.id
  AND old.id = ANY(%(reopened)s) AND old.role = d.role AND old.customer_id = d.customer_id
RETURNING d.id
"""
_REOPEN: Final = """
UPDATE segmentation_decline d
SET state = 'OPEN', ended_date = NULL, cause = CASE WHEN d.cause_by_id IS NULL THEN '' ELSE d.cause END, evidence = '{}'
WHERE d.id = ANY(%(reopened)s)
"""


# Of a list that held both records the person is once a member; the other stay ends with the merge and comes back with its undo.
_LEAVE_LISTS: Final = """
UPDATE segmentation_membership m SET left_at = greatest(%(at)s, m.entered_at)
FROM segmentation_segment s
WHERE m.customer_id = %(customer)s AND m.left_at IS NULL AND s.id = m.segment_id AND s.kind = 'STATIC'
RETURNING m.segment_id
"""
_COME_BACK: Final = """
UPDATE segmentation_membership m SET left_at = NULL
FROM segmentation_segment s
WHERE m.customer_id = %(customer)s AND m.left_at = greatest(%(at)s, m.entered_at) AND s.id = m.segment_id AND s.kind = 'STATIC'
  AND NOT EXISTS (SELECT 1 FROM segmentation_membership o
                  WHERE o.segment_id = m.segment_id AND o.customer_id = m.customer_id AND o.left_at IS NULL)
RETURNING m.segment_id
"""


@transaction.atomic
def settle_merge(*, merge_id: int, business_date: date, now: datetime) -> int:
    """End, on the kept record, the declines that came along where the person stays with us; return how many.

    Where both were declining in one role the kept record's decline counts: the other one's task is ended. Run again it
    changes nothing.
    """
    merge = Merge.objects.get(pk=merge_id)
    if merge.undone_at is not None:
        return 0
    follow_customers(customer_ids=[merge.kept_id, merge.merged_id], business_date=business_date, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, {"customer": merge.kept_id, "today": clock.business_date()})
        ended = [pk for (pk,) in cursor.fetchall()]
    _move_on_lists(_LEAVE_LISTS, merge, -1, now)
    left = Decline.objects.filter(customer_id=merge.merged_id, state=Decline.State.OPEN)
    _end_tasks([*ended, *left.values_list("pk", flat=True)], now)
    return len(ended)


@transaction.atomic
def restore_merge(*, merge_id: int, business_date: date, now: datetime) -> int:
    """Open again, on both records, the declines that only the merge had ended, with their tasks; return how many.

    A record that is not declining any more keeps what has become of it.
    """
    merge = Merge.objects.get(pk=merge_id)
    ids = [merge.kept_id, merge.merged_id]
    follow_customers(customer_ids=ids, business_date=business_date, now=now)
    since = merge.at.astimezone(clock.SHANGHAI).date()
    reopened: list[int] = []
    for pk in ids:
        # What came along, and what the kept record's new deals had ended.
        declining = _list_declining(pk)
        rows = Decline.objects.filter(customer_id=pk, role__in=declining, began_date__lt=business_date)
        rows = rows.filter(ended_date__gte=since).exclude(state=Decline.State.OPEN)
        if pk == merge.merged_id:
            rows = rows.filter(pk__in=merge.moved.get(_MOVED, []))
        found = list(rows.order_by("role", "-pk").distinct("role").values_list("pk", flat=True))
        params: dict[str, Any] = {"customer": pk, "reopened": found}
        with connection.cursor() as cursor:
            cursor.execute(_STEP_ASIDE, params)
            aside = [gone for (gone,) in cursor.fetchall()]
            cursor.execute(_REOPEN, params)
        _end_tasks(aside, now)
        reopened += found
    _raise_again(ids, merge.at, business_date, now)
    _move_on_lists(_COME_BACK, merge, 1, now)
    return len(reopened)


def _move_on_lists(statement: str, merge: Merge, by: int, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"customer": merge.merged_id, "at": merge.at})
        lists = sorted(pk for (pk,) in cursor.fetchall())
    for pk in lists:
        Segment.objects.filter(pk=pk).update(member_count=F("member_count") + by)
        publish(MembersChanged(pk, now, max(by, 0), max(-by, 0)), now=now)


def _list_declining(customer_id: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.role FROM segmentation_labels l CROSS JOIN LATERAL"
            " (VALUES ('BORROWER', l.stage_borrower), ('INVESTOR', l.stage_investor)) r (role, stage)"
            " WHERE l.customer_id = %s AND r.stage = 'DECLINING'",
            [customer_id],
        )
        return [role for (role,) in cursor.fetchall()]


def _end_tasks(decline_ids: Collection[int], now: datetime) -> None:
    keys = [work_key(pk) for pk in decline_ids]
    history.end_work_bulk(keys=keys, now=now, actor=None, state=WorkItem.State.DROPPED)


def _raise_again(customer_ids: list[int], since: datetime, business_date: date, now: datetime) -> None:
    """Raise the tasks of open declines that were dropped since the merge; one that somebody has done stays done."""
    rows = list(Decline.objects.filter(customer_id__in=customer_ids, state=Decline.State.OPEN).order_by("pk"))
    keys = [work_key(row.pk) for row in rows]
    dropped = WorkItem.objects.filter(key__in=keys, state=WorkItem.State.DROPPED, ended_at__gte=since)
    wanting = set(dropped.values_list("key", flat=True))
    begun = [Begun(row.pk, row.customer_id, row.role, row.signs) for row in rows if work_key(row.pk) in wanting]
    raise_tasks(begun, business_date, now)
