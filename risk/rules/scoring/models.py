"""Any exported model by its kind, and the average of several."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from risk.rules.inputs import FACTS, InputField, Inputs
from risk.rules.problems import InvalidRule, Problem
from risk.rules.scorecard import Champion, Scorecard, lint_scorecard
from risk.rules.scoring.additive import AdditiveModel
from risk.rules.scoring.checks import lint_additive
from risk.rules.scoring.scale import Scale, as_probability, is_number, lint_scale, read_scale
from risk.rules.scoring.trees import TreeModel, lint_trees

POINTS: Final = "points"
ADDITIVE: Final = "additive"
TREES: Final = "trees"
AVERAGE: Final = "average"
_MAX_MEMBERS: Final = 10


class Estimator(Protocol):
    """What gives log-odds of default."""

    def estimate(self, inputs: Mapping[str, Any]) -> float: ...

    def estimate_many(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]: ...


class AverageModel:
    """The weighted mean of several models' log-odds, calibrated: `slope * mean + shift`."""

    def __init__(self, content: Any, fields: Mapping[str, InputField] | None = None) -> None:
        problems = lint_average(content, fields)
        if problems:
            raise InvalidRule(problems)
        self._members = [
            (float(member["weight"]), read_estimator(member["model"], fields)) for member in content["members"]
        ]
        self._slope, self._shift = float(content["slope"]), float(content["shift"])

    def estimate(self, inputs: Mapping[str, Any]) -> float:
        """Return the log-odds of default."""
        return self._slope * sum(weight * model.estimate(inputs) for weight, model in self._members) + self._shift

    def estimate_many(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]:
        """Return the log-odds of many applicants, their inputs given by column."""
        parts = [weight * model.estimate_many(columns) for weight, model in self._members]
        total: NDArray[np.float64] = self._slope * np.sum(parts, axis=0) + self._shift
        return total


class Challenger:
    """A model that runs beside the one that decides: what it says is kept and counts for nothing."""

    def __init__(self, content: Any) -> None:
        problems = lint_challenger(content)
        if problems:
            raise InvalidRule(problems)
        self._model = read_estimator(content["model"], FACTS)
        self.scale: Scale = read_scale(content["scale"])

    def judge(self, inputs: Inputs) -> tuple[int, float]:
        """Return points and probability of default of checked inputs."""
        logit = self._model.estimate(inputs)
        return round(self.scale.as_points(logit)), as_probability(logit)


def kind_of(content: Any) -> str:
    """Return the kind of an exported model; a points table needs not say it."""
    kind = content.get("kind", POINTS) if isinstance(content, dict) else POINTS
    return kind if isinstance(kind, str) else ""


def read_champion(content: Any) -> Champion:
    """Return a scorecard or an additive model, ready to score. Raises InvalidRule."""
    return AdditiveModel(content) if kind_of(content) == ADDITIVE else Scorecard(content)


def lint_champion(content: Any) -> list[Problem]:
    """Return what is wrong with a model that is to decide."""
    return lint_additive(content, FACTS) if kind_of(content) == ADDITIVE else lint_scorecard(content)


def read_estimator(content: Any, fields: Mapping[str, InputField] | None = None) -> Estimator:
    """Return an additive model, a forest or an average, ready to estimate. Raises InvalidRule."""
    kind = kind_of(content)
    if kind == ADDITIVE:
        return AdditiveModel(content, fields)
    if kind == TREES:
        return TreeModel(content, fields)
    return AverageModel(content, fields)


def lint_challenger(content: Any) -> list[Problem]:
    """Return what is wrong with a model that is to run beside."""
    if not isinstance(content, dict):
        return [Problem("model", "model_shape")]
    return lint_scale(content.get("scale")) + _lint_estimator(content.get("model"), FACTS)


def lint_average(content: Any, fields: Mapping[str, InputField] | None) -> list[Problem]:
    """Return what is wrong with an average of models."""
    members = content.get("members") if isinstance(content, dict) else None
    if not isinstance(members, list) or not 0 < len(members) <= _MAX_MEMBERS:
        return [Problem("model", "model_shape", "members")]
    if not is_number(content.get("slope")) or not is_number(content.get("shift")) or content["slope"] <= 0:
        return [Problem("model", "model_shape", "slope")]
    problems = []
    for member in members:
        if not isinstance(member, dict) or not is_number(member.get("weight")) or member["weight"] <= 0:
            problems.append(Problem("model", "model_shape", "weight"))
        elif kind_of(member.get("model")) not in (ADDITIVE, TREES):
            problems.append(Problem("model", "model_shape", "members"))
        else:
            problems += _lint_estimator(member["model"], fields)
    return problems


def _lint_estimator(content: Any, fields: Mapping[str, InputField] | None) -> list[Problem]:
    kind = kind_of(content)
    if kind == ADDITIVE:
        return lint_additive(content, fields)
    if kind == TREES:
        return lint_trees(content, fields)
    if kind == AVERAGE:
        return lint_average(content, fields)
    return [Problem("model", "model_shape", "kind")]
