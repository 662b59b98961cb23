"""Open leads compared with a segment's members as they once came: the same facts of both, as SQL.

A member's facts are those of the lead that he was, of his first need, or of his first application. Keys come from a closed
list; bounds and weights are parameters.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from customers.models import Partner
from customers.queries.leads import OPEN_STATES, list_leads
from segmentation.models import Learning, LookAlikeLead
from segmentation.queries.lookalikes import KEPT, KEPT_OF_RM, choose_sides, list_sides_parameters, write_score
from segmentation.rules.comparable import Banded, Kind, spread
from segmentation.rules.lead_facts import CHANNEL_KEYS, LEAD_FACTS, MEMBER, OTHER, band_known
from segmentation.rules.lookalikes import Trait
from staff.queries import Access

_TABLE: Final = "segmentation_arrivals"
_NUMBERS: Final = tuple(key for key, (kind, _family) in LEAD_FACTS.items() if kind is Kind.NUMBER)
_CHANNELS: Final = ", ".join(f"nullif(btrim(l.origin->>'{key}'), '')" for key in CHANNEL_KEYS)
# Of lead `l`; %s is the segment.
_WAY: Final = f"""
lower(left(coalesce({_CHANNELS}), 40)) AS lead_channel, l.partner_id::text AS lead_partner,
CASE WHEN l.introducer_id IS NULL THEN NULL
     WHEN EXISTS (SELECT 1 FROM segmentation_membership m
                  WHERE m.segment_id = %s AND m.customer_id = l.introducer_id AND m.left_at IS NULL) THEN '{MEMBER}'
     ELSE '{OTHER}' END AS lead_introducer
"""  # noqa: S608 - everything is our own
_FIRST: Final = "(array_agg(n.{0} ORDER BY n.id) FILTER (WHERE n.{0} IS NOT NULL))[1] AS {0}"
_LATEST: Final = _FIRST.replace("n.id)", "n.id DESC)")
_NEEDED: Final = ("amount", "months", "annual_rate")
_LEAD: Final = f"""
SELECT l.id AS lead_id, l.owner_id, l.role AS lead_role, n.amount::float8 AS lead_amount, n.months::float8 AS lead_months,
       n.annual_rate::float8 AS lead_rate, l.method AS lead_method, {_WAY}
FROM customers_lead l
LEFT JOIN LATERAL (SELECT {", ".join(_LATEST.format(name) for name in _NEEDED)}
                   FROM customers_need n WHERE n.lead_id = l.id) n ON true
"""  # noqa: S608 - everything is our own
_MEMBER: Final = f"""
SELECT s.is_inside, s.is_held_back, coalesce(l.role, r.role) AS lead_role,
       coalesce(n.amount, a.amount)::float8 AS lead_amount, coalesce(n.months, a.months)::float8 AS lead_months,
       n.annual_rate::float8 AS lead_rate,
       coalesce(l.method, CASE WHEN starts_with(s.source, 'lead:') THEN substr(s.source, 6) END) AS lead_method, {_WAY}
FROM (SELECT false AS is_held_back, x.* FROM ({choose_sides(is_held_back=False)}) x
      UNION ALL SELECT true, x.* FROM ({choose_sides(is_held_back=True)}) x) s
LEFT JOIN LATERAL (SELECT c.* FROM customers_lead c WHERE c.customer_id = s.customer_id AND c.state = 'CONVERTED'
                   ORDER BY c.id LIMIT 1) l ON true
CROSS JOIN LATERAL (SELECT CASE
    WHEN s.first_borrowed_date < s.first_lent_date OR s.first_lent_date IS NULL AND s.first_borrowed_date IS NOT NULL
      OR s.first_lent_date IS NULL AND s.borrower AND NOT coalesce(s.investor, false) THEN 'BORROWER'
    WHEN s.first_lent_date IS NOT NULL OR s.investor AND NOT coalesce(s.borrower, false) THEN 'INVESTOR' END AS role) r
LEFT JOIN LATERAL (SELECT {", ".join(_FIRST.format(name) for name in _NEEDED)}
                   FROM customers_need n WHERE n.customer_id = s.customer_id) n ON true
LEFT JOIN LATERAL (SELECT b.amount, CASE p.period_unit WHEN 'month' THEN b.periods END AS months
                   FROM lending_application b JOIN lending_product p ON p.id = b.product_id
                   WHERE b.customer_id = s.customer_id ORDER BY b.id LIMIT 1) a
       ON coalesce(l.role, r.role) = 'BORROWER'
"""  # noqa: S608 - everything is our own


def write_known_band(fact: Banded) -> tuple[str, list[Any]]:
    """Return SQL for the band of a fact of a lead, NULL where it is not known, and its parameters."""
    if fact.kind is Kind.TEXT:
        return f"s.{fact.key}", []
    bucket = f"(1 + width_bucket(s.{fact.key}, %s::float8[]))::text"
    return f"CASE WHEN s.{fact.key} = 0 THEN '0' ELSE {bucket} END", [list(fact.bounds)]


def take_arrivals(segment_id: int) -> None:
    """Fill the working table with a sample of members and of others as they came; it ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{_TABLE}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_TABLE} ON COMMIT DROP AS {_MEMBER}",
            [segment_id, *list_sides_parameters(segment_id), *list_sides_parameters(segment_id)],
        )
        cursor.execute(f"ANALYZE {_TABLE}")


