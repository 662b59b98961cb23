"""Whether the champion still sees the people it was made from, and how its scores turned out: indicators by month."""

import calendar
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from core import parameters
from core.registries import Indicator, indicators
from customers.texts import register_text
from risk.models import DecisionRecord, RuleState, Scorecard
from risk.queries.trainings import Outcome, read_outcomes
from risk.rules.scoring.measures import Quality, measure, stability_index
from risk.rules.scoring.scale import as_logit

Rows = Sequence[tuple[str, Decimal, Decimal, Decimal]]
CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
# A measure of fewer outcomes says more about chance than about the model.
_LEAST_BADS: Final = 10
_STEP: Final = Decimal("0.000001")

_SCORES: Final = """
SELECT width_bucket(score, %(bounds)s::numeric[]), count(*) FROM risk_decisionrecord
WHERE scorecard_id = %(card)s AND business_date > %(on)s::date - 30 AND business_date <= %(on)s AND score IS NOT NULL
GROUP BY 1
"""
_INPUTS: Final = """
SELECT part->>'factor', part->>'bin', count(*)
FROM risk_decisionrecord d, jsonb_array_elements(d.contributions) part
WHERE d.scorecard_id = %(card)s AND d.business_date > %(on)s::date - 30 AND d.business_date <= %(on)s
GROUP BY 1, 2
"""


def compute_score_drift(business_date: date) -> Rows:
    """Return the stability index of the scores of the last 30 days against those of the training, by code of rules."""
    rows = []
    for card in _list_champions():
        bounds = [Decimal(str(bound)) for bound in card.card["score_bounds"]]
        counts = {str(place): float(count) for place, count in _read(_SCORES, card.pk, business_date, bounds=bounds)}
        if counts:
            rows.append(_row(card.code, stability_index(card.card["score_shares"], counts), sum(counts.values())))
    return rows


def compute_input_drift(business_date: date) -> Rows:
    """Return the stability index of each input of the standard champion over the last 30 days."""
    rows = []
    for card in _list_champions():
        if card.code != "standard":
            continue
        counts: dict[str, dict[str, float]] = {}
        for factor, band, count in _read(_INPUTS, card.pk, business_date):
            counts.setdefault(factor, {})[band] = float(count)
        for given in card.card["inputs"]:
            now = counts.get(given["name"])
            if now:
                reference = {row["band"]: row["share"] for row in given["bands"]}
                rows.append(_row(given["name"], stability_index(reference, now), sum(now.values())))
    return rows


def compute_auc(business_date: date) -> Rows:
    """Return the AUC of the month whose loans have just been watched long enough, on the last day of a month."""
    cohort = _read_cohort(business_date)
    return [_row(name, quality.auc, quality.count) for name, quality in measure_cohort(cohort).items()]


def compute_ks(business_date: date) -> Rows:
    """Return the KS of the same month."""
    cohort = _read_cohort(business_date)
    return [_row(name, quality.ks, quality.count) for name, quality in measure_cohort(cohort).items()]


def compute_calibration(business_date: date) -> Rows:
    """Return what went bad for each that the model expected to, of the same month: 1 is ideal."""
    cohort = _read_cohort(business_date)
    return [_row(name, ratio, count) for name, (ratio, count) in compare_expected(cohort).items()]


def measure_cohort(rows: Sequence[Outcome]) -> dict[str, Quality]:
    """Return how well champion and challenger did on outcomes; nothing where there are too few of a kind."""
    return {
        name: measure([bad for bad, _expected in pairs], [as_logit(expected) for _bad, expected in pairs])
        for name, pairs in _pair(rows).items()
        if _LEAST_BADS <= sum(bad for bad, _expected in pairs) < len(pairs)
    }


def compare_expected(rows: Sequence[Outcome]) -> dict[str, tuple[float, int]]:
    """Return bad loans for each one expected, and the count, of champion and challenger."""
    return {
        name: (sum(bad for bad, _expected in pairs) / sum(expected for _bad, expected in pairs), len(pairs))
        for name, pairs in _pair(rows).items()
        if sum(bad for bad, _expected in pairs) >= _LEAST_BADS
    }


