"""The arithmetic of recommendation, needs, look-alikes and clusters, by numbers worked out by hand."""

import ast
import math
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import segmentation.training
from segmentation import tasks
from segmentation.rules import clusters, comparable, lookalikes, needs, recommend
from segmentation.rules.comparable import Banded, Kind
from segmentation.rules.recommend import Course, Hits, Lack, NothingLearned, Taste, Traits

TODAY = date(2026, 3, 2)
HOUSE = {"term": {"7-12": 0.5, "1-3": 0.5}, "risk": {"2": 1.0}, "rate": {"8": 1.0}, "product": {"1": 1.0}}
LONG, SHORT = Traits("7-12", "2", "8", "1"), Traits("1-3", "2", "8", "1")


def taste_of(long: int, short: int) -> Taste:
    taste = Taste()
    for traits in [LONG] * long + [SHORT] * short:
        taste.add(traits)
    return taste


@pytest.mark.parametrize(
    ("periods", "unit", "band"),
    [(3, "month", "1-3"), (12, "month", "7-12"), (26, "week", "4-6"), (25, "month", "25+"), (6, "15_days", "1-3")],
)
def test_terms_are_banded_in_months(periods: int, unit: str, band: str) -> None:
    assert recommend.band_term(periods, unit) == band
    assert recommend.band_rate(Decimal("0.088")) == "8"


def test_a_taste_is_drawn_towards_everybodys() -> None:
    assert recommend.compare(taste_of(9, 1), HOUSE, LONG)["term"] == pytest.approx(11.5 / 15 / 0.5)
    assert recommend.compare(Taste(), HOUSE, LONG) == dict.fromkeys(recommend.TRAITS, 1.0)
    parts = recommend.measure(taste_of(9, 1), HOUSE, LONG, Course(3, 0.25, 1.0))
    assert parts[0] == pytest.approx(0.427, abs=0.001) and parts[4:] == [math.log(4), 0.25, math.log(2)]


def test_reasons_are_what_he_takes_more_often_than_others() -> None:
    weights = recommend.PLAIN_WEIGHTS
    (reason,) = recommend.tell_reasons(taste_of(9, 1), HOUSE, LONG, weights)
    assert reason == {"code": "term", "band": "7-12", "times": 9, "of": 10}
    assert recommend.tell_reasons(taste_of(9, 1), HOUSE, SHORT, weights) == []
    assert recommend.tell_reasons(taste_of(9, 1), HOUSE, LONG, [0.0] * 7) == []


@pytest.mark.parametrize(
    ("rest", "most", "free", "amount"),
    [("20000", "9e9", "8250", "8200"), ("8250", "9e9", "9000", "8250"), ("20000", "950", "8250", "900"),
     ("20000", "9e9", "99", "0"), ("50", "9e9", "50", "50")],
)  # fmt: skip
def test_an_amount_fits_the_steps_or_is_all_that_is_left(rest: str, most: str, free: str, amount: str) -> None:
    found = recommend.suggest_amount(
        rest=Decimal(rest), most=Decimal(most), free=Decimal(free), least=Decimal(100), step=Decimal(100)
    )
    assert found == Decimal(amount)


def test_equals_share_their_places() -> None:
    hits = Hits()
    hits.add([1.0, 2.0, 0.5])
    assert (hits.hits, hits.gain) == (1.0, 1 / math.log2(3))
    hits.add([1.0] * 10)
    assert hits.sum_up()["hit"] == 0.75
    hits.add([0.0, *[1.0] * 5])
    assert hits.hits == 1.5


def test_weights_are_found_again_from_choices() -> None:
    """People who take by 2 x term + 1 x risk: the weights come out so, and a taste that speaks against is chance."""
    random = np.random.default_rng(5)
    truth = np.array([2.0, 1.0, 0.0, -2.0, 0.0, 0.0, 0.0])
    choices = []
    for _choice in range(800):
        rows = random.normal(size=(12, 7))
        utility = rows @ truth + random.gumbel(size=12)
        choices.append(np.roll(rows, -int(utility.argmax()), axis=0))
    found = recommend.fit_weights(choices)
    assert found[0] == pytest.approx(2, abs=0.25) and found[1] == pytest.approx(1, abs=0.25) and found[3] == 0
    assert recommend.fit_weights([]) == list(recommend.PLAIN_WEIGHTS)


