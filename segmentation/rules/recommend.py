"""Which listing fits an investor: his taste against everybody's, a score of a few named parts, reasons for each.

A part says how much more often he takes what a listing has than others do (the logarithm of the ratio of two shares).
The weights of the parts are learned by a conditional logit: of what was open when somebody bid, which one did he take?
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# What a listing has, in bands: a taste is told by how often he took each.
TRAITS: Final = ("term", "risk", "rate", "product")
# The parts of a score, in the order of the weights: the four traits, then what is the same for everybody.
PARTS: Final = (*TRAITS, "bids", "left", "days")
# So long as nothing was learned: taste alone, each trait alike.
PLAIN_WEIGHTS: Final = (1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
# A few bids do not make a taste: each investor begins with so many bids that are spread as everybody's.
PRIOR_BIDS: Final = 5.0
# A share that nobody has is not impossible.
_LEAST_SHARE: Final = 0.001
_MONTHS: Final = {"month": 1.0, "week": 7 / 30.44, "two_weeks": 14 / 30.44, "15_days": 0.5, "30_days": 1.0}
_TERMS: Final = ((3, "1-3"), (6, "4-6"), (12, "7-12"), (24, "13-24"))
# A trait is a reason when he takes it clearly more often than others, and has done so twice.
_REASON_LIFT: Final = 1.15
_REASON_TIMES: Final = 2
_MOST_REASONS: Final = 3
# Places within which a recommendation must be to be seen.
SHOWN: Final = 5


class Lack(StrEnum):
    """Why a learning came to nothing."""

    TOO_FEW = "too_few"
    NO_MEMBERS = "no_members"
    NO_TRAITS = "no_traits"
    NO_OTHERS = "no_others"


class NothingLearned(Exception):
    """There is not enough to learn from."""

    def __init__(self, lack: Lack) -> None:
        self.lack = lack
        super().__init__(lack.value)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a listing has, in bands."""

    term: str
    risk: str
    rate: str
    product: str


@dataclass(frozen=True, slots=True)
class Course:
    """How a listing stands at a moment: bids so far, share of the amount still missing, days since it opened."""

    bids: int
    left: float
    days: float


@dataclass
class Taste:
    """How often an investor took what, of `total` bids."""

    total: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in TRAITS})

    def add(self, traits: Traits) -> None:
        """Count one bid."""
        self.total += 1
        for name in TRAITS:
            self.counts[name][getattr(traits, name)] += 1


# Shares of the house by trait and band.
Shares = Mapping[str, Mapping[str, float]]


def band_term(periods: int, unit: str) -> str:
    """Return the band of a term in months: 12 months are `7-12`, 26 weeks `4-6`."""
    months = periods * _MONTHS[unit]
    return next((band for most, band in _TERMS if months <= most + 0.01), "25+")


def band_rate(annual_rate: Decimal) -> str:
    """Return the whole percent of a rate: 0.088 is `8`."""
    return str(int((annual_rate * 100).to_integral_value(ROUND_DOWN)))


def describe(*, periods: int, unit: str, risk_grade: int, annual_rate: Decimal, product_id: int) -> Traits:
    """Return a listing's traits."""
    return Traits(band_term(periods, unit), str(risk_grade), band_rate(annual_rate), str(product_id))


def share_out(bids: Sequence[Traits]) -> dict[str, dict[str, float]]:
    """Return how bids are spread over the bands of each trait."""
    taste = Taste()
    for traits in bids:
        taste.add(traits)
    return {name: {band: n / taste.total for band, n in taste.counts[name].items()} for name in TRAITS}


def compare(taste: Taste, shares: Shares, traits: Traits) -> dict[str, float]:
    """Return how many times as often as others he takes what a listing has, by trait.

    Of 10 bids 9 had a term of 7-12 months, as half of everybody's: (9 + 5 x .5) / (10 + 5) / .5 = 1.53.
    """
    found = {}
    for name in TRAITS:
        band = getattr(traits, name)
        usual = max(shares.get(name, {}).get(band, 0.0), _LEAST_SHARE)
        own = (taste.counts[name][band] + PRIOR_BIDS * usual) / (taste.total + PRIOR_BIDS)
        found[name] = own / usual
    return found


