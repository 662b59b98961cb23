"""Learning what customers want next, testing it on later data, and telling it for everybody."""

from datetime import date
from typing import Any, Final

from django.db import connection, transaction

from core.registries import Among
from segmentation.models import Learning
from segmentation.operations.attributes import list_ranges
from segmentation.queries import needs as reads
from segmentation.queries.attributes import among_range
from segmentation.queries.recommend import get_learning
from segmentation.rules.needs import (
    HORIZON_DAYS,
    LEAST,
    Guess,
    Place,
    find_days,
    judge_chances,
    judge_products,
    learn_chances,
    learn_steps,
    read_chance,
)
from segmentation.rules.recommend import Lack, NothingLearned

_ROLES: Final = ("BORROWER", "INVESTOR")


def learn_needs(today: date) -> tuple[dict[str, Any], dict[str, Any]]:
    """Learn the tables from one look back, test them on the next; then learn them anew from that, to be used.

    Raises NothingLearned.
    """
    first, second = find_days(today)
    content, _places = _learn(first)
    reads.take_snapshot(second, list_ranges(today))
    later, steps = reads.count_places(second, content["house"]), reads.count_steps(second)
    off = reads.judge_when_and_how_much(second, content["house"], content["growth"])
    scores: dict[str, Any] = {"since": second.isoformat(), "days": HORIZON_DAYS, "learned": first.isoformat()}
    for role in _ROLES:
        guesses = [
            Guess(read_chance(content["chances"], role, row.times, row.ratio), row.count, row.came)
            for row in later
            if row.role == role
        ]
        scores[role] = {
            "chance": judge_chances(guesses),
            "product": judge_products(content["steps"], steps, role),
            **off.get(role, {}),
        }
    return _learn(second)[0], scores


def _learn(day: date) -> tuple[dict[str, Any], list[Place]]:
    reads.take_snapshot(day, list_ranges(day))
    house = reads.read_house()
    places = reads.count_places(day, house)
    if sum(place.count for place in places) < LEAST or not any(place.came for place in places):
        raise NothingLearned(Lack.TOO_FEW)
    content = {
        "as_of": day.isoformat(),
        "house": house,
        "chances": learn_chances(places),
        "steps": learn_steps(reads.count_steps(day)),
        "growth": reads.read_growth(day),
    }
    return content, places


def tell_needs(*, learning: Learning | None, business_date: date) -> int:
    """Tell for everybody what comes next, range by range, differences only; return the rows written."""
    used = learning or get_learning(Learning.Kind.NEEDS)
    if used is None:
        return 0
    return sum(_tell_range(used, business_date, low, high) for low, high in list_ranges(business_date))


@transaction.atomic
def _tell_range(learning: Learning, business_date: date, from_id: int, to_id: int) -> int:
    among, parameters = among_range(from_id, to_id)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        given = {
            **parameters, **reads.list_parameters(learning.content, business_date), "learning": learning.pk,
        }  # fmt: skip
        cursor.execute(_build_tell(among), given)
        return int(cursor.fetchone()[0])


def _build_tell(among: Among) -> str:
    columns = reads.list_columns()
    # Chance and dates of those who wait longer change by the day; who told it, and when, only where something changed.
    kept, seen = (", ".join(f"{name}.{column}" for column in columns) for name in ("k", "excluded"))
    return f"""
    WITH n AS MATERIALIZED ({reads.build_next(among)}), told AS (
        INSERT INTO segmentation_nextneed AS k (customer_id, role, learning_id, told_date, {", ".join(columns)})
        SELECT n.customer_id, n.role, %(learning)s, %(day)s::date, {", ".join(f"n.{column}" for column in columns)}
        FROM n ORDER BY n.customer_id, n.role
        ON CONFLICT (customer_id, role) DO UPDATE
        SET learning_id = excluded.learning_id, told_date = excluded.told_date,
            {", ".join(f"{column} = excluded.{column}" for column in columns)}
        WHERE ({kept}) IS DISTINCT FROM ({seen})
        RETURNING 1
    ), gone AS (
        DELETE FROM segmentation_nextneed k WHERE true {among("k.customer_id")}
          AND NOT EXISTS (SELECT 1 FROM n WHERE n.customer_id = k.customer_id AND n.role = k.role)
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM told) + (SELECT count(*) FROM gone)
    """  # noqa: S608 - everything is our own
