"""Keeping groups that a learning found, making one a segment when a person accepts it, and watching how they drift."""

from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, NotFound
from core.models import User
from core.outbox import publish
from risk.rules.scoring.measures import stability_index
from segmentation.events import ClusterAccepted, MembersChanged, SegmentDefined
from segmentation.models import Cluster, ClusterDay, Learning, Segment
from segmentation.operations.segments import create_segment
from segmentation.queries import clusters as reads
from segmentation.queries.segments import lock_segment
from segmentation.rules.clusters import Middles, list_traits, read_middles
from staff import rights
from staff.queries import access_right

_FILL: Final = """
WITH n AS MATERIALIZED (SELECT f.customer_id FROM ({nearest}) f WHERE f.place = %s), gone AS (
    UPDATE segmentation_membership m SET left_at = %s
    WHERE m.segment_id = %s AND m.left_at IS NULL AND NOT EXISTS (SELECT 1 FROM n WHERE n.customer_id = m.customer_id)
    RETURNING 1
), come AS (
    INSERT INTO segmentation_membership (segment_id, customer_id, entered_at)
    SELECT %s, n.customer_id, %s FROM n WHERE NOT EXISTS (
        SELECT 1 FROM segmentation_membership m
        WHERE m.segment_id = %s AND m.customer_id = n.customer_id AND m.left_at IS NULL)
    ORDER BY n.customer_id
    RETURNING 1
)
SELECT (SELECT count(*) FROM n), (SELECT count(*) FROM come), (SELECT count(*) FROM gone)
"""


class ClusterTaken(BusinessError):
    """A group becomes one segment."""

    code = "cluster_taken"
    message = _("This cluster is the segment “%(name)s” already.")
    next_step = _("Assign its customers anew instead.")


class ClusterOutdated(BusinessError):
    """The facts that told the groups apart are no longer all told."""

    code = "cluster_outdated"
    message = _("The facts that told these clusters apart are no longer all there.")
    next_step = _("Have clusters looked for again.")


@transaction.atomic
def keep_clusters(learning: Learning, middles: Middles) -> tuple[dict[str, Any], dict[str, Any]]:
    """Assign everybody to the nearest middle and keep each group with what sets it apart."""
    counts = reads.count_nearest(middles)
    sizes = {place: sum(bands.values()) for place, bands in counts.items()}
    total = sum(sizes.values()) or 1
    medians = reads.read_medians(middles)
    whole = medians.get(None, {})
    for place, size in sizes.items():
        traits = [
            {"key": key, "score": round(gap, 3), "inside": medians.get(place, {}).get(key), "overall": whole.get(key)}
            for key, gap in list_traits(middles, place)
        ]
        Cluster.objects.create(learning=learning, place=place, size=size, share=round(size / total, 4), traits=traits)
    kept = Middles(
        middles.features,
        middles.centres,
        tuple(round(sizes[place] / total, 6) for place in sorted(sizes)),
        tuple(dict(counts[place]) for place in sorted(counts)),
    )
    return kept.as_json(), {"customers": total, "clusters": len(sizes)}


@transaction.atomic
def accept_cluster(*, cluster_id: int, name: str, actor: User, now: datetime) -> Segment:
    """Make a group a segment, which a worker fills. Raises Refused, NotFound, ClusterTaken, ClusterOutdated, SegmentInvalid."""
    access_right(actor, rights.EDIT_SEGMENTS)
    cluster = _lock(cluster_id)
    if cluster.segment is not None:
        raise ClusterTaken(name=cluster.segment.name)
    _read(cluster)
    segment = create_segment(
        name=name,
        description=str(_("Cluster %(number)s") % {"number": cluster}),
        kind=Segment.Kind.STATIC,
        rule=None,
        actor=actor,
        now=now,
    )
    cluster.segment, cluster.accepted_by, cluster.accepted_at = segment, actor, now
    cluster.save(update_fields=["segment", "accepted_by", "accepted_at"])
    audit.record(actor=actor, action="segmentation.cluster_accepted", target=cluster, data={"name": name}, now=now)
    publish(ClusterAccepted(cluster.pk), now=now)
    return segment


@transaction.atomic
def assign_anew(*, cluster_id: int, actor: User, now: datetime) -> Cluster:
    """Have a worker fill an accepted group's segment with who is nearest now. Raises Refused, NotFound, ClusterOutdated."""
    access_right(actor, rights.EDIT_SEGMENTS)
    cluster = _lock(cluster_id)
    if cluster.segment is None:
        raise NotFound
    _read(cluster)
    audit.record(actor=actor, action="segmentation.cluster_assigned", target=cluster, now=now)
    publish(ClusterAccepted(cluster.pk), now=now)
    return cluster


@transaction.atomic
def fill_segment(*, cluster_id: int, now: datetime) -> int:
    """Make the members of an accepted group's segment those nearest to its middle; return entries and exits."""
    cluster = _lock(cluster_id)
    middles = read_middles(cluster.learning.content)
    if cluster.segment_id is None or not reads.is_readable(middles):
        return 0
    segment = lock_segment(cluster.segment_id)
    nearest, parameters = reads.write_nearest(middles)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        given = [*parameters, cluster.place, now, segment.pk, segment.pk, now, segment.pk]
        cursor.execute(_FILL.format(nearest=nearest), given)
        members, entered, left = cursor.fetchone()
    segment.member_count, segment.evaluated_at = members, now
    segment.save(update_fields=["member_count", "evaluated_at"])
    if entered or left:
        publish(MembersChanged(segment.pk, now, entered, left), now=now)
        publish(SegmentDefined(segment.pk), now=now)
    return int(entered + left)


@transaction.atomic
def watch_clusters(*, business_date: date) -> int:
    """Note how far each accepted group has drifted by now; one pass a learning. Return the groups looked at."""
    accepted: dict[int, list[Cluster]] = {}
    for cluster in Cluster.objects.filter(segment__state=Segment.State.ACTIVE).select_related("learning"):
        accepted.setdefault(cluster.learning_id, []).append(cluster)
    for clusters in accepted.values():
        middles = read_middles(clusters[0].learning.content)
        if not reads.is_readable(middles):
            continue
        counts = reads.count_nearest(middles)
        present = {str(place): float(sum(bands.values())) for place, bands in counts.items()}
        share_drift = stability_index({str(p): share for p, share in enumerate(middles.shares)}, present)
        for cluster in clusters:
            ClusterDay.objects.update_or_create(
                cluster=cluster,
                on_date=business_date,
                defaults={
                    "size": present[str(cluster.place)],
                    "share_drift": round(share_drift, 5),
                    "spread_drift": round(stability_index(middles.spreads[cluster.place], counts[cluster.place]), 5),
                },
            )
    return sum(len(clusters) for clusters in accepted.values())


def _lock(cluster_id: int) -> Cluster:
    rows = Cluster.objects.select_for_update(no_key=True, of=("self",)).select_related("learning", "segment")
    found = rows.filter(pk=cluster_id).first()
    if found is None:
        raise NotFound
    return found


def _read(cluster: Cluster) -> Middles:
    middles = read_middles(cluster.learning.content)
    if not reads.is_readable(middles):
        raise ClusterOutdated
    return middles
