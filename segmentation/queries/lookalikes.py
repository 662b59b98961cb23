"""Customers compared with the members of a segment: bands, counts and scores as SQL over the kept attributes.

Keys come from a closed list and stand in the registry; bounds and weights are parameters.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from core.registries import attributes
from customers.models import Customer
from customers.queries.staff import in_scope
from segmentation.models import Learning, LookAlike, Segment
from segmentation.queries.attributes import TABLE
from segmentation.queries.non_customers import is_non_customer
from segmentation.rules.comparable import BEFORE_DEALS, COMPARABLE, KINDS, UNKNOWN, Banded, Kind, band_of, spread
from segmentation.rules.lookalikes import Trait
from staff.queries import Access

TODAY: Final = "(SELECT value FROM core_businessdate)"
BEFORE: Final = "BEFORE"
EVERYTHING: Final = "EVERYTHING"
# So many of each side are counted; more would not change a weight by a hundredth.
_SAMPLE: Final = 60_000
# One member of five is kept back: by him it is judged whether the traits find members.
_FOLDS: Final = 5
KEPT: Final = 5_000
KEPT_OF_RM: Final = 100
# Who may be talked to: neither frozen nor gone.
_REACHABLE: Final = "s.status IN ('REGISTERED', 'IDENTIFIED')"
_NUMBERS: Final = {
    "count": "coalesce(s.{key}, 0)::float8",
    "money": "coalesce(s.{key}, 0)::float8",
    "ratio": "coalesce(s.{key}, 0)::float8",
    "flag": "coalesce(s.{key}, false)::int::float8",
    "date": f"({TODAY} - s.{{key}})::float8",
    "moment": f"({TODAY} - (s.{{key}} AT TIME ZONE 'Asia/Shanghai')::date)::float8",
}


def list_comparable(basis: str, without: Sequence[str] = ()) -> dict[str, Kind]:
    """Return the facts of the closed list that are registered, without those that a rule names."""
    keys = BEFORE_DEALS if basis == BEFORE else COMPARABLE
    return {key: KINDS[attributes.get(key).type] for key in keys if key in attributes and key not in without}


def write_number(key: str) -> str:
    """Return SQL for a fact as a number: days ago for dates, 1 for yes, 0 for no number; an unknown day is NULL."""
    return _NUMBERS[attributes.get(key).type].format(key=key)


def write_band(fact: Banded) -> tuple[str, list[Any]]:
    """Return SQL for the band of a fact, and its parameters."""
    if fact.kind is Kind.TEXT:
        return f"coalesce(s.{fact.key}, '{UNKNOWN}')", []
    number = write_number(fact.key)
    if fact.kind is Kind.FLAG:
        return f"(({number})::int)::text", []
    bucket, parameters = f"(1 + width_bucket({number}, %s::float8[]))::text", [list(fact.bounds)]
    if fact.kind is Kind.NUMBER:
        return f"CASE WHEN {number} = 0 THEN '0' ELSE {bucket} END", parameters
    return f"coalesce({bucket}, '{UNKNOWN}')", parameters


def read_bounds(facts: Mapping[str, Kind]) -> dict[str, Banded]:
    """Return facts cut at the quarters of what is known of a sample of customers."""
    cut = [key for key, kind in facts.items() if kind in {Kind.NUMBER, Kind.DAYS}]
    found = {key: Banded(key, kind) for key, kind in facts.items()}
    if not cut:
        return found
    columns = ", ".join(
        f"percentile_cont(ARRAY[.25, .5, .75]) WITHIN GROUP (ORDER BY {write_number(key)})"
        f" FILTER (WHERE {write_number(key)} <> 0 OR '{facts[key]}' = 'days')"
        for key in cut
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {TABLE} s WHERE {_write_sample()}", [_SAMPLE])  # noqa: S608
        row = cursor.fetchone()
    for key, bounds in zip(cut, row, strict=True):
        found[key] = Banded(key, facts[key], spread(bounds or ()))
    return found


def _write_sample() -> str:
    """Return a condition that the same share of customers fits each time, about as many as its parameter says."""
    return f"(hashint8(s.customer_id) & 65535) * (SELECT greatest(count(*), 1) FROM {TABLE}) < 65536::bigint * %s"  # noqa: S608


@dataclass(frozen=True)
class Sides:
    """Counts of members and of others by fact and band."""

    inside: dict[str, Counter[str]]
    outside: dict[str, Counter[str]]


def count_sides(segment_id: int, facts: Mapping[str, Banded]) -> Sides:
    """Count a sample of members who are learned from, and of the others, in each band of each fact."""
    values, parameters = [], []
    for key, fact in facts.items():
        band, given = write_band(fact)
        values.append(f"('{key}', {band})")
        parameters += given
    sides = Sides({}, {})
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT v.key, v.band, s.is_inside, count(*)
            FROM ({choose_sides(is_held_back=False)}) s CROSS JOIN LATERAL (VALUES {", ".join(values)}) v (key, band)
            GROUP BY 1, 2, 3
            """,  # noqa: S608 - keys of the closed list
            [*list_sides_parameters(segment_id), *parameters],
        )
        for key, band, is_inside, count in cursor.fetchall():
            side = sides.inside if is_inside else sides.outside
            side.setdefault(key, Counter())[band] = count
    return sides


