"""Weight of evidence over monotone bins, then a logistic regression: the classic scorecard.

Bins of a number are the leaves of a small decision tree whose leaves must rise or fall with the number (scikit-learn's
`monotonic_cst`). A missing value is a bin of its own with the evidence it has; it never counts as average.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from risk.rules.scoring.features import CATEGORY, CategoryFeature, Feature, NumberFeature
from risk.rules.scoring.scale import STANDARD_SCALE, Scale
from risk.training.frame import Frame

MAX_BINS: Final = 8
_LEAST_SHARE: Final = 0.03
_LEAST_ROWS: Final = 20
# So many rows of the average bad rate are added to each bin: many-levelled categories would learn their few bads by heart.
_SMOOTHING: Final = 10.0
_RARE: Final = 10
_STRENGTHS: Final = (0.01, 0.03, 0.1, 0.3, 1.0)


@dataclass(frozen=True)
class Binned:
    """One input in bins, each with its weight of evidence (positive = riskier than average)."""

    feature: Feature
    evidence: list[float]

    @property
    def information(self) -> float:
        """Return the spread of the evidence, to leave out inputs that say nothing."""
        known = self.evidence[1:-1]
        return max(known, default=0.0) - min(known, default=0.0)


def bin_inputs(frame: Frame) -> list[Binned]:
    """Return every input in bins."""
    return [
        _bin_category(name, frame) if frame.type_of(name) == CATEGORY else _bin_number(name, frame)
        for name in frame.names
    ]


def fit_woe(frame: Frame, *, scale: Scale = STANDARD_SCALE) -> dict[str, Any]:
    """Return the scorecard as an additive model with one step function an input."""
    binned, weights, intercept = _fit(frame)
    return {
        "kind": "additive",
        "intercept": intercept,
        "features": [_describe(part.feature) for part in binned],
        "terms": [
            {"features": [place], "scores": [weight * evidence for evidence in part.evidence]}
            for place, (part, weight) in enumerate(zip(binned, weights, strict=True))
        ],
        "scale": {"points": scale.points, "odds": scale.odds, "pdo": scale.pdo},
    }


def as_points_table(
    model: Mapping[str, Any], *, flags: frozenset[str], words: Mapping[str, frozenset[str]]
) -> dict[str, Any]:
    """Return an additive model of step functions over whole numbers and words as a table of whole points.

    `flags` are inputs that are true or false, `words` all words of the others.
    """
    scale = Scale(**model["scale"])
    factors: list[dict[str, Any]] = []
    for feature, term in zip(model["features"], model["terms"], strict=True):
        points = [round(-scale.factor * score) for score in term["scores"]]
        name = feature["name"]
        if feature["type"] == CATEGORY:
            levels = feature["levels"][0]
            values = {word: points[levels.get(word, len(points) - 1)] for word in sorted(words[name])}
            factors.append({"name": name, "values": values, "missing_points": points[0]})
        elif name in flags:
            no, yes = (points[1 + sum(cut <= value for cut in feature["cuts"][0])] for value in (0, 1))
            factors.append({"name": name, "values": {"true": yes, "false": no}, "missing_points": points[0]})
        else:
            bounds = [int(cut) for cut in feature["cuts"][0]]
            bins = [{"below": below, "points": got} for below, got in zip(bounds, points[1:], strict=False)]
            bins.append({"points": points[len(bounds) + 1]})
            factors.append({"name": name, "bins": bins, "missing_points": points[0]})
    base = round(scale.as_points(model["intercept"]))
    return {"kind": "points", "base_points": base, "factors": factors, "scale": model["scale"]}


def _fit(frame: Frame) -> tuple[list[Binned], list[float], float]:
    """Fit weights of one sign: a weight below zero would turn an input's evidence around, so the input leaves."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    binned = [part for part in bin_inputs(frame) if part.information > 0.02] or bin_inputs(frame)[:1]
    while True:
        design = np.column_stack([_spread(part, frame) for part in binned])
        losses = [
            float(np.mean(cross_val_score(LogisticRegression(C=c), design, frame.bad, cv=5, scoring="neg_log_loss")))
            for c in _STRENGTHS
        ]
        model = LogisticRegression(C=_STRENGTHS[int(np.argmax(losses))], max_iter=500).fit(design, frame.bad)
        weights = [float(weight) for weight in model.coef_[0]]
        kept = [part for part, weight in zip(binned, weights, strict=True) if weight > 0]
        if len(kept) == len(binned) or not kept:
            return binned, weights, float(model.intercept_[0])
        binned = kept


