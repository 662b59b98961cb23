"""What a model's card shows as pictures."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from core.rules.charts import Chart, Limit, Series, Shape, Tone, Unit
from core.sentences import join_parts
from risk.queries.model_watch import CHALLENGER, CHAMPION
from risk.rules.scoring.features import label_intervals
from risk.rules.scoring.measures import PSI_ALARM, PSI_WATCH
from risk.rules.scoring.models import ADDITIVE, kind_of
from risk.rules.scoring.scale import read_scale
from risk.web import words

_MEASURES = (
    ("auc", "AUC", 4),
    ("gini", "Gini", 4),
    ("ks", "KS", 4),
    ("brier", "Brier", 4),
    ("slope", "", 2),
    ("ece", "", 4),
)


def draw_card(card: Mapping[str, Any]) -> list[Chart]:
    """Return ranking, separation and calibration of rows held out."""
    quality = card["quality"]
    roc, ks, bins = card["roc"], card["ks"], card["calibration"]
    return [
        Chart(
            _("Ranking (ROC)"),
            [f"{good:.0%}" for good, _bad in roc],
            [
                Series(_("bad loans found"), [bad for _good, bad in roc], shape=Shape.AREA, tone=Tone.ACCENT),
                Series(_("by chance"), [good for good, _bad in roc], is_comparison=True),
            ],
            unit=Unit.RATIO,
            sentence=_("Of 100 pairs of a bad and a good loan it ranks %(n)s rightly.")
            % {"n": f"{quality['auc'] * 100:.1f}"},
            definition=_("Along the axis the share of good loans that are passed over to find so many bad ones."),
        ),
        Chart(
            _("Separation (KS)"),
            [f"{points:.0f}" for points, _good, _bad in ks],
            [
                Series(_("bad loans at or below"), [bad for _points, _good, bad in ks], tone=Tone.LATE),
                Series(_("good loans at or below"), [good for _points, good, _bad in ks], tone=Tone.GOOD),
            ],
            unit=Unit.RATIO,
            sentence=_("The curves lie %(n)s apart at most.") % {"n": f"{quality['ks']:.1%}"},
            definition=_("Shares of bad and good loans whose score is at or below the points on the axis."),
        ),
        Chart(
            _("Calibration"),
            [f"{predicted:.1%}" for predicted, _real, _count in bins],
            [
                Series(_("went bad"), [real for _predicted, real, _count in bins], shape=Shape.BAR, tone=Tone.WARN),
                Series(_("expected"), [predicted for predicted, _real, _count in bins], tone=Tone.ACCENT),
            ],
            unit=Unit.RATIO,
            sentence=_("Expected and real shares lie %(n)s apart on average.") % {"n": f"{quality['ece']:.1%}"},
            definition=_("Ten groups of equal size by the probability that the model gave."),
        ),
        Chart(
            _("Stability by fold"),
            [str(number) for number in range(1, len(card["folds"]) + 1)],
            [Series("AUC", [fold["auc"] for fold in card["folds"]], shape=Shape.BAR, tone=Tone.ACCENT)],
            unit=Unit.RATIO,
            sentence=_("AUC varies by %(n)s from part to part.") % {"n": f"{card['auc_spread']:.3f}"},
        ),
    ]


def draw_months(
    ranking: Sequence[tuple[date, str, float]], drift: Sequence[tuple[date, str, float]], code: str
) -> list[Chart]:
    """Return how the models in force did on loans that have matured, and whether they see the same people."""
    charts = []
    months = sorted({month for month, _name, _value in ranking})
    if months:
        found = {(month, name): value for month, name, value in ranking}
        charts.append(
            Chart(
                _("AUC on matured loans"),
                [month.isoformat() for month in months],
                [
                    Series(_("champion"), [found.get((month, CHAMPION)) for month in months], tone=Tone.ACCENT),
                    Series(_("challenger"), [found.get((month, CHALLENGER)) for month in months], is_comparison=True),
                ],
                unit=Unit.RATIO,
                definition=_("By the month in which the loans had been watched long enough."),
            )
        )
    own = [(month, value) for month, name, value in drift if name == code]
    if own:
        charts.append(
            Chart(
                _("Drift of the score"),
                [month.isoformat() for month, _value in own],
                [Series(_("stability index"), [value for _month, value in own], tone=Tone.ACCENT)],
                unit=Unit.RATIO,
                limits=[
                    Limit(PSI_WATCH, _("look"), Tone.WARN),
                    Limit(PSI_ALARM, _("other people"), Tone.LATE),
                ],
                definition=_("Population stability index of 30 days against the training."),
            )
        )
    return charts


def list_shapes(content: Mapping[str, Any]) -> dict[str, list[tuple[str, float]]]:
    """Return for each input of a champion its bands in order with the points that they give."""
    if kind_of(content) != ADDITIVE:
        return {factor["name"]: _list_bins(factor) for factor in content.get("factors", [])}
    factor = read_scale(content["scale"]).factor
    shapes = {}
    for term in content["terms"]:
        if len(term["features"]) != 1:
            continue
        feature = content["features"][term["features"][0]]
        points = [-factor * score for score in term["scores"]]
        if feature["type"] == "category":
            rows = [(word, points[place]) for word, place in feature["levels"][0].items()]
        else:
            rows = _join_bands(feature["cuts"][0], points, content["bands"].get(feature["name"], [1]))
        shapes[feature["name"]] = [*rows, ("missing", points[0])]
    return shapes


def draw_shape(name: str, rows: Sequence[tuple[str, float]], card: Mapping[str, Any] | None) -> Chart:
    """Return what an input gives by its value, and how many of those went bad."""
    rates = {band["band"]: band["bad_rate"] for band in (card or {}).get("bands", [])}
    best = max(rows, key=lambda row: row[1])
    labels = [_name_band(name, band) for band, _points in rows]
    note = join_parts(
        f"{label} {rates[band]:.0%}" for label, (band, _points) in zip(labels, rows, strict=True) if band in rates
    )
    return Chart(
        words.name_of(name),
        labels,
        [Series(_("points"), [round(points, 1) for _band, points in rows], shape=Shape.BAR, tone=Tone.ACCENT)],
        unit=Unit.POINTS,
        sentence=_("Most points: %(band)s.") % {"band": _name_band(name, best[0])},
        definition=_("Went bad in the training: %(shares)s.") % {"shares": note} if note else "",
    )


def compare(card: Mapping[str, Any], other: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each measure of two cards in a row."""
    names = {"slope": _("Calibration slope"), "ece": _("Calibration error")}
    mine, theirs = card.get("quality", {}), other.get("quality", {})
    rows = []
    for key, label, places in _MEASURES:
        pair = [None if figures.get(key) is None else f"{figures[key]:.{places}f}" for figures in (theirs, mine)]
        gap = mine[key] - theirs[key] if key in mine and key in theirs else None
        rows.append(
            {
                "name": label or names[key],
                "champion": pair[0] or "–",
                "challenger": pair[1] or "–",
                "difference": "–" if gap is None else f"{gap:+.{places}f}",
            }
        )
    return rows


