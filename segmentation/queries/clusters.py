"""Customers put on the yardstick of a learning, and the group of each, as SQL over the kept attributes."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.registries import Indicator, attributes, indicators
from customers.texts import register_text
from segmentation.models import Cluster, ClusterDay, Learning, Segment
from segmentation.queries.attributes import TABLE
from segmentation.queries.lookalikes import EVERYTHING, list_comparable, write_number
from segmentation.rules.clusters import DISTANCES, NEVER_DAYS, Middles
from segmentation.rules.comparable import Kind

# Enough to find the middles of a few groups.
SAMPLE: Final = 40_000
# Customers with business, a wish for it, or money here; the others have nothing to be told apart by.
_CLUSTERED: Final = (
    "s.status IN ('REGISTERED', 'IDENTIFIED')"
    " AND (s.deal_count IS NOT NULL OR s.bids > 0 OR s.applications > 0 OR s.available > 0)"
)
# How long somebody has been a customer would tell cohorts apart, not needs.
_LEFT_OUT: Final = frozenset({"registered", "completeness", "first_deal_date"})
DRIFT: Final = "cluster_drift"
# A look holds until the next week's, and a week more where that one was missed.
_LOOK_HOLDS: Final = timedelta(days=14)
_STEP: Final = Decimal("0.000001")


def list_features() -> dict[str, Kind]:
    """Return the facts that groups may be told apart by: numbers, days and flags."""
    found = list_comparable(EVERYTHING)
    return {key: kind for key, kind in found.items() if kind is not Kind.TEXT and key not in _LEFT_OUT}


def write_even(key: str, kind: Kind) -> str:
    """Return SQL for a fact on the even scale, as `segmentation.rules.clusters.even_out` tells it."""
    number = write_number(key)
    if kind is Kind.FLAG:
        return number
    if kind is Kind.DAYS:
        return f"ln(1 + least(greatest(coalesce({number}, {NEVER_DAYS}), 0), {NEVER_DAYS}))"
    return f"sign({number}) * ln(1 + abs({number}))"


def read_sample(features: dict[str, Kind]) -> list[tuple[float, ...]]:
    """Return a sample of customers with business on the even scale, the same one each time."""
    columns = ", ".join(write_even(key, kind) for key, kind in features.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM {TABLE} s WHERE {_CLUSTERED} ORDER BY hashint8(s.customer_id) LIMIT %s",  # noqa: S608
            [SAMPLE],
        )
        return list(cursor.fetchall())


def is_readable(middles: Middles) -> bool:
    """Tell whether every fact of a learning is still told."""
    return all(feature.key in attributes for feature in middles.features)


def write_nearest(middles: Middles) -> tuple[str, list[Any]]:
    """Return SQL that yields `customer_id`, `place` of the nearest middle and `distance`, and its parameters."""
    evens, parameters = [], []
    for number, feature in enumerate(middles.features):
        evens.append(f"({write_even(feature.key, feature.kind)} - %s::float8) / %s::float8 AS z{number}")
        parameters += [feature.mean, feature.scale]
    # The squared distance less the customer's own square, which is the same for every middle.
    gaps, more = [], []
    for place, centre in enumerate(middles.centres):
        terms = " + ".join(f"z.z{number} * %s::float8" for number in range(len(centre)))
        gaps.append(f"%s::float8 + {terms} AS g{place}")
        more += [sum(value * value for value in centre), *(-2 * value for value in centre)]
    own = " + ".join(f"z.z{number} * z.z{number}" for number in range(len(middles.features)))
    names = [f"g.g{place}" for place in range(len(middles.centres))]
    least = f"least({', '.join(names)})"
    whens = " ".join(f"WHEN {name} THEN {place}" for place, name in enumerate(names))
    # OFFSET 0 keeps what is reckoned once from being reckoned anew wherever it is named.
    text = f"""
    SELECT g.customer_id, CASE {least} {whens} END AS place,
           sqrt(greatest({least} + g.own, 0) / {len(middles.features)}) AS distance
    FROM (
        SELECT z.customer_id, {own} AS own, {", ".join(gaps)}
        FROM (SELECT s.customer_id, {", ".join(evens)} FROM {TABLE} s WHERE {_CLUSTERED} OFFSET 0) z OFFSET 0
    ) g
    """  # noqa: S608 - keys of the closed list
    parameters = [*more, *parameters]
    return text, parameters


def count_nearest(middles: Middles) -> dict[int, Counter[str]]:
    """Return how many customers stand nearest to each middle, by band of distance."""
    text, parameters = write_nearest(middles)
    bounds = ", ".join(str(bound) for bound in DISTANCES)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            f"SELECT n.place, width_bucket(n.distance, ARRAY[{bounds}]::float8[])::text, count(*)"  # noqa: S608
            f" FROM ({text}) n GROUP BY 1, 2",
            parameters,
        )
        found: dict[int, Counter[str]] = {place: Counter() for place in range(len(middles.centres))}
        for place, band, count in cursor.fetchall():
            found[place][band] = count
    return found


def read_medians(middles: Middles) -> dict[int | None, dict[str, float]]:
    """Return the median of each number of a learning's facts, of each group and of all (None), as numbers of the facts."""
    text, parameters = write_nearest(middles)
    columns = ", ".join(
        f"percentile_cont(.5) WITHIN GROUP (ORDER BY {write_number(f.key)})"
        if f.kind is not Kind.FLAG
        else f"avg({write_number(f.key)})"
        for f in middles.features
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT n.place, {columns} FROM ({text}) n JOIN {TABLE} s ON s.customer_id = n.customer_id"  # noqa: S608
            " GROUP BY GROUPING SETS ((n.place), ())",
            parameters,
        )
        return {
            place: {f.key: value for f, value in zip(middles.features, values, strict=True) if value is not None}
            for place, *values in cursor.fetchall()
        }


