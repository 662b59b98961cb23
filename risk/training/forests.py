"""Boosted trees by LightGBM, exported as flat arrays."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from risk.rules.scoring.features import CATEGORY
from risk.training.frame import Frame

_SMOOTHING: Final = 20.0
_BOOSTED: Final[dict[str, Any]] = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 8,
    "max_depth": 4,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
}


def fit_boosted(frame: Frame, *, seed: int = 0, most_rounds: int = 600) -> dict[str, Any]:
    """Return boosted trees; how many of them is settled by cross-validation inside the training data."""
    import lightgbm

    codes = _order_categories(frame)
    settings = {**_BOOSTED, **_quiet(seed)}
    found: Any = lightgbm.cv(
        settings | {"metric": "binary_logloss"},
        _make_data(frame, codes),
        most_rounds,
        nfold=5,
        stratified=True,
        seed=seed,
        callbacks=[lightgbm.early_stopping(50, verbose=False)],
    )
    rounds = max(len(found["valid binary_logloss-mean"]), 20)
    return _export(lightgbm.train(settings, _make_data(frame, codes), rounds), frame, codes)


def join_forests(forests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of forests over the same inputs as one forest, walked once instead of once each."""
    joined: dict[str, Any] = {**forests[0], "depth": max(forest["depth"] for forest in forests), "roots": []}
    joined |= {name: [] for name in ("feature", "threshold", "missing_left", "left", "value")}
    for forest in forests:
        start = len(joined["left"])
        for name in ("feature", "threshold", "missing_left"):
            joined[name] += forest[name]
        joined["left"] += [place + start for place in forest["left"]]
        joined["roots"] += [place + start for place in forest["roots"]]
        joined["value"] += [value / len(forests) for value in forest["value"]]
    return joined


def _quiet(seed: int) -> dict[str, Any]:
    return {"seed": seed, "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True}


def _order_categories(frame: Frame) -> dict[str, dict[str, float]]:
    """Number the words of each category by their smoothed share of bads, so that one split parts good from bad."""
    codes = {}
    rate = float(frame.bad.mean())
    for name in frame.names:
        if frame.type_of(name) != CATEGORY:
            continue
        counts: dict[str, list[float]] = {}
        for word, bad in zip(frame.columns[name], frame.bad, strict=True):
            if word is not None:
                seen = counts.setdefault(word, [0.0, 0.0])
                seen[0] += 1
                seen[1] += float(bad)
        shares = {word: (bads + _SMOOTHING * rate) / (total + _SMOOTHING) for word, (total, bads) in counts.items()}
        codes[name] = {word: float(place) for place, word in enumerate(sorted(shares, key=lambda w: (shares[w], w)))}
    return codes


def _make_data(frame: Frame, codes: Mapping[str, Mapping[str, float]]) -> Any:
    import lightgbm

    columns = [
        np.array([np.nan if word is None else codes[name][word] for word in column]) if name in codes else column
        for name, column in frame.columns.items()
    ]
    return lightgbm.Dataset(np.column_stack(columns).astype(float), label=frame.bad.astype(int), free_raw_data=False)


def _export(model: Any, frame: Frame, codes: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    nodes: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "missing_left", "left", "value")}
    roots, depth = [], 1
    for tree in model.dump_model()["tree_info"]:
        roots.append(len(nodes["left"]))
        depth = max(depth, _lay_out(tree["tree_structure"], nodes))
    features = [{"name": name, "codes": dict(codes[name]) if name in codes else None} for name in frame.names]
    return {"kind": "trees", "shift": 0.0, "features": features, **nodes, "roots": roots, "depth": depth}


def _lay_out(root: Mapping[str, Any], nodes: dict[str, list[Any]]) -> int:
    """Write a tree with both children of a node side by side behind it; return its depth."""
    _add(nodes)
    waiting, depth = [(root, len(nodes["left"]) - 1, 0)], 1
    while waiting:
        node, place, level = waiting.pop(0)
        depth = max(depth, level)
        if "split_feature" not in node:
            nodes["left"][place] = place
            nodes["value"][place] = float(node["leaf_value"])
            continue
        below = len(nodes["left"])
        _add(nodes)
        _add(nodes)
        nodes["left"][place] = below
        nodes["feature"][place] = int(node["split_feature"])
        nodes["threshold"][place] = float(node["threshold"])
        nodes["missing_left"][place] = _goes_left(node)
        waiting += [(node["left_child"], below, level + 1), (node["right_child"], below + 1, level + 1)]
    return depth


def _add(nodes: dict[str, list[Any]]) -> None:
    for name, blank in (("feature", 0), ("threshold", 0.0), ("missing_left", False), ("left", 0), ("value", 0.0)):
        nodes[name].append(blank)


def _goes_left(node: Mapping[str, Any]) -> bool:
    """Tell where a missing value goes; where training saw none, the way of the many, not that of the number 0."""
    if node["missing_type"] == "NaN":
        return bool(node["default_left"])
    return bool(_count(node["left_child"]) >= _count(node["right_child"]))


def _count(node: Mapping[str, Any]) -> int:
    return int(node["internal_count"] if "split_feature" in node else node["leaf_count"])
