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
from risk.training.fitting import calibrate, estimate, fit_challenger
from risk.training.frame import Frame, make_frame
from risk.training.woe import as_points_table, fit_woe

KINDS: Final = (POINTS, ADDITIVE, AVERAGE)
_TREES_AT_MOST: Final = 600
_WORDS: Final = {name: fact.choices for name, fact in FACTS.items() if fact.type is InputType.TEXT}


def make_models(material: Material, kinds: Sequence[str], effort: Effort) -> list[Made]:
    """Make the models asked for. Raises TooThin."""
    check_material(material)
    frame = read_material(material)
    folds = split_folds(frame, effort)
    held_out = {kind: np.zeros(len(frame)) for kind in (*kinds, "baseline")}
    for train_rows, test_rows in folds:
        train, test = frame.take(train_rows), frame.take(test_rows)
        for kind, content in fit_kinds(kinds, train, effort).items():
            held_out[kind][test_rows] = estimate(content, test)
        held_out["baseline"][test_rows] = predict_baseline(train, test)
    whole = fit_kinds(kinds, frame, effort)
    data = describe_data(frame, material)
    made = []
    for kind in kinds:
        logits = held_out[kind]
        content = _finish(kind, calibrate(whole[kind], frame.bad, logits))
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


def fit_kinds(kinds: Sequence[str], frame: Frame, effort: Effort) -> dict[str, dict[str, Any]]:
    """Return the models asked for out of one frame; the average takes over the additive one where both are wanted."""
    made: dict[str, dict[str, Any]] = {}
    if POINTS in kinds:
        made[POINTS] = fit_woe(frame)
    if ADDITIVE in kinds or AVERAGE in kinds:
        made[ADDITIVE] = fit_additive(
            frame, seed=effort.seed, bags=effort.bags, is_monotone=effort.is_monotone, rounds=effort.rounds
        )
    if AVERAGE in kinds:
        rounds = min(effort.rounds, _TREES_AT_MOST)
        made[AVERAGE] = fit_challenger(frame, made[ADDITIVE], seed=effort.seed, rounds=rounds)
    return {kind: made[kind] for kind in kinds}


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
