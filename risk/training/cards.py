"""The card of a model: how good it is on rows it was not made from, on what data, for whom, and what it does not know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from risk.rules.scoring.features import CATEGORY
from risk.rules.scoring.material import Material
from risk.rules.scoring.measures import (
    as_probabilities,
    calibration_bins,
    measure,
    quantile_bounds,
    rank_auc,
    stability_index,
    trace_roc,
)
from risk.rules.scoring.models import read_champion
from risk.rules.scoring.scale import STANDARD_SCALE
from risk.training.frame import Frame

_CURVE_POINTS: Final = 41
_LEAST_GROUP: Final = 30


def write_card(
    content: Mapping[str, Any],
    frame: Frame,
    material: Material,
    logits: NDArray[np.float64],
    baseline: NDArray[np.float64],
    tests: Sequence[NDArray[Any]],
    data: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the card; every figure is of rows held out, none of rows the model had seen."""
    folds = [asdict(measure(frame.bad[rows], logits[rows])) for rows in tests]
    points = np.round(STANDARD_SCALE.offset - STANDARD_SCALE.factor * logits)
    bounds = quantile_bounds(list(points))
    probabilities = as_probabilities(logits)
    return {
        "quality": asdict(measure(frame.bad, logits)),
        "folds": folds,
        "auc_spread": float(np.std([fold["auc"] for fold in folds])),
        "baseline_auc": rank_auc(frame.bad, baseline),
        "roc": _thin(*trace_roc(frame.bad, logits)),
        "ks": _trace_ks(frame.bad, points),
        "calibration": calibration_bins(frame.bad, probabilities),
        "score_bounds": bounds,
        "score_shares": count_shares(points, bounds),
        "fairness": compare_groups(material, frame.bad, logits),
        "data": data,
        **_describe_inputs(content, frame, material),
    }


def describe_data(frame: Frame, material: Material) -> dict[str, Any]:
    """Return what the rows were: counts, missing shares, and how many had no outcome to learn from."""
    unknown = len(next(iter(material.unknown.values()), []))
    inputs = []
    for name in frame.names:
        column = frame.columns[name]
        is_word = frame.type_of(name) == CATEGORY
        missing = np.array([value is None for value in column]) if is_word else np.isnan(column)
        row: dict[str, Any] = {"name": name, "missing": float(missing.mean())}
        if not is_word and not missing.all():
            known = column[~missing]
            row |= {"low": float(known.min()), "middle": float(np.median(known)), "high": float(known.max())}
        inputs.append(row)
    left_out = sorted(material.columns.keys() - set(frame.names))
    return {
        "rows": len(frame),
        "bads": int(frame.bad.sum()),
        "unknown": unknown,
        "inputs": inputs,
        "left_out": left_out,
    }


def count_shares(points: Sequence[float] | NDArray[np.float64], bounds: Sequence[float]) -> dict[str, float]:
    """Return the share of scores in each bin, by the number of the bin."""
    places = np.searchsorted(np.array(bounds), np.asarray(points), side="right")
    counts = np.bincount(places, minlength=len(bounds) + 1)
    return {str(place): float(count) / max(len(places), 1) for place, count in enumerate(counts)}


def compare_groups(material: Material, bad: NDArray[np.bool_], logits: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Compare what the model expects of groups with what came of them; the groups themselves are never inputs.

    `impact` is the share of the group in the better half of all scores against that of the best group (the four-fifths rule).
    """
    rows = []
    better_half = logits <= np.median(logits)
    probabilities = as_probabilities(logits)
    for name, values in material.groups.items():
        found: list[dict[str, Any]] = []
        for value, count in sorted(Counter(value for value in values if value).items()):
            if count < _LEAST_GROUP:
                continue
            inside = np.array([one == value for one in values])
            both = len(np.unique(bad[inside])) == 2
            found.append(
                {
                    "group": name,
                    "value": value,
                    "count": count,
                    "bad_rate": float(bad[inside].mean()),
                    "expected": float(probabilities[inside].mean()),
                    "better_half": float(better_half[inside].mean()),
                    "auc": rank_auc(bad[inside], logits[inside]) if both else None,
                }
            )
        best = max((row["better_half"] for row in found), default=0.0)
        rows += [{**row, "impact": row["better_half"] / best if best else None} for row in found]
    return rows


def _describe_inputs(content: Mapping[str, Any], frame: Frame, material: Material) -> dict[str, Any]:
    """Return each input's bands with their share and bad rate, how much it moves scores, and the refused's drift."""
    if content.get("kind") == "challenger":
        return {"inputs": [], "reject": _describe_unknown({}, material)}
    champion = read_champion(content)
    counts: dict[str, Counter[str]] = {}
    bads: dict[str, Counter[str]] = {}
    moved: dict[str, list[int]] = {}
    reasons: Counter[str] = Counter()
    for place, facts in enumerate(_list_facts(material.columns)):
        score = champion.score(facts)
        for part in score.contributions:
            counts.setdefault(part.factor, Counter())[part.bin] += 1
            bads.setdefault(part.factor, Counter())[part.bin] += int(frame.bad[place])
            moved.setdefault(part.factor, []).append(part.points)
        reasons.update(score.list_adverse_factors(2))
    total = len(frame)
    inputs = [
        {
            "name": name,
            "weight": float(np.std(moved[name])),
            "bands": [
                {"band": band, "share": count / total, "bad_rate": bads[name][band] / count}
                for band, count in counts[name].items()
            ],
            "reason_share": reasons[name] / total,
        }
        for name in counts
    ]
    reference = {name: {band: count / total for band, count in found.items()} for name, found in counts.items()}
    return {
        "inputs": sorted(inputs, key=lambda row: -float(str(row["weight"]))),
        "reject": _describe_unknown(reference, material, champion),
    }


def _describe_unknown(
    reference: Mapping[str, Mapping[str, float]], material: Material, champion: Any = None
) -> dict[str, Any]:
    """Return how applicants without an outcome differ from those the model was made from."""
    count = len(next(iter(material.unknown.values()), []))
    if not count or champion is None:
        return {"count": count, "drift": None}
    counts: dict[str, Counter[str]] = {}
    for facts in _list_facts(material.unknown):
        for part in champion.score(facts).contributions:
            counts.setdefault(part.factor, Counter())[part.bin] += 1
    drifts = {name: stability_index(reference[name], counts[name]) for name in reference}
    worst = sorted(drifts.items(), key=lambda item: -item[1])[:3]
    return {"count": count, "drift": max(drifts.values(), default=0.0), "worst": worst}


def _list_facts(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _thin(good: NDArray[np.float64], bad: NDArray[np.float64]) -> list[list[float]]:
    """Return the share of bads found at even steps of the share of goods passed over."""
    grid = np.linspace(0, 1, _CURVE_POINTS)
    # Where the curve rises straight up, its upper end counts.
    last = np.append(np.diff(good) > 0, True)
    found = np.interp(grid, good[last], bad[last])
    return [[float(x), float(y)] for x, y in zip(grid, found, strict=True)]


def _trace_ks(bad: NDArray[np.bool_], points: NDArray[np.float64]) -> list[list[float]]:
    """Return rows of points, share of goods at or below, share of bads at or below."""
    grid = np.linspace(points.min(), points.max(), _CURVE_POINTS)
    return [[float(cut), float((points[~bad] <= cut).mean()), float((points[bad] <= cut).mean())] for cut in grid]
