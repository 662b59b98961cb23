"""AUC, KS and Brier of champion and challenger on three public credit sets, and decisions a second of one core.

Protocol: five folds, twice, seed 2026; each model learns from four fifths and is measured on the exported model's answers
for the fifth. What a fold gave is kept beside the other results of benchmarks, because one takes minutes on a busy machine;
`BENCH_AFRESH=1` forgets it. The targets are the best models of the same protocol that were measured before this house was built.

    python -m bench.models
"""

import hashlib
import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import mean, median, quantiles
from time import process_time
from typing import Any

from bench.credit_sets import load_set
from bench.support import PROFILES, report
from risk.reasons import TABLE_REASONS
from risk.rules import standard
from risk.rules.decision import decide
from risk.rules.inputs import FACTS, InputType
from risk.rules.scoring.measures import measure
from risk.rules.scoring.models import Challenger, read_champion
from risk.rules.tables import compile_table
from risk.training import baseline, boosting, fitting, forests, woe
from risk.training import frame as frames
from risk.training.frame import Frame

# Set: additive model, average of four, best published on it.
ANCHORS = {"german": (0.7998, 0.8021, 0.801), "lendingclub": (0.7457, 0.7460, None), "gaston": (0.8492, 0.8501, None)}
ALLOWED = 0.003
SEED = 2026
RATE_TARGET = 4_000
APPLICANTS = 2_000
ROUNDS = 5


def main() -> None:
    """Print the lines."""
    measure_rates()
    for name in ANCHORS:
        measure_set(name)


def measure_set(name: str) -> None:
    """Cross-validate champion and challenger on one set."""
    from sklearn.model_selection import RepeatedStratifiedKFold

    frame = load_set(name)
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=SEED).split(frame.bad, frame.bad)
    rows = [fold(name, number, frame, *rows) for number, rows in enumerate(folds)]
    champion_anchor, challenger_anchor, published = ANCHORS[name]
    for model, anchor in (("champion", champion_anchor), ("challenger", challenger_anchor)):
        figures = {part: mean(row[model][part] for row in rows) for part in ("auc", "ks", "brier", "slope", "ece")}
        target = anchor - ALLOWED
        report(
            f"auc_{name}_{model}",
            value=round(figures["auc"], 4),
            denominator=anchor,
            denominator_is="the best model of its kind of the same protocol, measured before",
            ratio=figures["auc"] / anchor,
            target=round(target, 4),
            met=figures["auc"] >= target,
            published=published,
            ks=figures["ks"],
            brier=round(figures["brier"], 4),
            slope=figures["slope"],
            ece=figures["ece"],
            baseline_auc=round(mean(row["baseline"]["auc"] for row in rows), 4),
            scorecard_auc=round(mean(row["woe"]["auc"] for row in rows), 4),
            folds=len(rows),
        )


def fold(name: str, number: int, frame: Frame, train_rows: Any, test_rows: Any) -> dict[str, Any]:
    """Return what one fold gave, from the last run where nothing about the models has changed since."""
    kept = PROFILES / "models" / f"{name}-{number}-{fingerprint()}.json"
    if kept.exists() and os.environ.get("BENCH_AFRESH") != "1":
        return dict(json.loads(kept.read_text()))
    train, test = frame.take(train_rows), frame.take(test_rows)
    started = time.monotonic()
    additive = boosting.fit_additive(train, seed=SEED)
    logits = {
        "woe": fitting.estimate(woe.fit_woe(train), test),
        "champion": fitting.estimate(additive, test),
        "challenger": fitting.estimate(fitting.fit_challenger(train, additive, seed=SEED), test),
        "baseline": baseline.predict_baseline(train, test),
    }
    row: dict[str, Any] = {part: asdict(measure(test.bad, found)) for part, found in logits.items()}
    row["seconds"] = time.monotonic() - started
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(row))
    return row


def fingerprint() -> str:
    """Return a hash of everything that makes the models."""
    sources = (baseline, boosting, fitting, forests, frames, woe)
    texts = [Path(str(source.__file__)).read_bytes() for source in sources]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:10]


