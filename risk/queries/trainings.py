"""Past applicants with what came of them, and the trainings and models made from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import orjson
from django.db import connection
from django.db.models import Avg, Count, F, Q, QuerySet

from core.errors import NotFound
from core.fields import decrypt
from core.models import User
from risk.models import Challenger, DecisionRecord, IndicatorValue, ModelTraining, RuleState, Scorecard
from risk.rules.inputs import FACTS
from risk.rules.scoring.material import Material
from staff import rights
from staff.queries import access_right

# A loan went bad when an instalment was unpaid for more than so many days, within so many months of its beginning; it is
# known only when those months are over for it.
_OUTCOMES: Final = """
SELECT d.id, {inputs}, d.score, d.probability, d.challenger_score, d.challenger_probability, c.sex,
       extract(year FROM age(d.business_date, c.birth_date))::int,
       (l.id IS NOT NULL AND l.start_date + make_interval(months => %(months)s) <= %(on)s::date) AS is_known,
       EXISTS (
           SELECT 1 FROM lending_instalment i
           WHERE i.loan_id = l.id
             AND i.due_date + %(dpd)s < (l.start_date + make_interval(months => %(months)s))::date
             AND (i.paid_at IS NULL OR (i.paid_at AT TIME ZONE 'Asia/Shanghai')::date > i.due_date + %(dpd)s)
       ) AS is_bad,
       l.id IS NULL AND d.outcome = 'DECLINE' AS is_refused
