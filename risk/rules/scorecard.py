"""A points scorecard: each factor's value falls into one bin, the bins' points are added to the base.

The points table is JSON:
`{"base_points": 500, "factors": [{"name": …, "missing_points": -20, "bins": [{"below": 2000, "points": 60}, …,
{"points": -30}]}, {"name": …, "values": {"OWN": 20, …}, "other_points": 0, "missing_points": 0}]}`.
A bin holds values from the bound before it up to, without, its own `below`; the last one is open.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from risk.rules.inputs import FACTS, Inputs, InputType, check_inputs
from risk.rules.problems import InvalidRule, Problem
from risk.rules.scoring.scale import as_probability, lint_scale, read_scale

MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one factor gave: the bin its value fell into, the bin's points, the most the factor could give."""

    factor: str
    bin: str
    points: int
    best_points: int

    @property
    def lost_points(self) -> int:
        """Return how much better the factor could have been."""
        return self.best_points - self.points


@dataclass(frozen=True, slots=True)
class Score:
    """Base and contributions sum exactly to the score, as a waterfall shows them."""

    value: int
    base_points: int
    contributions: tuple[Contribution, ...]
    # Of default; None where the points were not made from one.
    probability: float | None = None

    def list_adverse_factors(self, limit: int) -> list[str]:
        """Return the factors that lost the most points, worst first: the honest reasons for a low score."""
        losers = [part for part in self.contributions if part.lost_points > 0]
        return [part.factor for part in sorted(losers, key=lambda part: -part.lost_points)[:limit]]


class Champion(Protocol):
    """What gives the points that decide, with its exact reasons: a points table, or any model that sums look-ups."""

    # Where its inputs turn, for finding the smallest change that turns a decision.
    bounds: dict[str, tuple[int, ...]]

    def score(self, inputs: Inputs) -> Score:
        """Score checked inputs. Raises InvalidInputs."""
        ...


@dataclass(frozen=True, slots=True)
class _Factor:
    name: str
    bounds: tuple[int, ...]
    bins: tuple[Contribution, ...]
    values: Mapping[object, Contribution] | None
    other: Contribution
    missing: Contribution


class Scorecard:
    """A points table made ready: every bin's contribution exists before the first applicant comes."""

    def __init__(self, content: Any) -> None:
        problems = lint_scorecard(content)
        if problems:
            raise InvalidRule(problems)
        self.base_points: int = content["base_points"]
        self._factors = tuple(_compile_factor(factor) for factor in content["factors"])
        self.bounds: dict[str, tuple[int, ...]] = {factor.name: factor.bounds for factor in self._factors}
        # Points that were estimated say what odds they stand for; those of an expert do not.
        self._scale = read_scale(content["scale"]) if content.get("scale") else None

    def score(self, inputs: Inputs) -> Score:
        """Score checked inputs. Raises InvalidInputs."""
        check_inputs(inputs)
        contributions = tuple(_judge(factor, inputs[factor.name]) for factor in self._factors)
        value = self.base_points + sum(part.points for part in contributions)
        probability = as_probability(self._scale.as_logit(value)) if self._scale else None
        return Score(value, self.base_points, contributions, probability)


def _judge(factor: _Factor, value: Any) -> Contribution:
    if value is None:
        return factor.missing
    if factor.values is not None:
        return factor.values.get(value, factor.other)
    return factor.bins[bisect_right(factor.bounds, value)]


def _compile_factor(content: dict[str, Any]) -> _Factor:
    name = content["name"]
    bins = content.get("bins", [])
    values = content.get("values", {})
    missing_points = content["missing_points"]
    other_points = content.get("other_points", 0)
    # A missing value is never the best one: what a factor could give is what a known value can give.
    best = max([row["points"] for row in bins] or [other_points, *values.values()])
    bounds = tuple(row["below"] for row in bins[:-1])
    labels = _label_bins(bounds)
    is_flag = FACTS[name].type is InputType.BOOL
    return _Factor(
        name=name,
        bounds=bounds,
        bins=tuple(Contribution(name, label, row["points"], best) for label, row in zip(labels, bins, strict=False)),
        values={
            (value == "true" if is_flag else value): Contribution(name, value, points, best)
            for value, points in values.items()
        }
        if values
        else None,
        other=Contribution(name, "other", other_points, best),
        missing=Contribution(name, MISSING, missing_points, best),
    )


def _label_bins(bounds: tuple[int, ...]) -> list[str]:
    if not bounds:
        return ["any"]
    middle = [f"{low}–{high - 1}" for low, high in pairwise(bounds)]
    return [f"< {bounds[0]}", *middle, f"≥ {bounds[-1]}"]


def lint_scorecard(content: Any) -> list[Problem]:
    """Return what is wrong with a points table; nothing means that it can be used."""
    if not isinstance(content, dict) or not _is_int(content.get("base_points")):
        return [Problem("scorecard", "base_points_missing")]
    factors = content.get("factors")
    if not isinstance(factors, list) or not factors:
        return [Problem("scorecard", "factors_missing")]
    problems = []
    seen: set[str] = set()
    for index, factor in enumerate(factors):
        name = str(factor.get("name") or "") if isinstance(factor, dict) else ""
        place = name or f"factor {index + 1}"
        if not isinstance(factor, dict) or name not in FACTS:
            problems.append(Problem(place, "unknown_input"))
            continue
        if name in seen:
            problems.append(Problem(place, "factor_twice"))
        seen.add(name)
        problems += [Problem(place, code) for code in _lint_factor(factor)]
    return problems + (lint_scale(content["scale"]) if content.get("scale") else [])


def _lint_factor(factor: dict[str, Any]) -> list[str]:
    field = FACTS[factor["name"]]
    codes = []
    if not _is_int(factor.get("missing_points")):
        codes.append("missing_bin_missing")
    if field.type is InputType.INT:
        return codes + _lint_bins(factor.get("bins"))
    values = factor.get("values")
    allowed = frozenset({"true", "false"}) if field.type is InputType.BOOL else field.choices
    if not isinstance(values, dict) or not values or not all(_is_int(points) for points in values.values()):
        return [*codes, "values_missing"]
    if not values.keys() <= allowed:
        codes.append("unknown_value")
    if values.keys() != allowed and not _is_int(factor.get("other_points")):
        codes.append("other_bin_missing")
    return codes


def _lint_bins(bins: Any) -> list[str]:
    if not isinstance(bins, list) or not bins:
        return ["bins_missing"]
    if not all(isinstance(row, dict) and _is_int(row.get("points")) for row in bins):
        return ["points_missing"]
    if "below" in bins[-1]:
        return ["last_bin_not_open"]
    bounds = [row.get("below") for row in bins[:-1]]
    if not all(_is_int(bound) for bound in bounds):
        return ["bound_missing"]
    if any(low >= high for low, high in pairwise(bounds)):
        return ["bounds_not_rising"]
    return []


def _is_int(value: object) -> bool:
    return type(value) is int
