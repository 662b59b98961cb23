"""An additive model: the log-odds of default are a sum of table look-ups, so every reason is exact.

`{"kind": "additive", "intercept": -1.9, "features": [{"name", "type": "number", "cuts": [[…], […]]} |
{"name", "type": "category", "levels": [{"RENT": 1, …}]}], "terms": [{"features": [0], "scores": […]},
{"features": [0, 3], "resolutions": [1, 0], "scores": [[…], …]}], "scale": {"points", "odds", "pdo"},
"bands": {"bureau_score": [bin, …]}}`. Scores are calibrated already. `bands` joins fine bins into the few that a person reads and
that drift is watched by; it names the first bin of each band.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk.rules.inputs import FACTS, InputField, Inputs, InputType, Value, check_inputs
from risk.rules.problems import InvalidRule
from risk.rules.scorecard import Contribution, Score
from risk.rules.scoring.checks import lint_additive
from risk.rules.scoring.features import CategoryFeature, Feature, NumberFeature, label_intervals, read_feature
from risk.rules.scoring.scale import as_probability, read_scale

_Pair = tuple[int, int, int, int, tuple[tuple[float, ...], ...], tuple[float, ...], tuple[float, ...]]


class AdditiveModel:
    """An exported model made ready to score: one look-up an input and one a pair of inputs."""

    def __init__(self, content: Any, fields: Mapping[str, InputField] | None = FACTS) -> None:
        problems = lint_additive(content, fields)
        if problems:
            raise InvalidRule(problems)
        self.scale = read_scale(content["scale"])
        self.features: tuple[Feature, ...] = tuple(read_feature(feature) for feature in content["features"])
        self.intercept = float(content["intercept"])
        self.mains: list[tuple[float, ...]] = [()] * len(self.features)
        self.pairs: list[_Pair] = []
        for term in content["terms"]:
            if len(term["features"]) == 1:
                self.mains[term["features"][0]] = tuple(term["scores"])
            else:
                self.pairs.append(_read_pair(term))
        self._best = [min(scores[1:-1], default=0.0) if scores else 0.0 for scores in self.mains]
        self._bands = [_read_bands(feature, content.get("bands", {}).get(feature.name)) for feature in self.features]
        self._factor = self.scale.factor
        self._base = self.scale.as_points(self.intercept)
        self.base_points = round(self._base)
        self.bounds: dict[str, tuple[int, ...]] = {
            feature.name: _turning_points(feature, self._bands[place], content.get("bands", {}).get(feature.name))
            for place, feature in enumerate(self.features)
            if isinstance(feature, NumberFeature)
        }

    def score(self, inputs: Inputs) -> Score:
        """Score checked inputs in points; base and contributions sum exactly to the score. Raises InvalidInputs."""
        check_inputs(inputs)
        parts, best, bins = self._explain(inputs)
        logit = self.intercept + sum(parts)
        value = round(self.scale.as_points(logit))
        exact = [-self._factor * part for part in parts]
        points = _round_to_sum(exact, value - self.base_points)
        contributions = tuple(
            Contribution(
                feature.name,
                labels[place],
                got,
                max(got, round(-self._factor * low)),
            )
            for feature, labels, place, got, low in zip(self.features, self._bands, bins, points, best, strict=True)
        )
        return Score(value, self.base_points, contributions, as_probability(logit))

    def estimate(self, inputs: Mapping[str, Value | float]) -> float:
        """Return the log-odds of default of inputs of any kind; those the model does not know are passed over."""
        parts, _best, _bins = self._explain(inputs)
        return self.intercept + sum(parts)

    def estimate_many(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]:
        """Return the log-odds of many applicants, their inputs given by column."""
        count = len(next(iter(columns.values())))
        total = np.full(count, self.intercept)
        for feature, scores in zip(self.features, self.mains, strict=True):
            if scores:
                total += np.array(scores)[feature.find_bins(columns[feature.name])]
        for first, second, finer, coarser, table, _best, _other in self.pairs:
            one, two = self.features[first], self.features[second]
            rows = one.find_bins(columns[one.name], finer)
            total += np.array(table)[rows, two.find_bins(columns[two.name], coarser)]
        return total

    def _explain(self, inputs: Mapping[str, Any]) -> tuple[list[float], list[float], list[int]]:
        """Return what each input adds to the log-odds, the least that it could add, and its bin.

        A pair's value is shared equally by its two inputs, as Shapley's rule shares a term of two.
        """
        bins = [feature.find_bin(inputs[feature.name]) for feature in self.features]
        parts = [scores[place] if scores else 0.0 for scores, place in zip(self.mains, bins, strict=True)]
        best = list(self._best)
        for first, second, finer, coarser, table, best_of_first, best_of_second in self.pairs:
            one, two = self.features[first], self.features[second]
            row = one.find_bin(inputs[one.name], finer) if finer else bins[first]
            column = two.find_bin(inputs[two.name], coarser) if coarser else bins[second]
            half = table[row][column] / 2
            parts[first] += half
            parts[second] += half
            best[first] += best_of_first[column]
            best[second] += best_of_second[row]
        return parts, best, bins


def _read_pair(term: Mapping[str, Any]) -> _Pair:
    first, second = term["features"]
    finer, coarser = term["resolutions"]
    table = tuple(tuple(row) for row in term["scores"])
    best_of_first = tuple(min(row[place] for row in table[1:-1]) / 2 for place in range(len(table[0])))
    best_of_second = tuple(min(row[1:-1]) / 2 for row in table)
    return first, second, finer, coarser, table, best_of_first, best_of_second


def _read_bands(feature: Feature, starts: Sequence[int] | None) -> list[str]:
    """Return for each bin the name of the band that it belongs to."""
    labels = feature.label_bins()
    if not starts or isinstance(feature, CategoryFeature):
        return labels
    cuts = feature.cuts[0]
    names = label_intervals([cuts[start - 2] for start in starts if start > 1])
    known = [names[bisect_right(starts, place) - 1] for place in range(1, len(labels) - 1)]
    return ["missing", *known, "other"]


def _turning_points(feature: NumberFeature, _labels: Sequence[str], starts: Sequence[int] | None) -> tuple[int, ...]:
    cuts = feature.cuts[0]
    chosen = [cuts[start - 2] for start in starts if start > 1] if starts else cuts
    return tuple(int(cut) for cut in chosen)


def _round_to_sum(exact: Sequence[float], total: int) -> list[int]:
    """Round parts so that they sum to a whole total: the largest fractions are rounded up, ties to the first."""
    floors = [int(part // 1) for part in exact]
    lacking = total - sum(floors)
    order = sorted(range(len(exact)), key=lambda place: floors[place] - exact[place])
    # Base and total were rounded apart, so that one point more or less than there are parts may be due.
    whole, rest = divmod(lacking, len(exact))
    rounded = [part + whole for part in floors]
    for place in order[:rest]:
        rounded[place] += 1
    return rounded


def fields_of(content: Mapping[str, Any]) -> dict[str, InputType]:
    """Return the inputs that an exported model looks at, with their types, for models outside of the product's list."""
    return {
        feature["name"]: InputType.TEXT if feature["type"] == "category" else InputType.INT
        for feature in content["features"]
    }
