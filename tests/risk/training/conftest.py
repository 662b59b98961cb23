"""One small training for all tests: 900 applicants of a known world, a few seconds in all."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from risk.rules import standard
from risk.rules.inputs import FACTS
from risk.rules.scoring.material import Effort, Made, Material
from risk.training.making import make_models

EFFORT = Effort(folds=2, bags=1, rounds=120)


def make_material(count: int = 700, seed: int = 1) -> Material:
    """Return applicants whose default follows bureau score, debt, use of cards and late payments."""
    rng = np.random.default_rng(seed)
    base = standard.CASES["base"]
    columns: dict[str, list[Any]] = {name: [base[name]] * count for name in FACTS}
    bureau = rng.normal(650, 80, count)
    debt = rng.integers(500, 7000, count)
    use = rng.integers(0, 10_000, count)
    late = rng.poisson(0.7, count)
    housing = rng.choice(["OWN", "RENT", "OTHER"], count)
    is_unknown = rng.random(count) < 0.12
    logit = -1.1 - (bureau - 650) / 60 + debt / 3500 + (use > 6000) * 0.8 + late * 0.5 - 2.0
    logit += np.where(is_unknown, 1.6 + (bureau - 650) / 60, 0) + np.where(housing == "OWN", -0.5, 0.2)
    bad = rng.random(count) < 1 / (1 + np.exp(-logit))
    columns["bureau_score"] = [None if out else int(value) for out, value in zip(is_unknown, bureau, strict=True)]
    columns["debt_to_income_bp"] = [int(value) for value in debt]
    columns["card_utilisation_bp"] = [int(value) for value in use]
    columns["overdue_count_24_months"] = [int(value) for value in late]
    columns["housing"] = [str(value) for value in housing]
    columns["is_overdue_now"] = [bool(value) for value in rng.random(count) < 0.1 + 0.2 * bad]
    groups: Mapping[str, list[str | None]] = {"sex": [str(value) for value in rng.choice(["M", "F"], count)]}
    unknown = {name: values[:60] for name, values in columns.items()}
    return Material(columns, [bool(value) for value in bad], groups, unknown)


@pytest.fixture(scope="session")
def material() -> Material:
    """The applicants."""
    return make_material()


@pytest.fixture(scope="session")
def made(material: Material) -> dict[str, Made]:
    """All three models of them."""
    return {model.kind: model for model in make_models(material, ("points", "additive", "average"), EFFORT)}


def facts_of(material: Material, place: int) -> dict[str, Any]:
    """Return the facts of one applicant."""
    return {name: values[place] for name, values in material.columns.items()}
