"""One way to make any kind of model: champion, challenger, baseline."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from risk.rules.scoring.measures import fit_line
from risk.rules.scoring.models import read_estimator
from risk.training.forests import fit_boosted, join_forests
from risk.training.frame import Frame

# A line outside of this says more about too few outcomes than about the model.
_SLOPE_LIMITS: Final = (0.5, 1.5)


# So many forests of other seeds stand beside the additive model in the average: what chance gave one the others lack.
FORESTS: Final = 3


def fit_challenger(frame: Frame, additive: dict[str, Any], *, seed: int, rounds: int = 600) -> dict[str, Any]:
    """Return the mean log-odds of an additive model and of boosted trees, the trees being the mean of some forests."""
    forests = [fit_boosted(frame, seed=seed + number, most_rounds=rounds) for number in range(FORESTS)]
    members = [{"weight": 1 / 2, "model": additive}, {"weight": 1 / 2, "model": join_forests(forests)}]
    return {"kind": "average", "members": members, "slope": 1.0, "shift": 0.0}


def estimate(content: Mapping[str, Any], frame: Frame) -> NDArray[np.float64]:
    """Return an exported model's log-odds for the rows of a frame."""
    return read_estimator(content).estimate_many(frame.columns)  # type: ignore[arg-type]


def calibrate(content: dict[str, Any], bad: NDArray[np.bool_], logits: NDArray[np.float64]) -> dict[str, Any]:
    """Return the model with its log-odds put on the line that fits predictions for rows it was not made from."""
    slope, _shift = fit_line(bad, logits)
    slope = min(max(slope, _SLOPE_LIMITS[0]), _SLOPE_LIMITS[1])
    shift = _fit_shift(bad, slope * logits)
    if content["kind"] == "average":
        return {**content, "slope": content["slope"] * slope, "shift": content["shift"] * slope + shift}
    if content["kind"] == "trees":
        return {**content, "shift": content["shift"] * slope + shift, "value": [v * slope for v in content["value"]]}
    terms = [{**term, "scores": (np.array(term["scores"]) * slope).tolist()} for term in content["terms"]]
    return {**content, "intercept": content["intercept"] * slope + shift, "terms": terms}


def _fit_shift(bad: NDArray[np.bool_], logits: NDArray[np.float64]) -> float:
    """Return the shift that makes the mean probability the share of bads."""
    low, high = -10.0, 10.0
    for _halving in range(60):
        middle = (low + high) / 2
        is_low = float(np.mean(1 / (1 + np.exp(-(logits + middle))))) < float(bad.mean())
        low, high = (middle, high) if is_low else (low, middle)
    return (low + high) / 2