def _spread(part: Binned, frame: Frame) -> NDArray[np.float64]:
    values = frame.columns[part.feature.name]
    return np.array(part.evidence)[part.feature.find_bins(values)]  # type: ignore[arg-type]


def _bin_number(name: str, frame: Frame) -> Binned:
    values = frame.columns[name]
    known = ~np.isnan(values)
    cuts = _cut(values[known], frame.bad[known], frame.signs.get(name), name in frame.whole)
    feature = NumberFeature(name, (tuple(cuts),))
    return Binned(feature, _weigh(feature, frame))


def _cut(values: NDArray[np.float64], bad: NDArray[np.bool_], sign: int | None, is_whole: bool) -> list[float]:
    """Return the bounds of monotone bins; where the direction is not known, of the better one."""
    from sklearn.tree import DecisionTreeClassifier

    if len(values) < 2 * _LEAST_ROWS or len(np.unique(bad)) < 2 or len(np.unique(values)) < 2:
        return []
    best: tuple[float, list[float]] = (-math.inf, [])
    for direction in (1, -1) if sign is None else (sign,):
        tree = DecisionTreeClassifier(
            max_leaf_nodes=MAX_BINS,
            min_samples_leaf=max(_LEAST_ROWS, math.ceil(_LEAST_SHARE * len(values))),
            min_impurity_decrease=1e-5,
            monotonic_cst=[direction],
            random_state=0,
        ).fit(values[:, None], bad)
        predicted = np.clip(tree.predict_proba(values[:, None])[:, 1], 1e-6, 1 - 1e-6)
        likelihood = float(np.mean(np.where(bad, np.log(predicted), np.log(1 - predicted))))
        if likelihood > best[0]:
            bounds = sorted(float(cut) for cut in tree.tree_.threshold[tree.tree_.feature >= 0])
            best = likelihood, bounds
    # The tree sends a value equal to its bound down, a bin here holds its lower bound.
    moved = [float(math.floor(cut) + 1) if is_whole else float(np.nextafter(cut, math.inf)) for cut in best[1]]
    return sorted(set(moved))


def _bin_category(name: str, frame: Frame) -> Binned:
    values = frame.columns[name]
    words, counts = np.unique(np.array([value for value in values if value is not None], dtype=str), return_counts=True)
    levels: dict[str, int] = {}
    for word, count in zip(words, counts, strict=True):
        if count >= _RARE:
            levels[str(word)] = len(levels) + 1
    if not levels:
        levels = {str(word): place + 1 for place, word in enumerate(words[:1])} or {"–": 1}
    feature = CategoryFeature(name, (levels,))
    return Binned(feature, _weigh(feature, frame))


def _weigh(feature: Feature, frame: Frame) -> list[float]:
    """Return the empirical weight of evidence of each bin; missing values without any evidence count as the worst."""
    bins = feature.find_bins(frame.columns[feature.name])  # type: ignore[arg-type]
    count = feature.count_bins()
    totals = np.bincount(bins, minlength=count).astype(float)
    bads = np.bincount(bins, weights=frame.bad.astype(float), minlength=count)
    rate = float(frame.bad.mean())
    smoothed = (bads + _SMOOTHING * rate) / (totals + _SMOOTHING)
    evidence = np.log(smoothed / (1 - smoothed)) - math.log(rate / (1 - rate))
    if not totals[0]:
        # Nobody kept the value back in the past, so keeping it back must not help.
        evidence[0] = evidence[1:-1].max(initial=0.0)
    return [float(value) for value in evidence]


def _describe(feature: Feature) -> dict[str, Any]:
    if isinstance(feature, NumberFeature):
        return {"name": feature.name, "type": "number", "cuts": [list(cuts) for cuts in feature.cuts]}
    return {"name": feature.name, "type": "category", "levels": [dict(levels) for levels in feature.levels]}