def test_chances_are_counts_drawn_towards_the_role() -> None:
    rows = [needs.Place("INVESTOR", "1", "<0.5", 100, 30), needs.Place("INVESTOR", "1", ">3", 900, 70)]
    found = needs.learn_chances(rows)
    assert found["INVESTOR"]["1|<0.5"] == pytest.approx(32 / 120, abs=1e-5)
    assert (
        needs.read_chance(found, "INVESTOR", "6+", ">3") == 0.1 and needs.read_chance(found, "BORROWER", "1", ">3") == 0
    )
    assert [needs.band_times(n) for n in (1, 2, 5, 6)] == ["1", "2", "3-5", "6+"]
    assert [needs.band_ratio(r) for r in (0.4, 0.5, 1, 1.5, 3)] == ["<0.5", "0.5-1", "1-1.5", "1.5-3", ">3"]


def test_the_look_back_ends_with_a_week_and_its_days_are_over() -> None:
    assert needs.find_days(TODAY) == (date(2025, 8, 31), date(2025, 11, 30))
    for add in range(7):
        first, second = needs.find_days(date.fromordinal(TODAY.toordinal() + add))
        assert first.isoweekday() == second.isoweekday() == 7
        assert (second - first).days > needs.HORIZON_DAYS <= TODAY.toordinal() + add - second.toordinal()


def test_steps_fall_back_on_the_role() -> None:
    steps = needs.learn_steps([needs.Step("BORROWER", 1, 2, 80), needs.Step("BORROWER", 2, 1, 120)])
    assert needs.find_next(steps, "BORROWER", 1) == 2 and needs.find_next(steps, "BORROWER", None) == 1
    assert needs.list_next(steps, "BORROWER", 9) == {1: 0.6, 2: 0.4} and needs.find_next(steps, "INVESTOR", 1) is None
    judged = needs.judge_products(steps, [needs.Step("BORROWER", 1, 2, 6), needs.Step("BORROWER", 1, 1, 4)], "BORROWER")
    assert judged == {"count": 10, "hit": 0.6, "hit_favourite": 0.4, "hit_same": 0.4}


def test_chances_are_judged_by_order_and_by_distance() -> None:
    found = needs.judge_chances([needs.Guess(0.8, 10, 8), needs.Guess(0.2, 10, 2)])
    assert (found["auc"], found["brier"], found["brier_average"]) == (0.8, 0.16, 0.25)
    assert needs.judge_chances([]) == {"count": 0, "came": 0}
    assert needs.judge_chances([needs.Guess(0.5, 4, 4)])["auc"] is None


def test_a_trait_is_weighed_against_the_others() -> None:
    weights, information = lookalikes.weigh({"a": 40, "b": 60}, {"a": 100, "b": 900})
    assert weights["a"] == pytest.approx(1.684, abs=0.001) == -weights["b"] and information > 0
    # Nothing but chance: the same shares weigh nothing.
    assert lookalikes.weigh({"a": 10, "b": 90}, {"a": 100, "b": 900}) == ({}, 0.0)