FROM risk_decisionrecord d
JOIN customers_customer c ON c.id = d.customer_id
LEFT JOIN lending_listing li ON li.application_id = d.application_id
LEFT JOIN lending_loan l ON l.listing_id = li.id AND l.start_date IS NOT NULL
WHERE d.inputs <> '' AND {condition}
ORDER BY d.id
"""
_WIDTH_OF_AGES: Final = 10


@dataclass(frozen=True)
class Outcome:
    """One decision with what came of it."""

    score: int | None
    probability: float | None
    challenger_score: int | None
    challenger_probability: float | None
    is_bad: bool


def read_own_material(*, window_months: int, bad_dpd: int, business_date: date) -> Material:
    """Return the applicants whose loans have been watched long enough, and the refused beside them."""
    columns: dict[str, list[Any]] = {name: [] for name in FACTS}
    unknown: dict[str, list[Any]] = {name: [] for name in FACTS}
    bad: list[bool] = []
    groups: dict[str, list[str | None]] = {"sex": [], "age": []}
    for row in _read("true", window_months, bad_dpd, business_date, with_inputs=True):
        _pk, sealed, _score, _pd, _other, _other_pd, sex, years, is_known, is_bad, is_refused = row
        if not (is_known or is_refused):
            continue
        facts = orjson.loads(decrypt(sealed))["facts"]
        if not facts.keys() >= FACTS.keys():
            # Decided without a report, or before an input was added: nothing to learn from.
            continue
        for name in FACTS:
            (columns if is_known else unknown)[name].append(facts[name])
        if is_known:
            bad.append(is_bad)
            groups["sex"].append(sex or None)
            groups["age"].append(None if years is None else _name_age(years))
    return Material(columns, bad, groups, unknown)


def read_outcomes(*, scorecard_id: int, month: date, until: date, window_months: int, bad_dpd: int) -> list[Outcome]:
    """Return the decisions of a month by one champion whose loans have been watched long enough by `until`."""
    condition = "d.scorecard_id = %(card)s AND d.business_date >= %(month)s AND d.business_date < %(month)s + interval '1 month'"
    rows = _read(condition, window_months, bad_dpd, until, card=scorecard_id, month=month)
    return [
        Outcome(row[2], _number(row[3]), row[4], _number(row[5]), row[9])
        for row in rows
        if row[8] and row[2] is not None
    ]


def read_known_outcomes(
    decision_ids: Sequence[int], *, until: date, window_months: int, bad_dpd: int
) -> dict[int, bool]:
    """Return whether loans went bad, by decision, of those decisions whose loans have been watched long enough."""
    condition = "d.id = ANY(%(decisions)s)"
    rows = _read(condition, window_months, bad_dpd, until, decisions=list(decision_ids))
    return {row[0]: row[9] for row in rows if row[8]}


def _read(
    condition: str, months: int, dpd: int, on: date, *, with_inputs: bool = False, **more: Any
) -> Iterator[tuple[Any, ...]]:
    # The sealed inputs are by far the widest column; who only counts does without.
    sql = _OUTCOMES.format(inputs="d.inputs" if with_inputs else "NULL", condition=condition)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"months": months, "dpd": dpd, "on": on, **more})
        while rows := cursor.fetchmany(1000):
            yield from rows


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _name_age(years: int) -> str:
    low = years // _WIDTH_OF_AGES * _WIDTH_OF_AGES
    return f"{low}–{low + _WIDTH_OF_AGES - 1}"


def list_trainings(user: User) -> QuerySet[ModelTraining]:
    """Return the trainings, the newest first. Raises Refused."""
    access_right(user, rights.VIEW_RULES)
    return ModelTraining.objects.defer("content").select_related("asked_by").order_by("-id")


def list_champions(user: User) -> QuerySet[Scorecard]:
    """Return the models that decide or might, without their contents. Raises Refused."""
    access_right(user, rights.VIEW_RULES)
    rows = Scorecard.objects.defer("content").select_related("made_by", "approved_by", "training")
    return rows.order_by("code", "-version")


def list_challengers(user: User) -> QuerySet[Challenger]:
    """Return the models beside them, without their contents. Raises Refused."""
    access_right(user, rights.VIEW_RULES)
    rows = Challenger.objects.defer("content").select_related("made_by", "approved_by", "training")
    return rows.order_by("code", "-version")


def access_champion(user: User, code: str, version: int) -> Scorecard:
    """Return one version of a champion. Raises Refused, NotFound."""
    return _pick(list_champions(user).defer(None), code, version)


def access_challenger(user: User, code: str, version: int) -> Challenger:
    """Return one version of a challenger, without its content. Raises Refused, NotFound."""
    return _pick(list_challengers(user), code, version)


def _pick(rows: QuerySet[Any], code: str, version: int) -> Any:
    row = rows.filter(code=code, version=version).first()
    if row is None:
        raise NotFound
    return row


def get_champion_in_force(code: str) -> Scorecard | None:
    """Return the champion in force for a code."""
    return Scorecard.objects.filter(code=code, state=RuleState.PUBLISHED).first()


def list_monthly(code: str, *, since: date) -> list[tuple[date, str, float]]:
    """Return the last value of each month of an indicator: the month, the dimension, the value."""
    rows = (
        IndicatorValue.objects.filter(code=code, business_date__gte=since)
        .order_by("dimension", "business_date")
        .values_list("business_date", "dimension", "value")
    )
    latest = {(day.replace(day=1), dimension): float(value) for day, dimension, value in rows}
    return sorted((month, dimension, value) for (month, dimension), value in latest.items())


@dataclass(frozen=True)
class Beside:
    """How a challenger's scores stand to the champion's on the decisions that both saw."""

    count: int
    mean_difference: float | None
    near_share: float | None


_NEAR: Final = 20


def compare_scores(challenger_id: int) -> Beside:
    """Return how far a challenger's scores lie from those that decided."""
    gap = F("challenger_score") - F("score")
    figures = (
        DecisionRecord.objects.filter(challenger_id=challenger_id, score__isnull=False)
        .annotate(gap=gap)
        .aggregate(count=Count("pk"), mean=Avg("gap"), near=Count("pk", filter=Q(gap__gte=-_NEAR, gap__lte=_NEAR)))
    )
    count = figures["count"]
    return Beside(count, figures["mean"], figures["near"] / count if count else None)