def count_scores(segment_id: int, traits: Sequence[Trait]) -> tuple[Counter[float], Counter[float]]:
    """Return how many members kept back, and how many others, have which score."""
    score, parameters = write_score(traits)
    found: tuple[Counter[float], Counter[float]] = (Counter(), Counter())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT s.is_inside, round(({score})::numeric, 2)::float8, count(*)
            FROM ({choose_sides(is_held_back=True)}) s GROUP BY 1, 2
            """,  # noqa: S608 - keys of the closed list
            [*parameters, *list_sides_parameters(segment_id)],
        )
        for is_inside, value, count in cursor.fetchall():
            found[0 if is_inside else 1][value] = count
    return found


def choose_sides(*, is_held_back: bool) -> str:
    """Return SQL for the rows of a sample of members and others, `is_inside` or not, whom one learns from or tests with."""
    fold = f"(hashint8extended(s.customer_id, 7) & 1023) %% {_FOLDS} {'=' if is_held_back else '<>'} 0"
    members = "SELECT m.customer_id FROM segmentation_membership m WHERE m.segment_id = %s AND m.left_at IS NULL"
    return f"""
    (SELECT s.*, true AS is_inside FROM {TABLE} s WHERE s.customer_id IN ({members}) AND {fold} LIMIT %s)
    UNION ALL
    (SELECT s.*, false FROM {TABLE} s
     WHERE s.customer_id NOT IN ({members}) AND {fold} AND {_REACHABLE} AND {_write_sample()})
    """  # noqa: S608 - everything is our own


def list_sides_parameters(segment_id: int) -> list[Any]:
    """Return the parameters of `choose_sides`."""
    return [segment_id, _SAMPLE, segment_id, _SAMPLE]


def write_score(
    traits: Sequence[Trait], write: Callable[[Banded], tuple[str, list[Any]]] = write_band
) -> tuple[str, list[Any]]:
    """Return SQL for the sum of the weights of somebody's bands, and its parameters; `write` tells the band of a fact."""
    terms, parameters = [], []
    for trait in traits:
        band, given = write(trait.fact)
        whens = " ".join("WHEN %s THEN %s::float8" for _band in trait.weights)
        terms.append(f"CASE {band} {whens} ELSE 0 END")
        parameters += [*given, *(value for pair in trait.weights.items() for value in pair)]
    return " + ".join(terms), parameters


def write_best(segment_id: int, traits: Sequence[Trait], basis: str) -> tuple[str, list[Any]]:
    """Return SQL that yields `customer_id` and `score` of the best of the house and of each RM, not members."""
    score, parameters = write_score(traits)
    prospects = " AND s.deal_count IS NULL" if basis == BEFORE else ""
    text = f"""
    SELECT r.customer_id, r.score FROM (
        SELECT f.customer_id, f.score, row_number() OVER (ORDER BY f.score DESC, f.customer_id) AS of_house,
               row_number() OVER (PARTITION BY f.rm ORDER BY f.score DESC, f.customer_id) AS of_rm
        FROM (SELECT s.customer_id, s.rm, {score} AS score FROM {TABLE} s
              WHERE {_REACHABLE}{prospects} AND NOT EXISTS (
                  SELECT 1 FROM segmentation_membership m
                  WHERE m.segment_id = %s AND m.customer_id = s.customer_id AND m.left_at IS NULL)) f
        WHERE f.score > 0
    ) r WHERE r.of_house <= %s OR r.of_rm <= %s
    """  # noqa: S608 - keys of the closed list
    return text, [*parameters, segment_id, KEPT, KEPT_OF_RM]


def get_latest(segment: Segment) -> Learning | None:
    """Return the latest learning about a segment, whatever came of it."""
    return Learning.objects.filter(segment=segment, kind=Learning.Kind.LOOKALIKES).order_by("-pk").first()


def list_lookalikes(access: Access, learning: Learning, on: date) -> QuerySet[LookAlike]:
    """Return the best look-alikes in the reader's scope who are still not members, the likest first.

    Who is no customer on a date is left out.
    """
    rows = LookAlike.objects.filter(learning=learning, customer__in=in_scope(access).values("pk"))
    inside = Customer.objects.filter(memberships__segment=learning.segment_id, memberships__left_at=None)
    rows = rows.exclude(is_non_customer(on))
    return rows.exclude(customer__in=inside.values("pk")).order_by("-score", "-pk")


def read_bands(customer_ids: Sequence[int], traits: Sequence[Trait], today: date) -> dict[int, dict[str, str]]:
    """Return the bands of some customers in the facts of traits that are still registered."""
    facts = [trait.fact for trait in traits if trait.fact.key in attributes]
    if not facts or not customer_ids:
        return {}
    columns = ", ".join(f"s.{fact.key}" for fact in facts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.customer_id, {columns} FROM {TABLE} s WHERE s.customer_id = ANY(%s)",  # noqa: S608
            [list(customer_ids)],
        )
        return {
            pk: {fact.key: band_of(fact, value, today) for fact, value in zip(facts, values, strict=True)}
            for pk, *values in cursor.fetchall()
        }
