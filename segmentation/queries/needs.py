"""Needs of customers as the apps' rows tell them, looked back at from a day, and what a learning says comes next."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import orjson
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.registries import Among, Attribute, register_family
from customers.queries.staff import in_scope
from segmentation.models import NextNeed
from segmentation.queries.attributes import among_range, among_some
from segmentation.queries.non_customers import is_non_customer
from segmentation.rules.needs import HORIZON_DAYS, MOST_RATIO, MOST_TIMES, OWN_RHYTHM, RATIOS, TIMES, Place, Step
from staff import rights
from staff.models import Scope
from staff.queries import Access

Params = dict[str, Any]
_TABLE: Final = "segmentation_snapshot"


def build_snapshot(among: Among) -> str:
    """Return SQL that yields each customer and role as it stood at the end of %(day)s, and what came after, if anything."""
    before, after = "n.on_date <= %(day)s", "n.on_date > %(day)s"
    return f"""
    SELECT n.customer_id, n.role, (count(*) FILTER (WHERE {before}))::int AS times,
           max(n.on_date) FILTER (WHERE {before}) AS last_date,
           percentile_cont(.5) WITHIN GROUP (ORDER BY n.gap) FILTER (WHERE {before}) AS own_days,
           (array_agg(n.product_id ORDER BY n.on_date DESC) FILTER (WHERE {before}))[1] AS last_product,
           (array_agg(n.amount ORDER BY n.on_date DESC) FILTER (WHERE {before}))[1] AS last_amount,
           min(n.on_date) FILTER (WHERE {after}) AS next_date,
           (array_agg(n.product_id ORDER BY n.on_date) FILTER (WHERE {after}))[1] AS next_product,
           (array_agg(n.amount ORDER BY n.on_date) FILTER (WHERE {after}))[1] AS next_amount
    FROM (
        SELECT w.*, w.on_date - lag(w.on_date) OVER (PARTITION BY w.customer_id, w.role ORDER BY w.on_date) AS gap
        FROM (
            SELECT a.customer_id, 'BORROWER' AS role, min(a.business_date) AS on_date,
                   mode() WITHIN GROUP (ORDER BY a.product_id) AS product_id, max(a.amount) AS amount
            FROM lending_application a WHERE true {among("a.customer_id")}
            GROUP BY 1, date_trunc('week', a.business_date)
            UNION ALL
            SELECT b.investor_id, 'INVESTOR', min((b.placed_at AT TIME ZONE 'Asia/Shanghai')::date),
                   mode() WITHIN GROUP (ORDER BY l.product_id), sum(b.amount)
            FROM lending_bid b JOIN lending_listing l ON l.id = b.listing_id
            WHERE b.mandate_reference = '' {among("b.investor_id")}
            GROUP BY 1, date_trunc('week', b.placed_at AT TIME ZONE 'Asia/Shanghai')
        ) w
    ) n GROUP BY 1, 2 HAVING count(*) FILTER (WHERE {before}) > 0
    """  # noqa: S608 - everything is our own


def take_snapshot(day: date, ranges: Sequence[tuple[int, int]]) -> None:
    """Fill the working table that the counts below read, a range of ids after the other; it ends with the transaction."""
    build = build_snapshot(among_range(0, 0)[0])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{_TABLE}")
        for place, (from_id, to_id) in enumerate(ranges):
            begin = f"INSERT INTO {_TABLE}" if place else f"CREATE TEMPORARY TABLE {_TABLE} ON COMMIT DROP AS"
            cursor.execute(f"{begin} {build}", {"day": day, "from_id": from_id, "to_id": to_id})
        cursor.execute(f"ANALYZE {_TABLE}")


def read_house() -> dict[str, float]:
    """Return the usual days between needs by role, of those who had two."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT role, percentile_cont(.5) WITHIN GROUP (ORDER BY own_days) FROM {_TABLE}"  # noqa: S608
            " WHERE own_days IS NOT NULL GROUP BY 1"
        )
        return {role: round(days) for role, days in cursor.fetchall()}


def count_places(day: date, house: Mapping[str, float]) -> list[Place]:
    """Count who stood where at the end of a day, and who of them had a need within the horizon."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT p.role, p.times_band, p.ratio_band, count(*),
                   count(*) FILTER (WHERE p.next_date <= %(day)s::date + {HORIZON_DAYS})
            FROM ({_write_places(_TABLE)}) p GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """,  # noqa: S608 - everything is our own
            {"day": day, **_house_parameters(house)},
        )
        return [Place(*row) for row in cursor.fetchall()]


