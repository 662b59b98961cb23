"""Groups of customers as numbers: how facts are put on one yardstick, where the middle of each group lies, what sets it apart.

What leaves a learning are means, scales and middles; whose middle is nearest is then plain arithmetic, in Python and SQL alike.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from segmentation.rules.comparable import Kind

# What never happened is as long ago as this.
NEVER_DAYS: Final = 3650
_MOST_TRAITS: Final = 4
_LEAST_SCORE: Final = 0.4
LEAST_CUSTOMERS: Final = 200
# Bands of the distance from the middle; the last one is open.
DISTANCES: Final = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Feature:
    """A fact on the yardstick: its number's mean and scale over those who were learned from."""

    key: str
    kind: Kind
    mean: float
    scale: float


@dataclass(frozen=True)
class Middles:
    """The groups of one learning: features, the middle of each group, share and spread of each at the learning."""

    features: tuple[Feature, ...]
    centres: tuple[tuple[float, ...], ...]
    shares: tuple[float, ...] = ()
    # Counts of customers by band of distance, one mapping a group.
    spreads: tuple[Mapping[str, int], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return them as they are kept."""
        return {
            "features": [{"key": f.key, "kind": f.kind.value, "mean": f.mean, "scale": f.scale} for f in self.features],
            "centres": [list(centre) for centre in self.centres],
            "shares": list(self.shares),
            "spreads": [dict(spread) for spread in self.spreads],
        }


def read_middles(kept: Mapping[str, Any]) -> Middles:
    """Return kept groups; every number is read as one. Raises ValueError, KeyError, TypeError for what is none."""
    features = tuple(
        Feature(str(row["key"]), Kind(row["kind"]), _finite(row["mean"]), _finite(row["scale"]))
        for row in kept["features"]
    )
    centres = tuple(tuple(_finite(value) for value in centre) for centre in kept["centres"])
    if any(feature.scale <= 0 for feature in features) or any(len(centre) != len(features) for centre in centres):
        raise ValueError("middles do not fit their features")
    spreads = tuple({str(band): int(n) for band, n in spread.items()} for spread in kept["spreads"])
    return Middles(features, centres, tuple(_finite(value) for value in kept["shares"]), spreads)


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def even_out(kind: Kind, number: float | None) -> float:
    """Return a number on an even scale: amounts and days by their logarithm, what never happened as ten years ago.

    `segmentation.queries.clusters.write_even` tells the same in SQL.
    """
    if kind is Kind.FLAG:
        return float(number or 0)
    if kind is Kind.DAYS:
        days = NEVER_DAYS if number is None else min(max(number, 0.0), NEVER_DAYS)
        return math.log1p(days)
    value = number or 0.0
    return math.copysign(math.log1p(abs(value)), value)


def find_nearest(middles: Middles, numbers: Sequence[float | None]) -> tuple[int, float]:
    """Return the group whose middle is nearest and how far it is, in scales an average feature."""
    point = [
        (even_out(feature.kind, number) - feature.mean) / feature.scale
        for feature, number in zip(middles.features, numbers, strict=True)
    ]
    gaps = [sum((a - b) ** 2 for a, b in zip(point, centre, strict=True)) for centre in middles.centres]
    place = min(range(len(gaps)), key=lambda place: gaps[place])
    return place, math.sqrt(gaps[place] / len(point))


def band_distance(distance: float) -> str:
    """Return the band of a distance."""
    return str(sum(1 for bound in DISTANCES if distance >= bound))


def list_traits(middles: Middles, place: int) -> list[tuple[str, float]]:
    """Return the facts in which a group's middle lies farthest from everybody's, with by how many scales."""
    centre = middles.centres[place]
    found = [(feature.key, value) for feature, value in zip(middles.features, centre, strict=True)]
    strong = sorted((one for one in found if abs(one[1]) >= _LEAST_SCORE), key=lambda one: -abs(one[1]))
    return strong[:_MOST_TRAITS]