def read_lead_bounds(facts: Mapping[str, Kind]) -> dict[str, Banded]:
    """Return facts cut at the quarters of what is known of those who came."""
    columns = ", ".join(
        f"percentile_cont(ARRAY[.25, .5, .75]) WITHIN GROUP (ORDER BY {key}) FILTER (WHERE {key} <> 0)"
        for key in _NUMBERS
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {_TABLE}")  # noqa: S608 - keys of the closed list
        bounds = dict(zip(_NUMBERS, cursor.fetchone(), strict=True))
    return {key: Banded(key, kind, spread(bounds.get(key) or ())) for key, kind in facts.items()}


def count_arrivals(facts: Mapping[str, Banded]) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]]]:
    """Count members who are learned from, and others, in each band of what is known of them."""
    values, parameters = [], []
    for key, fact in facts.items():
        band, given = write_known_band(fact)
        values.append(f"('{key}', {band})")
        parameters += given
    inside: dict[str, Counter[str]] = {}
    outside: dict[str, Counter[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT v.key, v.band, s.is_inside, count(*)
            FROM {_TABLE} s CROSS JOIN LATERAL (VALUES {", ".join(values)}) v (key, band)
            WHERE NOT s.is_held_back AND v.band IS NOT NULL GROUP BY 1, 2, 3
            """,  # noqa: S608 - keys of the closed list
            parameters,
        )
        for key, band, is_inside, count in cursor.fetchall():
            (inside if is_inside else outside).setdefault(key, Counter())[band] = count
    return inside, outside


def count_arrival_scores(traits: Sequence[Trait]) -> tuple[Counter[float], Counter[float]]:
    """Return how many members kept back, and how many others, have which score."""
    score, parameters = write_score(traits, write_known_band)
    found: tuple[Counter[float], Counter[float]] = (Counter(), Counter())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.is_inside, round(({score})::numeric, 2)::float8, count(*) FROM {_TABLE} s"  # noqa: S608
            " WHERE s.is_held_back GROUP BY 1, 2",
            parameters,
        )
        for is_inside, value, count in cursor.fetchall():
            found[0 if is_inside else 1][value] = count
    return found


def write_best_leads(segment_id: int, traits: Sequence[Trait]) -> tuple[str, list[Any]]:
    """Return SQL that yields `lead_id` and `score` of the best open leads of the house and of each RM.

    Whoever is a member already is left out.
    """
    score, parameters = write_score(traits, write_known_band)
    text = f"""
    SELECT r.lead_id, r.score FROM (
        SELECT f.lead_id, f.score, row_number() OVER (ORDER BY f.score DESC, f.lead_id) AS of_house,
               row_number() OVER (PARTITION BY f.owner_id ORDER BY f.score DESC, f.lead_id) AS of_rm
        FROM (SELECT s.lead_id, s.owner_id, {score} AS score FROM (
                  {_LEAD} WHERE l.state = ANY(%s) AND NOT EXISTS (
                      SELECT 1 FROM segmentation_membership m
                      WHERE m.segment_id = %s AND m.customer_id = l.customer_id AND m.left_at IS NULL)) s) f
        WHERE f.score > 0
    ) r WHERE r.of_house <= %s OR r.of_rm <= %s
    """  # noqa: S608 - keys of the closed list
    return text, [*parameters, segment_id, list(OPEN_STATES), segment_id, KEPT, KEPT_OF_RM]


def list_lookalike_leads(
    access: Access, learning: Learning, wanted: Mapping[str, Any] | None = None
) -> QuerySet[LookAlikeLead]:
    """Return the best open leads in the reader's scope that meet the filter of the list of leads, the likest first."""
    leads = list_leads(access, dict(wanted or {})).filter(state__in=OPEN_STATES)
    rows = LookAlikeLead.objects.filter(learning=learning, lead__in=leads.order_by().values("pk"))
    return rows.order_by("-score", "-pk")


def read_lead_bands(lead_ids: Sequence[int], segment_id: int, traits: Sequence[Trait]) -> dict[int, dict[str, str]]:
    """Return the bands of some leads in the facts of traits."""
    keys = [trait.fact.key for trait in traits]
    if not keys or not lead_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.lead_id, {', '.join(f's.{key}' for key in keys)} FROM ({_LEAD} WHERE l.id = ANY(%s)) s",  # noqa: S608
            [segment_id, list(lead_ids)],
        )
        return {
            pk: {trait.fact.key: band_known(trait.fact, value) for trait, value in zip(traits, values, strict=True)}
            for pk, *values in cursor.fetchall()
        }


def name_partners() -> dict[str, str]:
    """Return the names of partners by the bands of their fact."""
    return {str(pk): name for pk, name in Partner.objects.values_list("pk", "name")}