def measure_rates() -> None:
    """Score and decide as pure functions: what a request pays, one core, nothing trained here."""
    table = compile_table(standard.DOCUMENT, TABLE_REASONS)
    applicants = make_applicants()
    champion = read_champion(make_additive())
    challenger = Challenger(make_average())
    shipped = read_champion(standard.SCORECARD)
    works: dict[str, Callable[[dict[str, Any]], object]] = {
        "points_and_rules": lambda facts: decide(shipped, table, facts),
        "additive_and_rules": lambda facts: decide(champion, table, facts),
        "additive_rules_and_challenger": lambda facts: (decide(champion, table, facts), challenger.judge(facts)),
    }
    for name, work in works.items():
        for facts in applicants[:200]:
            work(facts)
        value = median(_rate(work, applicants) for _round in range(ROUNDS))
        times = []
        for facts in applicants:
            started = time.perf_counter()
            work(facts)
            times.append(time.perf_counter() - started)
        report(
            f"decisions_per_second_{name}",
            value=round(value),
            denominator=None,
            ratio=None,
            # The challenger is asked beside the decision, not for it.
            target=None if "challenger" in name else RATE_TARGET,
            met=None if "challenger" in name else value >= RATE_TARGET,
            p99_ms=quantiles(times, n=100)[98] * 1000,
        )


def _rate(work: Callable[[dict[str, Any]], object], applicants: list[dict[str, Any]]) -> float:
    started = process_time()
    for facts in applicants:
        work(facts)
    return len(applicants) / (process_time() - started)


def make_applicants() -> list[dict[str, Any]]:
    """Return applicants that differ in every number."""
    chance = random.Random(SEED)
    base = standard.CASES["base"]
    spread = {name for name, fact in FACTS.items() if fact.type is InputType.INT}
    return [
        {name: chance.randrange(1, 2 * value + 10) if name in spread else value for name, value in base.items()}
        for _n in range(APPLICANTS)
    ]


def make_additive(bins: int = 120, pairs: int = 8, intercept: float = -2.0) -> dict[str, Any]:
    """Return an additive model of the size that a training of ten thousand rows gives, with numbers out of a hat."""
    chance = random.Random(SEED)
    features: list[dict[str, Any]] = []
    terms: list[dict[str, Any]] = []
    for place, (name, fact) in enumerate(FACTS.items()):
        if fact.type is InputType.TEXT:
            levels = {word: number + 1 for number, word in enumerate(sorted(fact.choices))}
            features.append({"name": name, "type": "category", "levels": [levels]})
            size = len(levels) + 2
        else:
            cuts = [[float(11 * n + 1) for n in range(bins)], [float(43 * n + 1) for n in range(32)]]
            features.append({"name": name, "type": "number", "cuts": cuts})
            size = bins + 3
        terms.append({"features": [place], "scores": [chance.gauss(0, 0.1) for _n in range(size)]})
    numbers = [place for place, feature in enumerate(features) if feature["type"] == "number"]
    for first, second in zip(numbers[:pairs], numbers[pairs:], strict=False):
        scores = [[chance.gauss(0, 0.03) for _n in range(35)] for _m in range(35)]
        terms.append({"features": [first, second], "resolutions": [1, 1], "scores": scores})
    bands = {features[place]["name"]: list(range(1, bins, 12)) for place in numbers}
    scale = {"points": 600, "odds": 20, "pdo": 40}
    return {
        "kind": "additive", "intercept": intercept, "features": features, "terms": terms, "bands": bands, "scale": scale,
    }  # fmt: skip


def make_average() -> dict[str, Any]:
    """Return a challenger of an additive model and 600 trees, which is what three forests of a training come to."""
    members = [{"weight": 0.5, "model": make_additive()}, {"weight": 0.5, "model": make_forest(600, 4)}]
    model = {"kind": "average", "members": members, "slope": 1.0, "shift": 0.0}
    return {"model": model, "scale": {"points": 600, "odds": 20, "pdo": 40}}


def make_forest(trees: int, depth: int) -> dict[str, Any]:
    """Return full trees with splits out of a hat."""
    chance = random.Random(SEED)
    names = [name for name, fact in FACTS.items() if fact.type is not InputType.TEXT]
    nodes: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "missing_left", "left", "value")}
    roots = []
    for _tree in range(trees):
        start = len(nodes["left"])
        roots.append(start)
        size = 2 ** (depth + 1) - 1
        for place in range(size):
            is_leaf = 2 * place + 1 >= size
            nodes["feature"].append(chance.randrange(len(names)))
            nodes["threshold"].append(float(chance.randrange(2000)))
            nodes["missing_left"].append(chance.random() < 0.5)
            nodes["left"].append(start + (place if is_leaf else 2 * place + 1))
            nodes["value"].append(chance.gauss(0, 0.02) if is_leaf else 0.0)
    features = [{"name": name, "codes": None} for name in names]
    return {"kind": "trees", "shift": 0.0, "features": features, **nodes, "roots": roots, "depth": depth}


if __name__ == "__main__":
    main()