def list_clusters(learning: Learning) -> list[Cluster]:
    """Return the groups of a learning, the largest first, with the latest look at those accepted."""
    return list(_with_days(learning.clusters.all()).order_by("-size", "place"))


def is_offered() -> Q:
    """Return which groups are those of the latest learning, or were accepted."""
    latest = Learning.objects.filter(kind=Learning.Kind.CLUSTERS, state=Learning.State.DONE).order_by("-pk")
    return Q(segment__isnull=False) | Q(learning__in=latest.values("pk")[:1])


def list_accepted() -> list[Cluster]:
    """Return all groups that a person accepted, the newest first."""
    return list(_with_days(Cluster.objects.filter(segment__isnull=False)).order_by("-accepted_at"))


def _with_days(rows: QuerySet[Cluster]) -> QuerySet[Cluster]:
    days = ClusterDay.objects.order_by("-on_date")
    return rows.select_related("segment", "learning").prefetch_related(Prefetch("days", days))


def get_cluster(public_id: str) -> Cluster:
    """Return a group with its learning. Raises NotFound."""
    found = Cluster.objects.select_related("learning", "segment").filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def list_days(cluster: Cluster, since: date) -> Sequence[ClusterDay]:
    """Return the looks at an accepted group since a day, in order."""
    return list(cluster.days.filter(on_date__gte=since).order_by("on_date"))


def compute_drift(business_date: date) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    """Return by accepted group the greater of its two stability indices at the latest look, and its customers then.

    A group whose segment was archived has drifted by nothing: what it had raised is over.
    """
    days = (
        ClusterDay.objects.filter(on_date__gt=business_date - _LOOK_HOLDS, on_date__lte=business_date)
        .filter(cluster__segment__isnull=False)
        .order_by("cluster_id", "-on_date")
        .distinct("cluster_id")
        .values_list("cluster__public_id", "cluster__segment__state", "share_drift", "spread_drift", "size")
    )
    rows = []
    for public_id, state, share_drift, spread_drift, size in days:
        drift = max(share_drift, spread_drift) if state == Segment.State.ACTIVE else 0
        value = Decimal(str(drift)).quantize(_STEP)
        rows.append((public_id, value, value, Decimal(size)))
    return rows


def register_drift() -> None:
    """Register the drift of accepted groups, so that the close keeps it and raises an alert by risk's rules."""
    indicators.register(
        DRIFT,
        Indicator(
            _("Drift of an accepted cluster"),
            compute_drift,
            unit="count",
            definition=_("Population stability index against the learning: .1 to watch, .25 other people."),
            name_dimension=_name_part,
            records=lambda part: (
                reverse("segmentation:cluster", args=[part]) if part else reverse("segmentation:clusters")
            ),
        ),
    )
    register_text(
        f"risk.above.{DRIFT}",
        _("The segment %(dimension)s has drifted: stability index %(value)s, above its limit of %(limit)s"),
    )


def _name_part(part: str) -> str:
    found = Cluster.objects.filter(public_id=part).values_list("segment__name", flat=True).first()
    return found or part
