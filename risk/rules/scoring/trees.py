"""Boosted or bagged trees as flat arrays, walked level by level in all trees at once.

`{"kind": "trees", "shift": -1.2, "features": [{"name", "codes": {"RENT": 0, …} | null}], "feature": […],
"threshold": […], "missing_left": […], "left": […], "value": […], "roots": […], "depth": 7}`. Node n goes to `left[n]` where the value of
its feature is at most the threshold, else to the node behind that; a leaf leads to itself. A missing value goes where the
training data's missing values went.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from risk.rules.inputs import InputField
from risk.rules.problems import InvalidRule, Problem
from risk.rules.scoring.scale import is_number

_LISTS: Final = ("feature", "threshold", "missing_left", "left", "value", "roots")
_MAX_NODES: Final = 1_000_000
_MAX_DEPTH: Final = 64
_ROWS_AT_ONCE: Final = 512


class TreeModel:
    """An exported forest made ready to score."""

    def __init__(self, content: Any, fields: Mapping[str, InputField] | None = None) -> None:
        problems = lint_trees(content, fields)
        if problems:
            raise InvalidRule(problems)
        self.names: tuple[str, ...] = tuple(feature["name"] for feature in content["features"])
        self._codes = tuple(feature.get("codes") for feature in content["features"])
        count = len(self.names)
        # Twice the inputs: once with missing values below everything, once above; a node reads the half that sends a
        # missing value its way.
        feature = np.array(content["feature"], dtype=np.int64)
        self._feature = np.where(np.array(content["missing_left"], dtype=bool), feature, feature + count)
        self._left = np.array(content["left"], dtype=np.int64)
        is_leaf = self._left == np.arange(len(self._left))
        self._threshold = np.where(is_leaf, np.inf, np.array(content["threshold"], dtype=np.float64))
        self._value = np.array(content["value"], dtype=np.float64)
        self._roots = np.array(content["roots"], dtype=np.int64)
        self._depth: int = content["depth"]
        self._shift = float(content["shift"])

    def estimate(self, inputs: Mapping[str, Any]) -> float:
        """Return the log-odds of default."""
        row = np.array(
            [_encode(inputs[name], codes) for name, codes in zip(self.names, self._codes, strict=True)],
            dtype=np.float64,
        )
        missing = np.isnan(row)
        doubled = np.concatenate((np.where(missing, -np.inf, row), np.where(missing, np.inf, row)))
        node = self._roots
        for _level in range(self._depth):
            node = self._left[node] + (doubled[self._feature[node]] > self._threshold[node])
        return self._shift + float(self._value[node].sum())

    def estimate_many(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]:
        """Return the log-odds of many applicants, their inputs given by column."""
        rows = np.array(
            [
                [_encode(value, codes) for value in columns[name]]
                for name, codes in zip(self.names, self._codes, strict=True)
            ],
            dtype=np.float64,
        ).T
        missing = np.isnan(rows)
        doubled = np.concatenate((np.where(missing, -np.inf, rows), np.where(missing, np.inf, rows)), axis=1)
        return np.concatenate(
            [self._walk(doubled[start : start + _ROWS_AT_ONCE]) for start in range(0, len(doubled), _ROWS_AT_ONCE)]
        )

    def _walk(self, doubled: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = np.arange(len(doubled))[:, None]
        node = np.broadcast_to(self._roots, (len(doubled), len(self._roots)))
        for _level in range(self._depth):
            node = self._left[node] + (doubled[rows, self._feature[node]] > self._threshold[node])
        total: NDArray[np.float64] = self._shift + self._value[node].sum(axis=1)
        return total


def _encode(value: Any, codes: Mapping[str, float] | None) -> float:
    if value is None:
        return float("nan")
    # A word that was never seen says as little as a missing one.
    return float(value) if codes is None else codes.get(str(value), float("nan"))


def lint_trees(content: Any, fields: Mapping[str, InputField] | None) -> list[Problem]:
    """Return what is wrong with a forest: sizes, places, and that every walk ends within the stated depth."""
    if not isinstance(content, dict) or not is_number(content.get("shift")):
        return [Problem("model", "model_shape", "shift")]
    features = content.get("features")
    if not isinstance(features, list) or not features or not all(_is_feature(feature) for feature in features):
        return [Problem("model", "model_shape", "features")]
    problems = [
        Problem(feature["name"], "unknown_input")
        for feature in features
        if fields is not None and feature["name"] not in fields
    ]
    lists = [content.get(name) for name in _LISTS]
    if not all(isinstance(part, list) and part for part in lists):
        return [*problems, Problem("model", "model_shape", "nodes")]
    count = len(content["left"])
    if count > _MAX_NODES or any(len(content[name]) != count for name in _LISTS[:-1]):
        return [*problems, Problem("model", "model_shape", "nodes")]
    if not all(is_number(number) for number in chain(content["threshold"], content["value"])):
        return [*problems, Problem("model", "model_scores")]
    if not _are_walks_sound(content, count, len(features)):
        problems.append(Problem("model", "model_shape", "left"))
    return problems


def _is_feature(feature: Any) -> bool:
    if not isinstance(feature, dict) or not isinstance(feature.get("name"), str):
        return False
    codes = feature.get("codes")
    return codes is None or (isinstance(codes, dict) and all(is_number(code) for code in codes.values()))


def _are_walks_sound(content: Mapping[str, Any], count: int, features: int) -> bool:
    depth = content.get("depth")
    if type(depth) is not int or not 0 < depth <= _MAX_DEPTH:
        return False
    if not all(type(place) is int and 0 <= place < features for place in content["feature"]):
        return False
    # Children stand behind their parent, so that no walk can go in circles.
    for node, left in enumerate(content["left"]):
        if type(left) is not int or not (left == node or (node < left and left + 1 < count)):
            return False
    if not all(type(root) is int and 0 <= root < count for root in content["roots"]):
        return False
    left = np.array(content["left"])
    reached = np.array(content["roots"])
    for _level in range(depth):
        inner = reached[left[reached] != reached]
        reached = np.unique(np.concatenate((left[inner], left[inner] + 1))) if len(inner) else inner
    return not len(reached) or bool((left[reached] == reached).all())