def measure(taste: Taste, shares: Shares, traits: Traits, course: Course) -> list[float]:
    """Return the parts of a score."""
    lifts = compare(taste, shares, traits)
    return [
        *(math.log(lifts[name]) for name in TRAITS),
        math.log1p(course.bids),
        course.left,
        math.log1p(max(course.days, 0.0)),
    ]


def score(parts: Sequence[float], weights: Sequence[float]) -> float:
    """Return the weighted sum of the parts; only the order of scores means anything."""
    return sum(part * weight for part, weight in zip(parts, weights, strict=True))


def tell_reasons(taste: Taste, shares: Shares, traits: Traits, weights: Sequence[float]) -> list[dict[str, Any]]:
    """Return what speaks for a listing, the strongest first: traits he takes clearly more often than others."""
    lifts = compare(taste, shares, traits)
    strength = dict(zip(TRAITS, weights, strict=False))
    found = [
        (strength[name] * math.log(lifts[name]), name)
        for name in TRAITS
        if lifts[name] >= _REASON_LIFT
        and strength[name] > 0
        and taste.counts[name][getattr(traits, name)] >= _REASON_TIMES
    ]
    return [
        {
            "code": name,
            "band": getattr(traits, name),
            "times": taste.counts[name][getattr(traits, name)],
            "of": taste.total,
        }
        for _strength, name in sorted(found, reverse=True)[:_MOST_REASONS]
    ]


def suggest_amount(*, rest: Decimal, most: Decimal, free: Decimal, least: Decimal, step: Decimal) -> Decimal:
    """Return an amount that the listing's steps allow: what is free, below what is left and `most`; 0 where none fits.

    8 250 free in steps of 100 with 20 000 left gives 8 200; with 8 250 left exactly that.
    """
    within = min(rest, most, free)
    if within == rest:
        return rest
    amount = within - within % step
    return amount if amount >= least else Decimal(0)


def fit_weights(choices: Sequence[NDArray[np.float64]], *, strength: float = 1.0) -> list[float]:
    """Return the weights under which the first row of each choice was the likeliest to be taken of its rows.

    A conditional logit by Newton's method; `strength` pulls the weights towards taste alone where the choices say little.
    """
    start = np.array(PLAIN_WEIGHTS)
    weights = start.copy()
    for _step in range(40):
        gradient = -strength * (weights - start)
        curvature = strength * np.eye(len(PARTS))
        for rows in choices:
            utility = rows @ weights
            chance = np.exp(utility - utility.max())
            chance /= chance.sum()
            middle = chance @ rows
            gradient += rows[0] - middle
            spread = rows - middle
            curvature += (spread * chance[:, None]).T @ spread
        move = np.linalg.solve(curvature, gradient)
        weights = weights + np.clip(move, -1, 1)
        if np.abs(move).max() < 1e-6:
            break
    # A taste for something never speaks against it: what comes out so is chance.
    weights[: len(TRAITS)] = np.maximum(weights[: len(TRAITS)], 0)
    return [round(float(weight), 4) for weight in weights]


@dataclass
class Hits:
    """How near the top the thing stood that was taken, over many choices; among equals a lot is drawn."""

    choices: int = 0
    hits: float = 0.0
    gain: float = 0.0

    def add(self, scores: Sequence[float] | NDArray[np.float64]) -> None:
        """Count one choice: the score of what was taken, then those of its rivals."""
        taken = scores[0]
        better = sum(1 for other in scores[1:] if other > taken)
        equals = 1 + sum(1 for other in scores[1:] if other == taken)
        places = range(better + 1, min(better + equals, SHOWN) + 1)
        self.choices += 1
        self.hits += len(places) / equals
        self.gain += sum(1 / math.log2(place + 1) for place in places) / equals

    def sum_up(self) -> dict[str, float]:
        """Return hit rate and normalised discounted gain among the places shown."""
        count = self.choices or 1
        return {"hit": round(self.hits / count, 4), "ndcg": round(self.gain / count, 4)}