def count_steps(day: date) -> list[Step]:
    """Count which product came after which within the horizon."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT role, last_product, next_product, count(*) FROM {_TABLE}
            WHERE next_date <= %s::date + {HORIZON_DAYS} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """,  # noqa: S608 - everything is our own
            [day],
        )
        return [Step(*row) for row in cursor.fetchall()]


def read_growth(day: date) -> dict[str, float]:
    """Return by role the middle of the next amount as a multiple of the latest."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT role, percentile_cont(.5) WITHIN GROUP (ORDER BY next_amount / last_amount) FROM {_TABLE}
            WHERE next_date <= %s::date + {HORIZON_DAYS} GROUP BY 1
            """,  # noqa: S608 - everything is our own
            [day],
        )
        return {role: round(float(ratio), 4) for role, ratio in cursor.fetchall()}


def judge_when_and_how_much(
    day: date, house: Mapping[str, float], growth: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """Return by role how far days and amounts were off in the middle, for those who came; beside everybody's rhythm, and
    the latest amount again."""
    own = "abs(p.next_date - greatest(p.last_date + p.usual, %(day)s::date + 1))"
    same = "abs(p.next_date - greatest(p.last_date + p.house, %(day)s::date + 1))"
    amount = "abs(p.next_amount / (p.last_amount * g.value::numeric) - 1)"
    middle = "percentile_cont(.5) WITHIN GROUP (ORDER BY {})::float8"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT p.role, {middle.format(own)}, {middle.format(same)}, {middle.format(amount)},
                   {middle.format("abs(p.next_amount / p.last_amount - 1)")}
            FROM ({_write_places(_TABLE)}) p JOIN jsonb_each_text(%(growth)s::jsonb) g ON g.key = p.role
            WHERE p.next_date <= %(day)s::date + {HORIZON_DAYS} GROUP BY 1
            """,  # noqa: S608 - everything is our own
            {"day": day, "growth": orjson.dumps(dict(growth)).decode(), **_house_parameters(house)},
        )
        names = ("days_off", "days_off_house", "amount_off", "amount_off_same")
        return {
            role: {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}
            for role, *values in cursor.fetchall()
        }


def _write_places(source: str) -> str:
    """Return SQL that adds to a snapshot the usual days, and the bands of where each stands."""
    times = " ".join(f"WHEN s.times <= {most} THEN '{band}'" for most, band in TIMES)
    ratios = " ".join(f"WHEN s.ratio < {most} THEN '{band}'" for most, band in RATIOS)
    return f"""
    SELECT s.*, CASE {times} ELSE '{MOST_TIMES}' END AS times_band, CASE {ratios} ELSE '{MOST_RATIO}' END AS ratio_band
    FROM (
        SELECT u.*, (%(day)s::date - u.last_date)::float8 / u.usual AS ratio FROM (
            SELECT r.*, h.value::numeric::int AS house, r.times >= {OWN_RHYTHM} AS has_own,
                   (CASE WHEN r.times >= {OWN_RHYTHM} THEN greatest(r.own_days, 7) ELSE h.value::numeric END)::int AS usual
            FROM {source} r JOIN jsonb_each_text(%(house)s::jsonb) h ON h.key = r.role
        ) u
    ) s
    """  # noqa: S608 - everything is our own


def _house_parameters(house: Mapping[str, float]) -> Params:
    return {"house": orjson.dumps({role: max(days, 1) for role, days in house.items()}).decode()}


def build_next(among: Among) -> str:
    """Return SQL that yields what comes next for customers by the tables of a learning, as of %(day)s."""
    return f"""
    SELECT p.customer_id, p.role, coalesce(c.chance, d.chance) AS chance, t.product_id, t.share AS product_share,
           greatest(round(p.last_amount * g.value::numeric, -2), 100)::numeric(18,2) AS amount,
           greatest(p.last_date + p.usual, %(day)s::date) AS expected_date, p.times, p.last_date, p.usual AS usual_days,
           p.has_own AS has_own_rhythm
    FROM ({_write_places(f"({build_snapshot(among)})")}) p
    JOIN jsonb_each_text(%(growth)s::jsonb) g ON g.key = p.role
    JOIN jsonb_to_recordset(%(chances)s::jsonb) d (role text, place text, chance float8) ON d.role = p.role AND d.place = ''
    LEFT JOIN jsonb_to_recordset(%(chances)s::jsonb) c (role text, place text, chance float8)
        ON c.role = p.role AND c.place = p.times_band || '|' || p.ratio_band
    JOIN LATERAL (
        SELECT n.next AS product_id, n.share FROM jsonb_to_recordset(%(steps)s::jsonb) n (role text, last int, next int, share float8)
        WHERE n.role = p.role AND n.last IN (p.last_product, 0) ORDER BY n.last DESC LIMIT 1
    ) t ON true
    """  # noqa: S608 - everything is our own


def list_parameters(content: Mapping[str, Any], day: date) -> Params:
    """Return a learning's tables as the parameters of `build_next`; of each step only the likeliest product."""
    steps = []
    for role, by_last in content["steps"].items():
        for last, shares in by_last.items():
            best = min(shares, key=lambda product: (-shares[product], int(product)))
            steps.append({"role": role, "last": int(last or 0), "next": int(best), "share": shares[best]})
    chances = [
        {"role": role, "place": place, "chance": chance}
        for role, places in content["chances"].items()
        for place, chance in places.items()
    ]
    rows = {"chances": chances, "steps": steps, "growth": content["growth"]}
    return {"day": day, **_house_parameters(content["house"]), **{k: orjson.dumps(v).decode() for k, v in rows.items()}}


def read_next(customer_id: int, content: Mapping[str, Any], day: date) -> list[dict[str, Any]]:
    """Return what comes next for one customer as of a day, a row a role, by the very SQL of the bulk job."""
    among, parameters = among_some([customer_id])
    with connection.cursor() as cursor:
        cursor.execute(build_next(among) + " ORDER BY 2", {**parameters, **list_parameters(content, day)})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def list_needs(access: Access, on: date, role: str = "", stage: str = "") -> QuerySet[NextNeed]:
    """Return what the customers in the reader's scope are likely to want next, in one role or both, the likeliest first.

    With a stage only of customers in it: who is mature is the list to cross-sell to.

    Who is no customer on a date is left out.
    """
    rows = NextNeed.objects.filter(role=role) if role else NextNeed.objects.all()
    if stage:
        rows = rows.filter(customer__stage=stage)
    if access.scope_of(rights.VIEW_CUSTOMERS) != Scope.ALL:
        rows = rows.filter(customer__in=in_scope(access).values("pk"))
    return rows.exclude(is_non_customer(on)).order_by("-chance", "-pk")


def list_columns() -> Sequence[str]:
    """Return the columns that `build_next` yields beside customer and role."""
    return (
        "chance",
        "product_id",
        "product_share",
        "amount",
        "expected_date",
        "times",
        "last_date",
        "usual_days",
        "has_own_rhythm",
    )


def _build_attributes(among: Among) -> str:
    """Return SQL for the needs as they were told last: by event and by night the same."""
    columns = ", ".join(
        f"max(k.{column}) FILTER (WHERE k.role = '{role}') AS {key}"
        for key, (role, column, _type, _label) in _ATTRIBUTES.items()
    )
    return (
        f"SELECT k.customer_id, {columns} FROM segmentation_nextneed k WHERE true {among('k.customer_id')} GROUP BY 1"  # noqa: S608
    )


_FAMILY: Final = "segmentation.needs"
# Key -> role, column, type, label.
_ATTRIBUTES: Final = {
    "borrow_chance": ("BORROWER", "chance", "ratio", _("Chance to apply within 90 days (0 to 1)")),
    "borrow_next_date": ("BORROWER", "expected_date", "date", _("Next application expected")),
    "lend_chance": ("INVESTOR", "chance", "ratio", _("Chance to bid within 90 days (0 to 1)")),
    "lend_next_date": ("INVESTOR", "expected_date", "date", _("Next bid expected")),
}


def register_attributes() -> None:
    """Register the next needs as attributes, so that lists and segments can ask for them."""
    members = {
        key: Attribute(label, type, _FAMILY, _("Next needs"))
        for key, (_role, _column, type, label) in _ATTRIBUTES.items()
    }
    register_family(_FAMILY, _build_attributes, members)
