"""Finding who is like the members of a segment, and keeping the best of them as a list."""

from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInput
from core.models import User
from core.registries import attributes
from segmentation.models import Learning, LookAlike, Segment
from segmentation.operations.lookalike_leads import learn_lookalike_leads
from segmentation.operations.segments import add_members, create_segment
from segmentation.queries import lookalikes as reads
from segmentation.queries.rules import get_vocabulary
from segmentation.rules.lookalikes import find_traits, judge
from segmentation.rules.recommend import Lack, NothingLearned
from segmentation.rules.segments import Fact, RuleInvalid, list_leaves, parse
from staff.queries import Access

MOST_KEPT: Final = reads.KEPT


class NothingFound(BusinessError):
    """There are no look-alikes to keep."""

    code = "no_lookalikes"
    message = _("There are no look-alikes of yours to keep.")
    next_step = _("Have them looked for first.")


@transaction.atomic
def learn_lookalikes(learning: Learning) -> tuple[dict[str, Any], dict[str, Any]]:
    """Find the traits of a segment's members and keep who shares them most: of the house, and of each RM; leads likewise.

    What the segment's own rule asks is no trait: it would find the rule again. Raises NothingLearned.
    """
    segment = learning.segment
    assert segment is not None
    without = _list_asked(segment)
    facts = reads.read_bounds(reads.list_comparable(learning.basis, without))
    sides = reads.count_sides(segment.pk, facts)
    if not sides.inside:
        raise NothingLearned(Lack.NO_MEMBERS)
    families = {key: attributes.get(key).family for key in facts}
    traits = find_traits(facts, families, sides.inside, sides.outside)
    scores = judge(*reads.count_scores(segment.pk, traits))
    LookAlike.objects.filter(learning__segment=segment).delete()
    best, parameters = reads.write_best(segment.pk, traits, learning.basis)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            f"INSERT INTO segmentation_lookalike (learning_id, customer_id, score)"  # noqa: S608 - see queries
            f" SELECT %s, b.customer_id, b.score FROM ({best}) b ORDER BY b.score, b.customer_id",
            [learning.pk, *parameters],
        )
        found = cursor.rowcount
    leads, lead_scores = learn_lookalike_leads(learning, without)
    kept = {"traits": [trait.as_json() for trait in traits], "without": without, "found": found, "leads": leads}
    return kept, {**scores, "leads": lead_scores}


def _list_asked(segment: Segment) -> list[str]:
    """Return the facts that a segment's own rule asks."""
    if segment.kind != Segment.Kind.DYNAMIC:
        return []
    try:
        rule = parse(segment.rule, get_vocabulary(with_people=False))
    except RuleInvalid:
        return []
    return sorted({leaf.condition.field for _path, leaf in list_leaves(rule) if isinstance(leaf, Fact)})


@transaction.atomic
def keep_lookalikes(
    *, learning: Learning, access: Access, most: int, name: str, actor: User, now: datetime, business_date: date
) -> Segment:
    """Keep the likest customers in the actor's scope as a list. Raises InvalidInput, SegmentInvalid, NothingFound."""
    if not 1 <= most <= MOST_KEPT:
        raise InvalidInput(fields={"most": [_("From 1 to 5,000.")]})
    ids = list(reads.list_lookalikes(access, learning, business_date).values_list("customer_id", flat=True)[:most])
    if not ids:
        raise NothingFound
    assert learning.segment is not None
    segment = create_segment(
        name=name,
        description=str(_("Like the members of “%(name)s”") % {"name": learning.segment.name}),
        kind=Segment.Kind.STATIC,
        rule=None,
        actor=actor,
        now=now,
    )
    add_members(segment_id=segment.pk, customer_ids=ids, actor=actor, now=now)
    segment.refresh_from_db()
    return segment
