"""Each trap that was measured on public data: what goes wrong without the guard, and that it does not here."""

from typing import Any

import numpy as np
import pytest

from risk.rules.inputs import FACTS
from risk.rules.scoring.additive import AdditiveModel
from risk.rules.scoring.measures import rank_auc
from risk.rules.scoring.trees import TreeModel
from risk.training import baseline, boosting, forests, woe
from risk.training.fitting import estimate
from risk.training.frame import Frame, make_frame


def make_hidden(count: int = 3000) -> Frame:
    """Return applicants of whom the risky earn less or keep their income back: no evidence would put these in the middle."""
    rng = np.random.default_rng(5)
    bad = rng.random(count) < 0.25
    is_kept_back = rng.random(count) < np.where(bad, 0.55, 0.1)
    income = rng.lognormal(9, 0.6, count) * np.where(bad, 0.6, 1)
    columns = {
        "income": [None if out else float(x) for out, x in zip(is_kept_back, income, strict=True)],
        "use": list(rng.normal(0, 1, count) + bad),
    }
    return make_frame(columns, list(bad))


class TestMissing:
    def test_a_missing_value_has_the_evidence_it_has(self) -> None:
        frame = make_hidden()
        learned = rank_auc(frame.bad, estimate(woe.fit_woe(frame), frame))
        binned = woe.bin_inputs(frame)
        assert binned[0].feature.name == "income" and binned[0].evidence[0] > 1
        # The default of the usual binning libraries: a missing value weighs nothing.
        original = woe._weigh

        def weigh(feature: Any, rows: Frame) -> list[float]:
            return [0.0, *original(feature, rows)[1:]]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(woe, "_weigh", weigh)
            unguarded = rank_auc(frame.bad, estimate(woe.fit_woe(frame), frame))
        assert learned > unguarded + 0.01

    @pytest.mark.parametrize(
        "fit", [woe.fit_woe, lambda frame: boosting.fit_additive(frame, bags=1, pairs=0, rounds=300)]
    )
    def test_keeping_back_what_nobody_kept_back_does_not_help(self, fit: Any) -> None:
        rng = np.random.default_rng(6)
        income = rng.lognormal(9, 0.6, 1500)
        bad = rng.random(1500) < np.where(income < np.median(income), 0.4, 0.1)
        model = AdditiveModel(fit(make_frame({"income": list(income)}, list(bad))), None)
        known = model.estimate_many({"income": list(np.quantile(income, np.linspace(0, 1, 50)))})
        assert model.estimate({"income": None}) >= known.max() - 1e-9
        assert model.estimate({"income": float("nan")}) == model.estimate({"income": None})

    def test_a_forest_does_not_take_a_missing_value_for_nought(self) -> None:
        """A library that saw no missing value sends one the way of the number 0: here, the way of the many."""
        rng = np.random.default_rng(7)
        balance = np.where(rng.random(1500) < 0.1, 0.0, rng.lognormal(8, 1, 1500))
        bad = rng.random(1500) < np.where(balance == 0, 0.05, 0.3)
        content = forests.fit_boosted(make_frame({"balance": list(balance)}, list(bad)), most_rounds=40)
        model = TreeModel(content)
        assert model.estimate({"balance": None}) > model.estimate({"balance": 0.0}) + 0.5


class TestLogarithms:
    def test_the_yardstick_compresses_amounts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(8)
        count = 4000
        use = rng.lognormal(0, 1, count)
        bad = rng.random(count) < 1 / (1 + np.exp(2 - 1.5 * np.log(use)))
        giants = rng.random(count) < 0.003
        use = np.where(giants, use * 50_000, use)
        frame = make_frame({"use": list(use)}, list(bad))
        half = np.arange(count) < count // 2
        train, test = frame.take(half), frame.take(~half)
        guarded = baseline.predict_baseline(train, test)

        monkeypatch.setattr(baseline, "compress", lambda values, _low, _high: values)
        raw = baseline.predict_baseline(train, test)

        def loss(logits: Any) -> float:
            return float(np.mean(np.log1p(np.exp(np.where(test.bad, -logits, logits)))))

        assert loss(guarded) < loss(raw) - 0.05

    def test_no_model_minds_the_scale_of_an_input(self) -> None:
        """Bins and trees see the order of values only: an amount and its logarithm give the same model."""
        rng = np.random.default_rng(9)
        amount = rng.lognormal(8, 2, 1200)
        bad = rng.random(1200) < 1 / (1 + np.exp(-(np.log(amount) - 8)))
        raw = make_frame({"x": list(amount)}, list(bad))
        logs = make_frame({"x": list(np.log(amount))}, list(bad))
        for fit in (woe.fit_woe, lambda frame: boosting.fit_additive(frame, bags=1, pairs=0, rounds=300)):
            one, two = (
                rank_auc(bad, AdditiveModel(fit(frame), None).estimate_many(frame.columns))  # type: ignore[arg-type]
                for frame in (raw, logs)
            )
            assert abs(one - two) < 0.01


class TestManyLevels:
    def test_a_category_of_fifty_levels_does_not_learn_its_bads_by_heart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(10)
        states = [f"S{n}" for n in rng.integers(0, 50, 2400)]
        bad = list(rng.random(2400) < 0.06)
        frame = make_frame({"state": states}, bad, categories=frozenset({"state"}))
        smoothed = woe.bin_inputs(frame)[0].information
        monkeypatch.setattr(woe, "_SMOOTHING", 1e-6)
        assert woe.bin_inputs(frame)[0].information > 1.5 * smoothed


def test_no_input_on_the_list_is_one_that_no_decision_may_look_at() -> None:
    from risk.rules.scoring.material import is_never_input

    assert [name for name in FACTS if is_never_input(name.replace("_", " ")) and "age" not in name] == []
    assert is_never_input("Sex") and is_never_input("客户性别") and is_never_input("home_region")
