"""Who is like the members of a segment: by traits, facts that members have clearly more or less often than others.

A trait's weight is the logarithm of the ratio of two odds (members against others); it counts when it is far from chance.
A customer's score is the sum of the weights of what he has. Facts that say the same are kept from counting many times:
at most three of a family and twelve in all, the most telling first.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from segmentation.rules.comparable import Banded, Kind
from segmentation.rules.recommend import Lack, NothingLearned

# Odds are drawn towards equality by so many customers spread as all are.
_PRIOR: Final = 10.0
# Standard deviations from chance.
_LEAST_SIGMA: Final = 3.0
_MOST_WEIGHT: Final = 3.0
_MOST_OF_FAMILY: Final = 3
_MOST_TRAITS: Final = 12
LEAST_MEMBERS: Final = 20
# A trait is named when members have it at least this much more often.
_NAMED_WEIGHT: Final = 0.4


@dataclass(frozen=True)
class Trait:
    """A fact that tells members from others: weight, and share inside and outside, by band."""

    fact: Banded
    information: float
    weights: Mapping[str, float] = field(default_factory=dict)
    inside: Mapping[str, float] = field(default_factory=dict)
    outside: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {
            "key": self.fact.key,
            "kind": self.fact.kind.value,
            "bounds": list(self.fact.bounds),
            "information": self.information,
            "weights": dict(self.weights),
            "inside": dict(self.inside),
            "outside": dict(self.outside),
        }


def read_trait(kept: Mapping[str, Any]) -> Trait:
    """Return a kept trait."""
    fact = Banded(str(kept["key"]), Kind(kept["kind"]), tuple(float(bound) for bound in kept["bounds"]))
    weights, inside, outside = (
        {str(band): float(value) for band, value in kept[name].items()} for name in ("weights", "inside", "outside")
    )
    return Trait(fact, float(kept["information"]), weights, inside, outside)


def weigh(inside: Mapping[str, int], outside: Mapping[str, int]) -> tuple[dict[str, float], float]:
    """Return the weights of a fact's bands that are far from chance, and how much the fact tells in all.

    40 of 100 members against 100 of 1 000 others: with ten customers of the average added to each side
    ln(41.27/68.73) - ln(101.27/908.73) = 1.68, 7.2 standard deviations from 0.
    """
    members, others = sum(inside.values()), sum(outside.values())
    weights, information = {}, 0.0
    for band in {**inside, **outside}:
        usual = (inside.get(band, 0) + outside.get(band, 0)) / (members + others)
        mine, theirs = inside.get(band, 0) + _PRIOR * usual, outside.get(band, 0) + _PRIOR * usual
        mine_not, theirs_not = members + _PRIOR - mine, others + _PRIOR - theirs
        if min(mine, theirs, mine_not, theirs_not) <= 0:
            continue
        weight = math.log(mine / mine_not) - math.log(theirs / theirs_not)
        sigma = math.sqrt(1 / mine + 1 / mine_not + 1 / theirs + 1 / theirs_not)
        if abs(weight) >= _LEAST_SIGMA * sigma:
            clipped = max(-_MOST_WEIGHT, min(_MOST_WEIGHT, weight))
            weights[band] = round(clipped, 4)
            information += (mine / (members + _PRIOR) - theirs / (others + _PRIOR)) * clipped
    return weights, information


def find_traits(
    facts: Mapping[str, Banded],
    families: Mapping[str, str],
    inside: Mapping[str, Counter[str]],
    outside: Mapping[str, Counter[str]],
) -> list[Trait]:
    """Return the traits that tell most, by counts of members and others in each band. Raises NothingLearned."""
    found = []
    for key, fact in facts.items():
        mine, theirs = inside.get(key, Counter()), outside.get(key, Counter())
        if sum(mine.values()) < LEAST_MEMBERS:
            raise NothingLearned(Lack.NO_MEMBERS)
        if not theirs:
            raise NothingLearned(Lack.NO_OTHERS)
        weights, information = weigh(mine, theirs)
        if weights:
            shares = ({band: round(n / sum(c.values()), 4) for band, n in c.items()} for c in (mine, theirs))
            found.append(Trait(fact, round(information, 5), weights, *shares))
    chosen: list[Trait] = []
    taken: Counter[str] = Counter()
    for trait in sorted(found, key=lambda trait: (-trait.information, trait.fact.key)):
        family = families[trait.fact.key]
        if taken[family] < _MOST_OF_FAMILY and len(chosen) < _MOST_TRAITS:
            chosen.append(trait)
            taken[family] += 1
    if not chosen:
        raise NothingLearned(Lack.NO_TRAITS)
    return chosen


def add_up(traits: Sequence[Trait], bands: Mapping[str, str]) -> float:
    """Return the score of a customer with these bands."""
    return sum(trait.weights.get(bands[trait.fact.key], 0.0) for trait in traits)


def list_shared(traits: Sequence[Trait], bands: Mapping[str, str]) -> list[Trait]:
    """Return the traits that a customer clearly shares with the members, the heaviest first."""
    shared = [t for t in traits if t.weights.get(bands.get(t.fact.key, ""), 0.0) >= _NAMED_WEIGHT]
    return sorted(shared, key=lambda trait: -trait.weights[bands[trait.fact.key]])


def list_named(trait: Trait) -> list[str]:
    """Return the bands that members have clearly more often, the heaviest first."""
    named = [band for band, weight in trait.weights.items() if weight >= _NAMED_WEIGHT]
    return sorted(named, key=lambda band: -trait.weights[band])


def judge(inside: Mapping[float, int], outside: Mapping[float, int]) -> dict[str, float | int]:
    """Return how well scores tell members who were not learned from, against others: area, and their share in the best tenth."""
    members, others = sum(inside.values()), sum(outside.values())
    if not members or not others:
        return {}
    area, above, best, seen = 0.0, 0, 0, 0
    for value in sorted({*inside, *outside}, reverse=True):
        mine, theirs = inside.get(value, 0), outside.get(value, 0)
        # Who stands among the best tenth of the others is found by whoever calls those alone.
        if seen < others / 10:
            best += mine
        seen += theirs
        area += theirs * (above + mine / 2)
        above += mine
    return {
        "members": members,
        "others": others,
        "auc": round(area / (members * others), 4),
        "best_tenth": round(best / members, 4),
    }
