"""What a training makes: models that score as the library did, with reasons that add up, and a card that is true."""

import math
from itertools import pairwise

import numpy as np
import pytest

from risk.rules import standard
from risk.rules.inputs import FACTS
from risk.rules.problems import InvalidRule
from risk.rules.scorecard import Scorecard
from risk.rules.scoring.additive import AdditiveModel
from risk.rules.scoring.material import Effort, Made, Material, TooThin
from risk.rules.scoring.measures import rank_auc
from risk.rules.scoring.models import Challenger, read_champion
from risk.training.boosting import fit_additive
from risk.training.forests import fit_boosted
from risk.training.making import make_models, read_material
from tests.risk.training.conftest import facts_of


class TestAdditive:
    def test_reasons_add_up_to_the_score(self, material: Material, made: dict[str, Made]) -> None:
        model = AdditiveModel(made["additive"].content)
        for place in range(200):
            facts = facts_of(material, place)
            score = model.score(facts)
            assert score.base_points + sum(part.points for part in score.contributions) == score.value
            assert all(part.points <= part.best_points for part in score.contributions)
            assert score.probability is not None
            exact = model.scale.as_points(math.log(score.probability / (1 - score.probability)))
            assert abs(exact - score.value) <= 0.5 + 1e-9

    def test_one_and_many_agree(self, material: Material, made: dict[str, Made]) -> None:
        model = AdditiveModel(made["additive"].content)
        many = model.estimate_many(material.columns)
        one = [model.estimate(facts_of(material, place)) for place in range(100)]
        assert np.allclose(many[:100], one, atol=1e-12)

    def test_the_export_scores_as_the_library(self, material: Material) -> None:
        """Look-ups against the library's own prediction: whole bounds must not move anybody across."""
        from interpret.glassbox import ExplainableBoostingClassifier

        seen = []
        original = ExplainableBoostingClassifier.fit

        def fit(self: ExplainableBoostingClassifier, *args: object, **kwargs: object) -> object:
            seen.append((self, args[0]))
            return original(self, *args, **kwargs)

        frame = read_material(material)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ExplainableBoostingClassifier, "fit", fit)
            content = fit_additive(frame, bags=1, pairs=2, rounds=120)
        library, design = seen[0]
        ours = AdditiveModel(content).estimate_many(material.columns)
        assert np.allclose(library.decision_function(design), ours, atol=1e-9)
        assert any(len(term["features"]) == 2 for term in content["terms"])

    def test_known_directions_are_kept(self, material: Material) -> None:
        content = fit_additive(read_material(material), bags=1, rounds=120, is_monotone=True)
        assert all(len(term["features"]) == 1 for term in content["terms"])
        place = next(n for n, one in enumerate(content["features"]) if one["name"] == "card_utilisation_bp")
        shape = next(term["scores"] for term in content["terms"] if term["features"] == [place])[1:-1]
        assert all(low <= high + 1e-9 for low, high in pairwise(shape))

    def test_bands_are_few_and_named(self, material: Material, made: dict[str, Made]) -> None:
        model = AdditiveModel(made["additive"].content)
        bins = {part.bin for n in range(150) for part in model.score(facts_of(material, n)).contributions}
        found = {
            part.bin
            for n in range(150)
            for part in model.score(facts_of(material, n)).contributions
            if part.factor == "card_utilisation_bp"
        }
        assert 5 <= len(found) <= 12
        assert "missing" in bins and "RENT" in bins