def register_model_indicators() -> None:
    """Register what is watched of models."""
    for code, label, compute, definition in _INDICATORS:
        found = Indicator(label, compute, unit="count", definition=definition, name_dimension=_name_dimension)
        indicators.register(code, found)
    for code, sentence in _SENTENCES.items():
        register_text(f"risk.above.{code}", sentence)


def _name_dimension(dimension: str) -> str:
    words = {CHAMPION: str(_("champion")), CHALLENGER: str(_("challenger"))}
    return words.get(dimension, dimension)


def _list_champions() -> list[Scorecard]:
    rows = Scorecard.objects.filter(state=RuleState.PUBLISHED, training__isnull=False).defer("content")
    return list(rows.order_by("code"))


def _read(sql: str, card_id: int, on: date, **more: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"card": card_id, "on": on, **more})
        return cursor.fetchall()


def _row(dimension: str, value: float, count: float) -> tuple[str, Decimal, Decimal, Decimal]:
    return dimension, Decimal(str(value)).quantize(_STEP), Decimal(str(value)).quantize(_STEP), Decimal(int(count))


def _read_cohort(business_date: date) -> list[Outcome]:
    """Return the decisions of the month that has just matured; nothing but on the last day of a month."""
    if business_date.day != calendar.monthrange(business_date.year, business_date.month)[1]:
        return []
    months = parameters.get_int("risk.outcome_months", on=business_date)
    bad_dpd = parameters.get_int("risk.outcome_bad_dpd", on=business_date)
    # One month more than is watched: a loan begins some days after its decision.
    month = move_month(business_date.replace(day=1), -(months + 1))
    card = _find_champion_of(month)
    if card is None:
        return []
    return read_outcomes(scorecard_id=card, month=month, until=business_date, window_months=months, bad_dpd=bad_dpd)


def _find_champion_of(month: date) -> int | None:
    """Return the standard champion that decided most of a month."""
    return (
        DecisionRecord.objects.filter(
            scorecard__code="standard", business_date__gte=month, business_date__lt=move_month(month, 1)
        )
        .values("scorecard_id")
        .annotate(count=Count("pk"))
        .order_by("-count")
        .values_list("scorecard_id", flat=True)
        .first()
    )


def _pair(rows: Sequence[Outcome]) -> dict[str, list[tuple[bool, float]]]:
    return {
        CHAMPION: [(row.is_bad, row.probability) for row in rows if row.probability is not None],
        CHALLENGER: [
            (row.is_bad, row.challenger_probability) for row in rows if row.challenger_probability is not None
        ],
    }


def move_month(first: date, months: int) -> date:
    """Return the first day of another month."""
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


_SENTENCES: Final = {
    "score_drift": _("Scores of %(dimension)s have drifted: stability index %(value)s, above its limit of %(limit)s"),
    "input_drift": _("The input %(dimension)s has drifted: stability index %(value)s, above its limit of %(limit)s"),
    "model_auc": _("The %(dimension)s ranks matured loans worse: AUC %(value)s, below its limit of %(limit)s"),
}
_INDICATORS: Final = (
    (
        "score_drift",
        _("Drift of the score"),
        compute_score_drift,
        _(
            "Population stability index of the scores of the last 30 days against the training: .1 to watch, .25 other people."
        ),
    ),
    (
        "input_drift",
        _("Drift of an input"),
        compute_input_drift,
        _("Population stability index of one input of the champion over the last 30 days against the training."),
    ),
    (
        "model_auc",
        _("AUC on matured loans"),
        compute_auc,
        _("Of all pairs of a loan that went bad and one that did not, the share that the model ranked rightly."),
    ),
    (
        "model_ks",
        _("KS on matured loans"),
        compute_ks,
        _("The most by which the scores of good and bad loans lie apart."),
    ),
    (
        "model_calibration",
        _("Bad loans for each one expected"),
        compute_calibration,
        _("Loans that went bad divided by the sum of the probabilities that the model gave; 1 is ideal."),
    ),
)