def test_traits_are_few_a_family_and_none_without_members() -> None:
    facts = {f"f{n}": Banded(f"f{n}", Kind.FLAG) for n in range(6)}
    inside = {key: Counter({"1": 80, "0": 20}) for key in facts}
    outside = {key: Counter({"1": 100, "0": 900}) for key in facts}
    families = {key: "one" if key < "f4" else "two" for key in facts}
    found = lookalikes.find_traits(facts, families, inside, outside)
    assert [trait.fact.key for trait in found] == ["f0", "f1", "f2", "f4", "f5"]
    assert [lookalikes.read_trait(trait.as_json()) for trait in found] == found
    assert [t.fact.key for t in lookalikes.list_shared(found, {"f0": "1", "f1": "0"})] == ["f0"]
    for sides, lack in (
        (({key: Counter({"1": 3}) for key in facts}, outside), Lack.NO_MEMBERS),
        ((inside, {}), Lack.NO_OTHERS),
        ((inside, inside), Lack.NO_TRAITS),
    ):
        with pytest.raises(NothingLearned) as error:
            lookalikes.find_traits(facts, families, *sides)
        assert error.value.lack == lack
    assert lookalikes.judge({2.0: 8, 0.0: 2}, {2.0: 10, 0.0: 90}) == {
        "members": 10, "others": 100, "auc": 0.85, "best_tenth": 0.8,
    }  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        {"scale": 0}, {"mean": "nan"}, {"mean": "inf"}, {"scale": "1); DROP TABLE core_user"}, {"kind": "evil"}, {"key": None},
    ],
)  # fmt: skip
def test_kept_numbers_are_read_as_numbers_or_refused(broken: dict[str, Any]) -> None:
    good = {"key": "bids", "kind": "number", "mean": 1.0, "scale": 2.0}
    kept = {"features": [good], "centres": [[0.5], [-0.5]], "shares": [0.5, 0.5], "spreads": [{"0": 3}, {"0": 3}]}
    assert clusters.read_middles(kept).as_json() == kept
    if broken == {"key": None}:
        with pytest.raises(ValueError, match="middles"):
            clusters.read_middles({**kept, "centres": [[0.5, 1.0]]})
        return
    with pytest.raises(ValueError, match=r"."):
        clusters.read_middles({**kept, "features": [{**good, **broken}]})


def test_the_nearest_middle_and_what_sets_it_apart() -> None:
    features = (
        clusters.Feature("bids", Kind.NUMBER, math.log1p(3), 1.0),
        clusters.Feature("investor", Kind.FLAG, 0.5, 0.5),
    )
    middles = clusters.Middles(features, ((1.0, 1.0), (-1.0, -1.0)))
    assert clusters.find_nearest(middles, [3 * math.e, 1.0])[0] == 0
    place, distance = clusters.find_nearest(middles, [math.expm1(math.log1p(3) - 1), 0.0])
    assert place == 1 and distance == pytest.approx(0)
    assert [key for key, _gap in clusters.list_traits(middles, 1)] == ["bids", "investor"]
    assert [clusters.band_distance(d) for d in (0.0, 0.5, 2.9, 3.0)] == ["0", "1", "6", "7"]
    assert clusters.even_out(Kind.DAYS, None) == math.log1p(clusters.NEVER_DAYS)
    assert clusters.even_out(Kind.NUMBER, -5) == -clusters.even_out(Kind.NUMBER, 5)


@given(st.floats(-1e9, 1e9), st.lists(st.floats(-1e6, 1e6), max_size=4))
def test_a_number_lies_within_the_limits_of_its_band(number: float, bounds: list[float]) -> None:
    fact = Banded("available", Kind.NUMBER, comparable.spread(bounds))
    band = comparable.band_of(fact, number, TODAY)
    if number == 0:
        assert band == "0"
        return
    low, high = comparable.limits_of(fact, band)
    assert (low is None or number >= low) and (high is None or number < high)


def test_nothing_sensitive_can_be_compared() -> None:
    never = {"sex", "age_band", "region", "province", "interests", "next_birthday", "purpose", "student", "grade"}
    never |= {"credit_score", "latest_decision", "declined_applications", "open_alerts", "rm", "department"}
    assert not never & set(comparable.COMPARABLE) and not [k for k in comparable.COMPARABLE if k.startswith("consent")]
    assert set(comparable.BEFORE_DEALS) <= set(comparable.COMPARABLE)


def test_only_a_worker_with_a_learning_loads_the_libraries() -> None:
    def list_top_imports(path: Path) -> str:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        return " ".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))

    package = Path(segmentation.training.__file__).parent
    assert not any("sklearn" in list_top_imports(path) for path in package.glob("*.py"))
    assert "    from sklearn" in (package / "clusters.py").read_text(encoding="utf-8")
    command = Path(tasks.__file__).parent / "management" / "commands" / "learn_customers.py"
    assert not any("segmentation.training" in list_top_imports(path) for path in (Path(tasks.__file__), command))
