"""How good a score is and whether it still sees the same people: plain definitions over arrays, nothing fitted but a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk.rules.scoring.scale import LOGIT_LIMIT

# The convention of population stability: below .1 the same people, above .25 others.
PSI_WATCH: Final = 0.1
PSI_ALARM: Final = 0.25
_SHARE_FLOOR: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Quality:
    """What a model's probabilities are worth against what came of them."""

    auc: float
    gini: float
    ks: float
    brier: float
    # The slope of the outcome's log-odds over the model's: below 1 it is too sure of itself, above 1 too shy.
    slope: float
    # Expected calibration error: the mean distance of predicted and real shares over ten bins of equal size.
    ece: float
    count: int
    bad_count: int


def measure(bad: ArrayLike, logits: ArrayLike) -> Quality:
    """Measure log-odds of default against outcomes; both classes must be there."""
    outcome, logit = np.asarray(bad, dtype=bool), np.asarray(logits, dtype=np.float64)
    probability = as_probabilities(logit)
    ranking = rank_auc(outcome, logit)
    return Quality(
        auc=ranking,
        gini=2 * ranking - 1,
        ks=max_distance(outcome, logit),
        brier=float(np.mean((probability - outcome) ** 2)),
        slope=fit_line(outcome, logit)[0],
        ece=calibration_error(outcome, probability),
        count=len(outcome),
        bad_count=int(outcome.sum()),
    )


def as_probabilities(logits: ArrayLike) -> NDArray[np.float64]:
    """Return the probabilities of log-odds."""
    inside = np.clip(np.asarray(logits, dtype=np.float64), -LOGIT_LIMIT, LOGIT_LIMIT)
    probabilities: NDArray[np.float64] = 1 / (1 + np.exp(-inside))
    return probabilities


def rank_auc(bad: ArrayLike, scores: ArrayLike) -> float:
    """Return the share of pairs of a bad and a good one in which the bad one has the higher score; ties count half."""
    outcome, values = np.asarray(bad, dtype=bool), np.asarray(scores, dtype=np.float64)
    _values, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    bads, goods = int(outcome.sum()), int((~outcome).sum())
    return float((ranks[outcome].sum() - bads * (bads + 1) / 2) / (bads * goods))


def max_distance(bad: ArrayLike, scores: ArrayLike) -> float:
    """Return the Kolmogorov-Smirnov distance: the most by which the two distributions lie apart."""
    false_rates, true_rates = trace_roc(bad, scores)
    return float(np.max(true_rates - false_rates))


def trace_roc(bad: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shares of goods and of bads among those above each cut, the highest score first, from 0 to 1."""
    outcome, values = np.asarray(bad, dtype=bool), np.asarray(scores, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    last_of_tie = np.append(np.diff(values[order]) != 0, True)
    bads = np.cumsum(outcome[order])[last_of_tie]
    goods = np.cumsum(~outcome[order])[last_of_tie]
    return np.append(0.0, goods / goods[-1]), np.append(0.0, bads / bads[-1])


def calibration_error(bad: ArrayLike, probabilities: ArrayLike, bins: int = 10) -> float:
    """Return the mean distance between predicted and real share of bads over bins of equal size."""
    rows = calibration_bins(bad, probabilities, bins)
    total = sum(count for _predicted, _real, count in rows)
    return float(sum(abs(predicted - real) * count for predicted, real, count in rows) / total)


def calibration_bins(bad: ArrayLike, probabilities: ArrayLike, bins: int = 10) -> list[tuple[float, float, int]]:
    """Return predicted share, real share and count of each of some bins of equal size."""
    outcome, predicted = np.asarray(bad, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    order = np.argsort(predicted, kind="stable")
    return [
        (float(predicted[part].mean()), float(outcome[part].mean()), len(part))
        for part in np.array_split(order, bins)
        if len(part)
    ]


def fit_line(bad: ArrayLike, logits: ArrayLike) -> tuple[float, float]:
    """Return slope and shift that make the log-odds fit the outcomes best (Platt's line, by Newton's method)."""
    outcome, logit = np.asarray(bad, dtype=np.float64), np.asarray(logits, dtype=np.float64)
    design = np.column_stack((logit, np.ones_like(logit)))
    # A hair of a prior at slope 1 keeps perfectly separated outcomes finite.
    prior = np.diag([1e-3, 1e-6])
    line = np.array([1.0, 0.0])
    for _step in range(50):
        probability = as_probabilities(design @ line)
        weight = np.maximum(probability * (1 - probability), 1e-9)
        gradient = design.T @ (outcome - probability) - prior @ (line - np.array([1.0, 0.0]))
        move = np.linalg.solve((design * weight[:, None]).T @ design + prior, gradient)
        line = line + np.clip(move, -1, 1)
        if np.abs(move).max() < 1e-8:
            break
    return float(line[0]), float(line[1])


def stability_index(reference: Mapping[str, float], present: Mapping[str, float]) -> float:
    """Return the population stability index of two distributions over the same bins, given as counts or shares.

    An empty bin counts as one in ten thousand. Shares .5/.5 against .6/.4 give .0405.
    """
    names = {*reference, *present}
    was = _as_shares(reference, names)
    now = _as_shares(present, names)
    return float(sum((now[name] - was[name]) * np.log(now[name] / was[name]) for name in names))


def _as_shares(counts: Mapping[str, float], names: set[str]) -> dict[str, float]:
    total = sum(counts.values()) or 1.0
    return {name: max(counts.get(name, 0.0) / total, _SHARE_FLOOR) for name in names}


def quantile_bounds(values: Sequence[Any], bins: int = 10) -> list[float]:
    """Return the inner bounds of bins of equal size over the reference; equal ones stand once."""
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        return []
    bounds = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]))
    return [float(bound) for bound in bounds if bound > known.min()]
