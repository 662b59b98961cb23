"""The additive boosting model: shape functions and a few tables of pairs, by interpret-core's explainable boosting."""

import logging
import warnings
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from risk.rules.scoring.features import CATEGORY
from risk.rules.scoring.scale import STANDARD_SCALE, Scale
from risk.training.frame import Frame

PAIRS: Final = 8
_BANDS: Final = 10


def fit_additive(
    frame: Frame,
    *,
    pairs: int = PAIRS,
    is_monotone: bool = False,
    seed: int = 0,
    bags: int = 8,
    rounds: int = 1500,
    scale: Scale = STANDARD_SCALE,
) -> dict[str, Any]:
    """Return an additive model. `is_monotone` holds every input with a known sign to it and learns no pairs."""
    from interpret.glassbox import ExplainableBoostingClassifier

    design = np.column_stack([column.astype(object) for column in frame.columns.values()])
    signs = [frame.signs.get(name, 0) for name in frame.names]
    model = ExplainableBoostingClassifier(
        feature_names=frame.names,
        feature_types=["nominal" if frame.type_of(name) == CATEGORY else "continuous" for name in frame.names],
        interactions=0 if is_monotone else min(pairs, len(frame.names) * (len(frame.names) - 1) // 2),
        monotone_constraints=signs if is_monotone else None,
        outer_bags=bags,
        max_rounds=rounds,
        random_state=seed,
        # Other work shares the machine, and a worker process that forks threads of its own is no good neighbour.
        n_jobs=1,
        # Slow steps and long smoothing: under some thousand rows the defaults follow chance (measured, docs/algorithms/scoring.md).
        learning_rate=0.01,
        smoothing_rounds=300,
        interaction_smoothing_rounds=150,
    )
    # Each step of every bag would stand in the worker's log.
    logging.getLogger("interpret").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # It warns that its own pictures do not show missing values; ours do.
        warnings.simplefilter("ignore")
        model.fit(design, frame.bad.astype(int))
    return _export(model, frame, scale)


def _export(model: Any, frame: Frame, scale: Scale) -> dict[str, Any]:
    features: list[dict[str, Any]] = []
    bands: dict[str, list[int]] = {}
    for place, name in enumerate(frame.names):
        levels = model.bins_[place]
        if frame.type_of(name) == CATEGORY:
            described = [{str(word): int(bin_) for word, bin_ in level.items()} for level in levels]
            features.append({"name": name, "type": "category", "levels": described})
        else:
            cuts = [[float(cut) for cut in level] for level in levels]
            features.append({"name": name, "type": "number", "cuts": cuts})
    terms = []
    for places, scores, weights in zip(model.term_features_, model.term_scores_, model.bin_weights_, strict=True):
        if len(places) == 1:
            (place,) = places
            name = frame.names[place]
            terms.append({"features": [place], "scores": _settle_missing(scores, weights).tolist()})
            if features[place]["type"] != "category":
                bands[name] = _group(weights[1:-1])
        else:
            resolutions = [min(1, len(model.bins_[place]) - 1) for place in places]
            terms.append({"features": list(places), "resolutions": resolutions, "scores": scores.tolist()})
    for feature in features:
        if feature["type"] == "number" and feature["name"] in frame.whole:
            feature["cuts"] = [[float(np.ceil(cut)) for cut in level] for level in feature["cuts"]]
    return {
        "kind": "additive",
        "intercept": float(model.intercept_[0]),
        "features": features,
        "terms": terms,
        "bands": bands,
        "scale": {"points": scale.points, "odds": scale.odds, "pdo": scale.pdo},
    }


def _settle_missing(scores: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let a missing value that the past never showed count as the worst: unlearned it would count as average."""
    settled = scores.copy()
    if not weights[0]:
        settled[0] = scores[1:-1].max(initial=0.0)
    return settled


def _group(weights: Sequence[float]) -> list[int]:
    """Return the first bin of each of about ten bands of equal weight; bins are counted from 1, 0 is missing."""
    share = float(np.sum(weights)) / _BANDS
    starts, gathered = [1], 0.0
    for place, weight in enumerate(weights[:-1], start=1):
        gathered += float(weight)
        if gathered >= share:
            starts.append(place + 1)
            gathered = 0.0
    return starts
