"""One training: the same folds for every model, the models made from all rows, a card for each."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from risk.rules.inputs import FACTS, InputType
from risk.rules.scoring.material import CATEGORIES, FLAGS, SIGNS, Effort, Made, Material, check_material
from risk.rules.scoring.models import ADDITIVE, AVERAGE, POINTS
from risk.rules.scoring.scale import STANDARD_SCALE
from risk.training.baseline import predict_baseline
from risk.training.boosting import fit_additive
from risk.training.cards import describe_data, write_card
from risk.training.fitting import AVERAGED, average_of, calibrate, estimate
from risk.training.forests import fit_bagged, fit_boosted
from risk.training.frame import Frame, make_frame
from risk.training.woe import as_points_table, fit_woe

KINDS: Final = (POINTS, ADDITIVE, AVERAGE)
_MEMBERS: Final = {
    POINTS: ("woe",),
    ADDITIVE: ("additive",),
    AVERAGE: AVERAGED,
}
_WORDS: Final = {name: fact.choices for name, fact in FACTS.items() if fact.type is InputType.TEXT}


def make_models(material: Material, kinds: Sequence[str], effort: Effort) -> list[Made]:
    """Make the models asked for. Raises TooThin."""
    check_material(material)
    frame = read_material(material)
    needed = [
        part for part in ("woe", "additive", "boosted", "bagged") if any(part in _MEMBERS[kind] for kind in kinds)
    ]
    folds = split_folds(frame, effort)
    held_out = {part: np.zeros(len(frame)) for part in (*needed, "baseline")}
    for train_rows, test_rows in folds:
        train, test = frame.take(train_rows), frame.take(test_rows)
        for part in needed:
            held_out[part][test_rows] = estimate(fit_part(part, train, effort), test)
        held_out["baseline"][test_rows] = predict_baseline(train, test)
    whole = {part: fit_part(part, frame, effort) for part in needed}
    data = describe_data(frame, material)
    made = []
    for kind in kinds:
        parts = _MEMBERS[kind]
        logits = np.mean([held_out[part] for part in parts], axis=0)
        content = whole[parts[0]] if len(parts) == 1 else average_of([whole[part] for part in parts])
        content = _finish(kind, calibrate(content, frame.bad, logits))
        tests = [rows for _train, rows in folds]
        card = write_card(content, frame, material, logits, held_out["baseline"], tests, data)
        made.append(Made(kind, content, {**card, "kind": kind, "seed": effort.seed, "folds_asked": effort.folds}))
    return made


def read_material(material: Material) -> Frame:
    """Return the product's own inputs as a frame; those that never vary are left out."""
    columns = {name: list(values) for name, values in material.columns.items() if len(set(values)) > 1}
    whole = frozenset(columns) - CATEGORIES
    return make_frame(columns, material.bad, categories=CATEGORIES, signs=SIGNS, whole=whole)


def split_folds(frame: Frame, effort: Effort) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Return rows to learn from and to test on, each row tested once, bads spread evenly."""
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(effort.folds, shuffle=True, random_state=effort.seed)
    return list(splitter.split(np.zeros(len(frame)), frame.bad))


def fit_part(part: str, frame: Frame, effort: Effort) -> dict[str, Any]:
    """Return one model of a frame."""
    if part == "woe":
        return fit_woe(frame)
    if part == "additive":
        return fit_additive(frame, seed=effort.seed, bags=effort.bags, is_monotone=effort.is_monotone)
    if part == "boosted":
        return fit_boosted(frame, seed=effort.seed, most_rounds=effort.rounds)
    return fit_bagged(frame, seed=effort.seed)


def _finish(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """Return a model in the form in which the product keeps it."""
    if kind == POINTS:
        return as_points_table(content, flags=FLAGS, words=_WORDS)
    if kind == ADDITIVE:
        return content
    scale = STANDARD_SCALE
    return {
        "kind": "challenger",
        "model": content,
        "scale": {"points": scale.points, "odds": scale.odds, "pdo": scale.pdo},
    }
