"""Finding which open leads are like the members of a segment as they once came, and ranking them anew as leads come and go."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from segmentation.models import Learning, LookAlikeLead, Segment
from segmentation.queries import lookalike_leads as reads
from segmentation.rules.lead_facts import LEAD_FACTS, list_lead_facts
from segmentation.rules.lookalikes import LEAST_MEMBERS, Trait, find_traits, judge, read_trait
from segmentation.rules.recommend import Lack, NothingLearned


@transaction.atomic
def learn_lookalike_leads(learning: Learning, asked: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Find what members had in common when they came, and rank the open leads by it; with why nothing was found."""
    assert learning.segment_id is not None
    reads.take_arrivals(learning.segment_id)
    facts = reads.read_lead_bounds(list_lead_facts(asked))
    inside, outside = reads.count_arrivals(facts)
    # A fact that is known of too few members tells nothing.
    known = {
        key: fact
        for key, fact in facts.items()
        if sum(inside.get(key, {}).values()) >= LEAST_MEMBERS and outside.get(key)
    }
    families = {key: family for key, (_kind, family) in LEAD_FACTS.items()}
    LookAlikeLead.objects.filter(learning__segment=learning.segment_id).delete()
    if not known:
        return {"traits": [], "lack": Lack.NO_MEMBERS.value}, {}
    try:
        traits = find_traits(known, families, inside, outside)
    except NothingLearned as found:
        return {"traits": [], "lack": found.lack.value}, {}
    scores = judge(*reads.count_arrival_scores(traits))
    _write(learning, traits)
    return {"traits": [trait.as_json() for trait in traits], "lack": ""}, dict(scores)


def rank_leads() -> int:
    """Rank the open leads by the latest learning about each segment in use; return the rows that are kept."""
    rows = Learning.objects.filter(
        kind=Learning.Kind.LOOKALIKES, state=Learning.State.DONE, segment__state=Segment.State.ACTIVE
    )
    return sum(_rank(learning) for learning in rows.order_by("segment_id", "-pk").distinct("segment_id"))


@transaction.atomic
def _rank(learning: Learning) -> int:
    traits = [read_trait(kept) for kept in learning.content.get("leads", {}).get("traits", [])]
    if not traits or any(trait.fact.key not in LEAD_FACTS for trait in traits):
        return 0
    # Two at once would write each lead twice.
    Learning.objects.select_for_update(no_key=True).get(pk=learning.pk)
    LookAlikeLead.objects.filter(learning=learning).delete()
    return _write(learning, traits)


def _write(learning: Learning, traits: Sequence[Trait]) -> int:
    assert learning.segment_id is not None
    best, parameters = reads.write_best_leads(learning.segment_id, traits)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            "INSERT INTO segmentation_lookalikelead (learning_id, lead_id, score)"  # noqa: S608 - see queries
            f" SELECT %s, b.lead_id, b.score FROM ({best}) b ORDER BY b.score, b.lead_id",
            [learning.pk, *parameters],
        )
        return cursor.rowcount