class TestForests:
    def test_trees_score_as_the_library(self, material: Material) -> None:
        import lightgbm

        frame = read_material(material)
        seen = []
        original = lightgbm.train

        def train(settings: object, data: object, *args: object, **kwargs: object) -> object:
            model = original(settings, data, *args, **kwargs)
            seen.append((model, data.get_data()))  # type: ignore[attr-defined]
            return model

        from risk.rules.scoring.trees import TreeModel

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lightgbm, "train", train)
            content = fit_boosted(frame, most_rounds=40)
        [(model, design)] = seen
        trees = TreeModel(content)
        many = trees.estimate_many(frame.columns)  # type: ignore[arg-type]
        assert np.allclose(model.predict(design, raw_score=True), many, atol=1e-9)
        row = {name: column[7] for name, column in frame.columns.items()}
        assert trees.estimate(row) == pytest.approx(many[7], abs=1e-12)

    def test_the_challenger_judges(self, material: Material, made: dict[str, Made]) -> None:
        model = Challenger(made["average"].content)
        points, probability = model.judge(facts_of(material, 3))
        assert 0 < probability < 1
        assert points == round(600 + 40 / math.log(2) * (math.log((1 - probability) / probability) - math.log(20)))


class TestPoints:
    def test_the_table_is_a_scorecard(self, material: Material, made: dict[str, Made]) -> None:
        card = read_champion(made["points"].content)
        assert isinstance(card, Scorecard)
        scores = [card.score(facts_of(material, place)) for place in range(len(material))]
        assert all(score.base_points + sum(p.points for p in score.contributions) == score.value for score in scores)
        assert rank_auc(material.bad, [-score.value for score in scores]) > 0.75

    def test_bins_follow_the_known_direction(self, made: dict[str, Made]) -> None:
        factors = {factor["name"]: factor for factor in made["points"].content["factors"]}
        points = [row["points"] for row in factors["bureau_score"]["bins"]]
        assert points == sorted(points) and len(points) >= 3


class TestCard:
    def test_figures_are_of_rows_held_out(self, material: Material, made: dict[str, Made]) -> None:
        for model in made.values():
            quality = model.card["quality"]
            assert 0.7 < quality["auc"] < 0.95
            assert quality["gini"] == pytest.approx(2 * quality["auc"] - 1)
            assert quality["count"] == len(material) and quality["bad_count"] == sum(material.bad)
            assert len(model.card["folds"]) == 2
            assert sum(model.card["score_shares"].values()) == pytest.approx(1)
        fitted = AdditiveModel(made["additive"].content).estimate_many(material.columns)
        assert rank_auc(material.bad, fitted) > made["additive"].card["quality"]["auc"]

    def test_the_card_says_what_was_not_seen(self, made: dict[str, Made]) -> None:
        card = made["additive"].card
        assert card["reject"]["count"] == 60 and card["reject"]["drift"] is not None
        assert {row["value"] for row in card["fairness"]} == {"F", "M"}
        assert "purpose" in card["data"]["left_out"], "what never varies cannot be learned from"
        names = {row["name"] for row in card["inputs"]}
        assert names <= FACTS.keys() and "sex" not in names

    def test_too_few_outcomes_are_refused(self, material: Material) -> None:
        thin = Material({name: values[:40] for name, values in material.columns.items()}, [True] * 5 + [False] * 35)
        with pytest.raises(TooThin):
            make_models(thin, ("points",), Effort())

    def test_an_input_outside_of_the_list_is_refused(self, material: Material) -> None:
        forged = Material({**material.columns, "sex": ["F"] * len(material)}, material.bad)
        with pytest.raises(ValueError, match="sex"):
            make_models(forged, ("points",), Effort())


def test_a_model_that_looks_at_something_else_cannot_be_used(made: dict[str, Made]) -> None:
    content = dict(made["additive"].content)
    content["features"] = [{**content["features"][0], "name": "region"}, *content["features"][1:]]
    with pytest.raises(InvalidRule, match="region: unknown_input"):
        AdditiveModel(content)
    forest = dict(made["average"].content)
    inner = {**forest["model"]["members"][1]["model"]}
    inner["features"] = [{"name": "sex", "codes": None}, *inner["features"][1:]]
    members = [*forest["model"]["members"][:1], {"weight": 1, "model": inner}]
    with pytest.raises(InvalidRule, match="sex: unknown_input"):
        Challenger({**forest, "model": {**forest["model"], "members": members}})


def test_the_shipped_table_still_gives_no_probability() -> None:
    assert Scorecard(standard.SCORECARD).score(standard.CASES["base"]).probability is None
