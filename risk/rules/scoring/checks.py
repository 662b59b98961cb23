"""What an exported model must be before anything is scored with it."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from risk.rules.inputs import InputField
from risk.rules.problems import Problem
from risk.rules.scoring.features import CATEGORY, NUMBER, read_feature
from risk.rules.scoring.scale import is_number, lint_scale

_MAX_NUMBERS: Final = 2_000_000


def lint_additive(content: Any, fields: Mapping[str, InputField] | None) -> list[Problem]:
    """Return what is wrong with an additive model; `fields` are the inputs it may look at, None for any."""
    if not isinstance(content, dict) or not is_number(content.get("intercept")):
        return [Problem("model", "model_shape", "intercept")]
    problems = lint_scale(content.get("scale")) + lint_features(content.get("features"), fields)
    if problems:
        return problems
    features = [read_feature(feature) for feature in content["features"]]
    terms = content.get("terms")
    if not isinstance(terms, list) or not terms:
        return [Problem("model", "model_shape", "terms")]
    for number, term in enumerate(terms):
        places = term.get("features") if isinstance(term, dict) else None
        if not _are_places(places, len(features)):
            problems.append(Problem(f"term {number + 1}", "model_shape", "features"))
            continue
        assert isinstance(places, list)
        resolutions = term.get("resolutions", [0] * len(places))
        if not _are_resolutions(resolutions, [content["features"][place] for place in places]):
            problems.append(Problem(f"term {number + 1}", "model_shape", "resolutions"))
            continue
        sizes = [features[place].count_bins(level) for place, level in zip(places, resolutions, strict=True)]
        if not _fits(term.get("scores"), sizes):
            name = " × ".join(features[place].name for place in places)
            problems.append(Problem(name, "model_scores"))
    bands = content.get("bands", {})
    if not isinstance(bands, dict) or not all(_are_bands(bands[name], content["features"], name) for name in bands):
        problems.append(Problem("model", "model_shape", "bands"))
    return problems


def lint_features(features: Any, fields: Mapping[str, InputField] | None) -> list[Problem]:
    """Return what is wrong with the list of inputs of a model."""
    if not isinstance(features, list) or not features:
        return [Problem("model", "model_shape", "features")]
    problems, seen = [], set()
    for number, feature in enumerate(features):
        name = feature.get("name") if isinstance(feature, dict) else None
        place = str(name or f"feature {number + 1}")
        if not isinstance(name, str) or (fields is not None and name not in fields):
            problems.append(Problem(place, "unknown_input"))
        elif name in seen:
            problems.append(Problem(place, "factor_twice"))
        else:
            seen.add(name)
            problems += [Problem(place, code) for code in _lint_feature(feature)]
    return problems


def _lint_feature(feature: Mapping[str, Any]) -> list[str]:
    if feature.get("type") == NUMBER:
        cuts = feature.get("cuts")
        if not isinstance(cuts, list) or not cuts or not all(isinstance(level, list) for level in cuts):
            return ["bound_missing"]
        if not all(is_number(cut) for level in cuts for cut in level):
            return ["bound_missing"]
        if any(low >= high for level in cuts for low, high in pairwise(level)):
            return ["bounds_not_rising"]
        return []
    levels = feature.get("levels")
    if feature.get("type") != CATEGORY or not isinstance(levels, list) or not levels:
        return ["values_missing"]
    is_sound = all(
        isinstance(level, dict)
        and level
        and all(type(place) is int and 0 < place <= len(level) for place in level.values())
        for level in levels
    )
    return [] if is_sound else ["values_missing"]


def _are_places(places: Any, count: int) -> bool:
    return (
        isinstance(places, list)
        and len(places) in (1, 2)
        and len(set(places)) == len(places)
        and all(type(place) is int and 0 <= place < count for place in places)
    )


def _are_resolutions(resolutions: Any, features: Sequence[Mapping[str, Any]]) -> bool:
    return (
        isinstance(resolutions, list)
        and len(resolutions) == len(features)
        and all(
            type(level) is int and 0 <= level < len(feature["cuts" if feature["type"] == NUMBER else "levels"])
            for level, feature in zip(resolutions, features, strict=True)
        )
    )


def _fits(scores: Any, sizes: Sequence[int]) -> bool:
    if math.prod(sizes) > _MAX_NUMBERS or not isinstance(scores, list) or len(scores) != sizes[0]:
        return False
    if len(sizes) == 1:
        return all(is_number(score) for score in scores)
    return all(_fits(row, sizes[1:]) for row in scores)


def _are_bands(starts: Any, features: Sequence[Mapping[str, Any]], name: str) -> bool:
    feature = next((feature for feature in features if feature["name"] == name), None)
    if feature is None or feature["type"] != NUMBER or not isinstance(starts, list) or not starts:
        return False
    last = len(feature["cuts"][0]) + 1
    is_rising = all(low < high for low, high in pairwise(starts)) if all(type(x) is int for x in starts) else False
    return is_rising and starts[0] == 1 and starts[-1] <= last