def _list_bins(factor: Mapping[str, Any]) -> list[tuple[str, float]]:
    missing = ("missing", float(factor["missing_points"]))
    if factor.get("values"):
        return [*((word, float(points)) for word, points in factor["values"].items()), missing]
    bins = factor["bins"]
    labels = label_intervals([float(row["below"]) for row in bins[:-1]])
    return [*((label, float(row["points"])) for label, row in zip(labels, bins, strict=True)), missing]


def _join_bands(cuts: Sequence[float], points: Sequence[float], starts: Sequence[int]) -> list[tuple[str, float]]:
    labels = label_intervals([cuts[start - 2] for start in starts if start > 1])
    ends = [*starts[1:], len(points) - 1]
    return [
        (label, sum(points[start:end]) / max(end - start, 1))
        for label, start, end in zip(labels, starts, ends, strict=True)
    ]


def _name_band(name: str, band: str) -> str:
    if band == "missing":
        return _("unknown")
    if band in ("true", "false"):
        return words.value_of(name, band == "true")
    if name in ("housing", "purpose"):
        return words.value_of(name, band)
    if not name.endswith(("_bp", "_fen")):
        return band
    # Shares are kept in basis points and money in fen; nobody reads them so.
    return re.sub(r"\d+", lambda bound: words.value_of(name, int(bound[0])), band)


def points_text(points: float) -> str:
    """Return points with their sign: +12, −30, 0."""
    whole = round(points)
    return f"{whole:+d}".replace("-", "−") if whole else "0"
