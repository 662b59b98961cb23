"""Segments and their rules: who may be chosen, by whom it was changed, and lists that people fill."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.arrays import array_literal
from core.errors import BusinessError, InvalidInput
from core.models import User
from core.outbox import publish
from core.registries import segment_uses
from segmentation.events import MembersChanged, SegmentDefined
from segmentation.models import Membership, Segment, SegmentVersion
from segmentation.queries.rules import get_vocabulary
from segmentation.queries.segments import lock_segment
from segmentation.rules.segments import Fault, Group, RuleInvalid, list_segments, parse, sort_by_use, write
from segmentation.texts import say_fault

_NAME_LONGEST: Final = 60
# One definition at a time: circles and names are judged against all segments, and nobody's else may change meanwhile.
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtext('segmentation.define'))"


class SegmentInvalid(InvalidInput):
    """Name or rule cannot be taken."""

    code = "segment_invalid"
    message = _("This segment cannot be kept as it is.")
    next_step = _("Correct the marked conditions.")


class SegmentOutdated(BusinessError):
    """Somebody else has changed the rule since it was opened."""

    code = "segment_outdated"
    message = _("“%(name)s” has been changed meanwhile: version %(version)s is in force.")
    next_step = _("Open it again and repeat your change.")


class SegmentUsed(BusinessError):
    """What others rest on cannot be archived."""

    code = "segment_used"
    message = _("“%(name)s” is used by %(users)s.")
    next_step = _("Change those first.")


class SegmentArchived(BusinessError):
    """An archived segment cannot be changed."""

    code = "segment_archived"
    message = _("“%(name)s” is archived.")
    next_step = _("Take it into use again first.")


class NotAList(BusinessError):
    """Only a list is filled by hand."""

    code = "segment_not_a_list"
    message = _("The members of “%(name)s” follow from its rule.")
    next_step = _("Change the rule, or keep a list beside it.")


@transaction.atomic
def create_segment(
    *, name: str, description: str, kind: str, rule: Mapping[str, Any] | None, actor: User, now: datetime
) -> Segment:
    """Keep a segment; one by rule has its members within seconds. Raises SegmentInvalid."""
    _wait_for_others()
    checked = _check_rule(rule, None) if kind == Segment.Kind.DYNAMIC else None
    segment = Segment(
        name=_check_name(name, None),
        description=description.strip()[:300],
        kind=kind,
        rule=write(checked) if checked else {},
        uses=_list_uses(checked),
        created_at=now,
        created_by=actor,
    )
    segment.save()
    SegmentVersion.objects.create(segment=segment, version=1, rule=segment.rule, made_at=now, made_by=actor)
    audit.record(
        actor=actor, action="segmentation.segment_created", target=segment, data={"name": segment.name}, now=now
    )
    publish(SegmentDefined(segment.pk), now=now)
    return segment


@transaction.atomic
def change_segment(
    *,
    segment_id: int,
    version: int,
    name: str,
    description: str,
    rule: Mapping[str, Any] | None,
    note: str,
    actor: User,
    now: datetime,
) -> Segment:
    """Change name and rule: another version. `version` is the one that was opened.

    Raises SegmentInvalid, SegmentOutdated, SegmentArchived.
    """
    _wait_for_others()
    segment = _lock_in_use(segment_id)
    if segment.version != version:
        raise SegmentOutdated(name=segment.name, version=segment.version)
    checked = _check_rule(rule, segment) if segment.kind == Segment.Kind.DYNAMIC else None
    before = {"name": segment.name, "description": segment.description}
    segment.name, segment.description = _check_name(name, segment.pk), description.strip()[:300]
    written = write(checked) if checked else {}
    after = {"name": segment.name, "description": segment.description}
    if (written, after) != (segment.rule, before):
        segment.rule, segment.uses, segment.version = written, _list_uses(checked), segment.version + 1
        SegmentVersion.objects.create(
            segment=segment, version=segment.version, rule=written, note=note.strip()[:200], made_at=now, made_by=actor
        )
        publish(SegmentDefined(segment.pk), now=now)
    segment.save(update_fields=["name", "description", "rule", "uses", "version"])
    audit.record(
        actor=actor,
        action="segmentation.segment_changed",
        target=segment,
        data={"before": before, "version": segment.version},
        reason=note.strip()[:200],
        now=now,
    )
    return segment


@transaction.atomic
def archive_segment(*, segment_id: int, actor: User, now: datetime) -> Segment:
    """Take a segment out of use; its history stays. Raises SegmentUsed, SegmentArchived."""
    _wait_for_others()
    segment = _lock_in_use(segment_id)
    users = [other.name for other in Segment.objects.filter(state=Segment.State.ACTIVE, uses__contains=[segment.pk])]
    users += [str(label) for _key, find in segment_uses.items() for label, _url in find(segment.pk)]
    if users:
        raise SegmentUsed(name=segment.name, users=", ".join(users[:5]))
    segment.state = Segment.State.ARCHIVED
    segment.save(update_fields=["state"])
    audit.record(actor=actor, action="segmentation.segment_archived", target=segment, now=now)
    return segment


@transaction.atomic
def restore_segment(*, segment_id: int, actor: User, now: datetime) -> Segment:
    """Take an archived segment into use again, as a new evaluation finds it. Raises SegmentInvalid."""
    _wait_for_others()
    segment = lock_segment(segment_id)
    if segment.state == Segment.State.ACTIVE:
        return segment
    _check_name(segment.name, segment.pk)
    if segment.kind == Segment.Kind.DYNAMIC:
        _check_rule(segment.rule, segment)
    segment.state = Segment.State.ACTIVE
    segment.save(update_fields=["state"])
    audit.record(actor=actor, action="segmentation.segment_restored", target=segment, now=now)
    publish(SegmentDefined(segment.pk), now=now)
    return segment


_ADD: Final = """
INSERT INTO segmentation_membership (segment_id, customer_id, entered_at)
SELECT %(segment)s, c.id, %(now)s FROM customers_customer c
WHERE c.id = ANY(%(customers)s::bigint[]) AND c.merged_into_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM segmentation_membership m WHERE m.segment_id = %(segment)s AND m.customer_id = c.id AND m.left_at IS NULL)
ORDER BY c.id
"""


@transaction.atomic
def add_members(*, segment_id: int, customer_ids: Collection[int], actor: User, now: datetime) -> int:
    """Put customers onto a list; return how many were not on it. Raises NotAList, SegmentArchived."""
    segment = _lock_list(segment_id)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {"segment": segment.pk, "now": now, "customers": array_literal(sorted(set(customer_ids)))})
        added = cursor.rowcount
    _note_members(segment, added, 0, actor, now)
    return added


@transaction.atomic
def remove_members(*, segment_id: int, customer_ids: Collection[int], actor: User, now: datetime) -> int:
    """Take customers off a list; return how many were on it. Raises NotAList, SegmentArchived."""
    segment = _lock_list(segment_id)
    removed = Membership.objects.filter(segment=segment, customer_id__in=set(customer_ids), left_at=None).update(
        left_at=now
    )
    _note_members(segment, 0, removed, actor, now)
    return removed


def _note_members(segment: Segment, added: int, removed: int, actor: User, now: datetime) -> None:
    if not added and not removed:
        return
    segment.member_count += added - removed
    segment.evaluated_at = now
    segment.save(update_fields=["member_count", "evaluated_at"])
    counts = {"added": added, "removed": removed}
    audit.record(actor=actor, action="segmentation.members_changed", target=segment, data=counts, now=now)
    publish(MembersChanged(segment.pk, now, added, removed), now=now)
    publish(SegmentDefined(segment.pk), now=now)


def _wait_for_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)


def _lock_in_use(segment_id: int) -> Segment:
    segment = lock_segment(segment_id)
    if segment.state != Segment.State.ACTIVE:
        raise SegmentArchived(name=segment.name)
    return segment


def _lock_list(segment_id: int) -> Segment:
    segment = _lock_in_use(segment_id)
    if segment.kind != Segment.Kind.STATIC:
        raise NotAList(name=segment.name)
    return segment


def _check_name(name: str, own_id: int | None) -> str:
    clean = name.strip()
    if not clean or len(clean) > _NAME_LONGEST:
        raise SegmentInvalid(fields={"name": [_("Give it a name of at most 60 characters.")]})
    if Segment.objects.filter(name=clean, state=Segment.State.ACTIVE).exclude(pk=own_id or 0).exists():
        raise SegmentInvalid(fields={"name": [_("Another segment has this name.")]})
    return clean


def _check_rule(rule: Mapping[str, Any] | None, own: Segment | None) -> Group:
    words = get_vocabulary()
    try:
        checked = parse(rule, words)
        if own is not None:
            _demand_no_cycle(checked, own)
    except RuleInvalid as error:
        raise SegmentInvalid(fields={f"rule.{error.path}".rstrip("."): [say_fault(error)]}) from error
    return checked


def _demand_no_cycle(rule: Group, own: Segment) -> None:
    uses = dict(Segment.objects.filter(state=Segment.State.ACTIVE).values_list("pk", "uses"))
    graph = {pk: tuple(used) for pk, used in uses.items()} | {own.pk: tuple(_list_uses(rule))}
    try:
        sort_by_use(graph)
    except RuleInvalid as error:
        raise RuleInvalid(Fault.CYCLE, "", own.name) from error


def _list_uses(rule: Group | None) -> list[int]:
    if rule is None:
        return []
    return list(Segment.objects.filter(public_id__in=list_segments(rule)).order_by("pk").values_list("pk", flat=True))
