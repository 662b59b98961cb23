"""Who is in a segment: told by its rule for all customers or for some, with entries and exits kept."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import F

from core.arrays import array_literal
from core.outbox import publish
from segmentation.events import MembersChanged
from segmentation.models import Segment
from segmentation.queries.attributes import TABLE
from segmentation.queries.rules import Compiled, get_vocabulary, read_rule
from segmentation.rules.segments import Group, RuleInvalid, Vocabulary, sort_by_use

STEP: Final = "segmentation.segments"
STEP_ORDER: Final = 812
logger = logging.getLogger(__name__)
# One evaluation of all customers at a time and segment; those of some run beside one another (their rows of kept
# attributes are locked), never beside one of all.
_LOCK: Final = (
    "SELECT pg_advisory_xact_lock{}(hashtext('segmentation.segment'), pk) FROM unnest(%s::int[]) pk ORDER BY pk"
)
_EVALUATE: Final = """
WITH n AS MATERIALIZED (SELECT s.customer_id FROM {table} s WHERE {condition}{some}), gone AS (
    UPDATE segmentation_membership m SET left_at = %s
    WHERE m.segment_id = %s AND m.left_at IS NULL{some_members}
      AND NOT EXISTS (SELECT 1 FROM n WHERE n.customer_id = m.customer_id)
    RETURNING 1
), come AS (
    INSERT INTO segmentation_membership (segment_id, customer_id, entered_at)
    SELECT %s, n.customer_id, %s FROM n
    WHERE NOT EXISTS (SELECT 1 FROM segmentation_membership m
                      WHERE m.segment_id = %s AND m.customer_id = n.customer_id AND m.left_at IS NULL)
    ORDER BY n.customer_id
    RETURNING 1
)
SELECT (SELECT count(*) FROM n), (SELECT count(*) FROM come), (SELECT count(*) FROM gone)
"""
_DAY: Final = """
INSERT INTO segmentation_segmentday AS d (segment_id, on_date, members, entered, "left") VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (segment_id, on_date) DO UPDATE
SET members = excluded.members, entered = d.entered + excluded.entered, "left" = d."left" + excluded."left"
"""


@dataclass(frozen=True)
class Change:
    """What an evaluation found: members among those asked about, entries and exits."""

    members: int
    entered: int
    left: int


@transaction.atomic
def evaluate_all(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Evaluate every segment in use for all customers, as a step of the close; return the entries and exits."""
    return evaluate_segments(segment_ids=None, business_date=_today(business_date), now=now)


@transaction.atomic
def evaluate_segments(*, segment_ids: Sequence[int] | None, business_date: date, now: datetime) -> int:
    """Evaluate segments, or all in use, with those that use them; return the entries and exits."""
    words = get_vocabulary(with_people=False)
    segments = {segment.pk: segment for segment in Segment.objects.filter(state=Segment.State.ACTIVE)}
    wanted = set(segments) if segment_ids is None else set(segment_ids) & segments.keys()
    moved = 0
    for pk in sort_by_use({pk: tuple(segment.uses) for pk, segment in segments.items()}):
        segment = segments[pk]
        if pk not in wanted and wanted.isdisjoint(segment.uses):
            continue
        wanted.add(pk)
        moved += _evaluate_whole(segment, words, business_date, now)
    return moved


def evaluate_for(*, customer_ids: Sequence[int], business_date: date, now: datetime) -> int:
    """Evaluate every segment by rule for some customers, whose kept attributes the caller has locked."""
    in_use = Segment.objects.filter(state=Segment.State.ACTIVE, kind=Segment.Kind.DYNAMIC).order_by("pk")
    ids = list(in_use.values_list("pk", flat=True))
    if not ids or not customer_ids:
        return 0
    _lock(ids, is_shared=True)
    # Whoever waited for the lock follows the rules of now, not those of before.
    segments = list(in_use.filter(pk__in=ids))
    words = get_vocabulary(with_people=False)
    by_id = {segment.pk: segment for segment in segments}
    moved = 0
    for pk in sort_by_use({segment.pk: tuple(segment.uses) for segment in segments}):
        segment = by_id[pk]
        # A new rule is evaluated for all in a moment; until then the members are those of the one before.
        if segment.fault or segment.evaluated_version != segment.version:
            continue
        try:
            rule = read_rule(segment, words)
        except RuleInvalid:
            continue
        change = _write(segment.pk, rule, words, business_date, now, customer_ids)
        moved += change.entered + change.left
        if change.entered or change.left:
            _note(segment, change, business_date, now, is_whole=False)
    return moved


def _evaluate_whole(asked: Segment, words: Vocabulary, business_date: date, now: datetime) -> int:
    _lock([asked.pk], is_shared=False)
    # It may have been changed or archived since it was read: by the night hours ago.
    segment = Segment.objects.filter(pk=asked.pk, state=Segment.State.ACTIVE).first()
    if segment is None:
        return 0
    if segment.version != asked.version:
        words = get_vocabulary(with_people=False)
    if segment.kind == Segment.Kind.STATIC:
        change = Change(segment.memberships.filter(left_at=None).count(), 0, 0)
        _note(segment, change, business_date, now, is_whole=True)
        return 0
    try:
        rule = read_rule(segment, words)
    except RuleInvalid as error:
        logger.warning("segment %s cannot be evaluated: %s", segment.pk, error)
        Segment.objects.filter(pk=segment.pk).update(fault=str(error)[:200])
        return 0
    change = _write(segment.pk, rule, words, business_date, now, None)
    _note(segment, change, business_date, now, is_whole=True)
    return change.entered + change.left


def _write(
    segment_id: int, rule: Group, words: Vocabulary, today: date, now: datetime, among: Sequence[int] | None
) -> Change:
    condition, parameters = Compiled(words, today, among).write(rule)
    # Whole numbers of our own.
    some = "" if among is None else f".customer_id = ANY('{array_literal(among)}'::bigint[])"
    statement = _EVALUATE.format(
        table=TABLE,
        condition=condition,
        some=some and f" AND s{some}",
        some_members=some and f" AND m{some}",
    )
    with connection.cursor() as cursor:
        if among is None:
            cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(statement, [*parameters, now, segment_id, segment_id, now, segment_id])
        return Change(*cursor.fetchone())


def _note(segment: Segment, change: Change, business_date: date, now: datetime, *, is_whole: bool) -> None:
    rows = Segment.objects.filter(pk=segment.pk)
    if is_whole:
        rows.update(member_count=change.members, evaluated_at=now, evaluated_version=segment.version, fault="")
    else:
        rows.update(member_count=F("member_count") + change.entered - change.left, evaluated_at=now)
    members = rows.values_list("member_count", flat=True).get()
    with connection.cursor() as cursor:
        cursor.execute(_DAY, [segment.pk, business_date, members, change.entered, change.left])
    if change.entered or change.left:
        publish(MembersChanged(segment.pk, now, change.entered, change.left), now=now)


def _lock(segment_ids: Sequence[int], *, is_shared: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format("_shared" if is_shared else ""), [list(segment_ids)])


def _today(closed: date) -> date:
    """Return the day that has begun: the step runs after the business date has moved on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM core_businessdate")
        row = cursor.fetchone()
    return row[0] if row else closed
