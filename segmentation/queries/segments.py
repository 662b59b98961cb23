"""Segments as a reader sees them: names for everybody who may look, members and counts within his scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.expressions import RawSQL

from core.errors import NotFound, Text
from core.registries import segment_uses
from customers.models import Customer
from customers.queries.staff import in_scope
from segmentation.models import Membership, Segment, SegmentDay
from segmentation.queries.attributes import read_standing
from segmentation.queries.rules import answer_leaves, get_vocabulary, select_members
from segmentation.rules.segments import Did, Fact, Group, Leaf, Vocabulary, holds, list_leaves, parse
from staff import rights
from staff.models import Scope
from staff.queries import Access

SAMPLE: Final = 10
_TREND: Final = timedelta(days=90)


@dataclass(frozen=True)
class Answer:
    """Whether one condition holds for a customer, and what he has: the fact's value, or how often he did the act."""

    path: str
    leaf: Leaf
    holds: bool
    value: Any


@dataclass(frozen=True)
class Explanation:
    """Why a customer is in a segment or not, by the rule in force now."""

    rule: Group
    answers: list[Answer]
    holds: bool
    as_of: datetime | None


def list_segments(*, is_archived: bool = False) -> QuerySet[Segment]:
    """Return the segments in use, or the archived ones, by name."""
    state = Segment.State.ARCHIVED if is_archived else Segment.State.ACTIVE
    return Segment.objects.filter(state=state).order_by("name", "pk")


def get_segment(public_id: str) -> Segment:
    """Return a segment. Raises NotFound."""
    found = Segment.objects.select_related("created_by").filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def lock_segment(segment_id: int) -> Segment:
    """Lock a segment. Raises NotFound."""
    found = Segment.objects.select_for_update(no_key=True).filter(pk=segment_id).first()
    if found is None:
        raise NotFound
    return found


def list_members(access: Access, segment: Segment) -> QuerySet[Customer]:
    """Return the members whom the reader may see."""
    inside = Membership.objects.filter(segment=segment, left_at=None)
    return in_scope(access).filter(pk__in=inside.values("customer_id"))


def count_by_segment(access: Access, segments: Sequence[Segment]) -> dict[int, int]:
    """Return how many members of each segment the reader may see."""
    if access.scope_of(rights.VIEW_CUSTOMERS) == Scope.ALL:
        return {segment.pk: segment.member_count for segment in segments}
    rows = Membership.objects.filter(segment__in=segments, left_at=None, customer__in=in_scope(access).values("pk"))
    found = dict(rows.values_list("segment_id").annotate(Count("pk")))
    return {segment.pk: found.get(segment.pk, 0) for segment in segments}


def count_rule(access: Access, rule: Group, words: Vocabulary, today: date) -> int:
    """Return how many customers in the reader's scope a rule chooses, without keeping anything."""
    sql, parameters = select_members(rule, words, today)
    if access.scope_of(rights.VIEW_CUSTOMERS) == Scope.ALL:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({sql}) n", parameters)  # noqa: S608 - see queries.rules
            return int(cursor.fetchone()[0])
    return in_scope(access).filter(pk__in=RawSQL(sql, parameters)).count()  # noqa: S611


def sample_rule(access: Access, rule: Group, words: Vocabulary, today: date) -> list[Customer]:
    """Return a few of them, the newest first."""
    sql, parameters = select_members(rule, words, today)
    rows = in_scope(access).filter(pk__in=RawSQL(sql, parameters)).select_related("rm__user")  # noqa: S611
    return list(rows.defer("search_grams", "labels").order_by("-pk")[:SAMPLE])


def count_overlap(access: Access, segment: Segment) -> list[tuple[Segment, int]]:
    """Return how many of the members in the reader's scope are in each other segment too, the most first."""
    inside = Membership.objects.filter(segment=segment, left_at=None)
    if access.scope_of(rights.VIEW_CUSTOMERS) != Scope.ALL:
        inside = inside.filter(customer__in=in_scope(access).values("pk"))
    rows = (
        Membership.objects.filter(left_at=None, customer_id__in=inside.values("customer_id"))
        .exclude(segment=segment)
        .values_list("segment_id")
        .annotate(shared=Count("pk"))
        .order_by("-shared", "segment_id")
    )
    segments = Segment.objects.filter(state=Segment.State.ACTIVE).in_bulk([pk for pk, _shared in rows])
    return [(segments[pk], shared) for pk, shared in rows if pk in segments]


def list_users(segment: Segment) -> list[tuple[Text, str]]:
    """Return what rests on a segment, with addresses: other segments, and whatever other apps say."""
    others = Segment.objects.filter(state=Segment.State.ACTIVE, uses__contains=[segment.pk]).order_by("name")
    found: list[tuple[Text, str]] = [(other.name, f"/segments/{other.public_id}/") for other in others]
    return found + [use for _key, find in segment_uses.items() for use in find(segment.pk)]


def list_days(segment: Segment, today: date) -> list[SegmentDay]:
    """Return the last ninety days on which the segment was evaluated, in order."""
    return list(SegmentDay.objects.filter(segment=segment, on_date__gt=today - _TREND).order_by("on_date"))


def list_moves(access: Access, segment: Segment) -> QuerySet[Membership]:
    """Return the stays of customers in the reader's scope, the latest first."""
    stays = Membership.objects.filter(segment=segment).select_related("customer")
    if access.scope_of(rights.VIEW_CUSTOMERS) != Scope.ALL:
        stays = stays.filter(customer__in=in_scope(access).values("pk"))
    return stays.order_by("-pk")


def list_segments_of(customer_id: int) -> list[Membership]:
    """Return the stays of a customer, present ones first."""
    stays = Membership.objects.filter(customer_id=customer_id, segment__state=Segment.State.ACTIVE)
    found = list(stays.select_related("segment").order_by("-pk")[:100])
    return sorted(found, key=lambda stay: stay.left_at is not None)


def explain(segment: Segment, customer_id: int, today: date) -> Explanation:
    """Return why a customer is in a segment or not: each condition with his value. Raises RuleInvalid."""
    words = get_vocabulary(with_people=False)
    rule = parse(segment.rule, words)
    leaves = list(list_leaves(rule))
    kept = read_standing(customer_id, [leaf.condition.field for _path, leaf in leaves if isinstance(leaf, Fact)])
    found = answer_leaves(rule, words, today, customer_id)
    answers = []
    for path, leaf in leaves:
        answer, times = found[path]
        value = kept.values.get(leaf.condition.field) if isinstance(leaf, Fact) else times
        answers.append(Answer(path, leaf, answer, value if isinstance(leaf, Fact | Did) else None))
    return Explanation(rule, answers, holds(rule, {a.path: a.holds for a in answers}), kept.as_of)
