"""Where a value falls in an exported model: bin 0 is a missing value, then the bins, then what was never seen."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NUMBER: Final = "number"
CATEGORY: Final = "category"
MISSING_BIN: Final = 0


@dataclass(frozen=True, slots=True)
class NumberFeature:
    """A number: `cuts[r]` are the bounds at resolution r; a bin holds values from its bound on."""

    name: str
    cuts: tuple[tuple[float, ...], ...]

    def find_bin(self, value: Any, resolution: int = 0) -> int:
        """Return the bin of a value; None and NaN are missing."""
        if value is None or value != value:
            return MISSING_BIN
        return bisect_right(self.cuts[resolution], value) + 1

    def find_bins(self, values: Sequence[Any], resolution: int = 0) -> NDArray[np.int64]:
        """Return the bins of many values at once."""
        numbers = np.array([np.nan if value is None else float(value) for value in values])
        bins = np.searchsorted(np.array(self.cuts[resolution]), numbers, side="right") + 1
        bins[np.isnan(numbers)] = MISSING_BIN
        return bins

    def count_bins(self, resolution: int = 0) -> int:
        """Return how many bins there are, those for missing and unseen values included."""
        return len(self.cuts[resolution]) + 3

    def label_bins(self) -> list[str]:
        """Return what a person calls the bins of the finest resolution."""
        return ["missing", *label_intervals(self.cuts[0]), "other"]


@dataclass(frozen=True, slots=True)
class CategoryFeature:
    """One of some words: `levels[r]` gives each its bin at resolution r, from 1 on."""

    name: str
    levels: tuple[Mapping[str, int], ...]

    def find_bin(self, value: Any, resolution: int = 0) -> int:
        """Return the bin of a value; a word that was never seen has the last one."""
        if value is None or value != value:
            return MISSING_BIN
        levels = self.levels[resolution]
        return levels.get(str(value), self.count_bins(resolution) - 1)

    def find_bins(self, values: Sequence[Any], resolution: int = 0) -> NDArray[np.int64]:
        """Return the bins of many values at once."""
        return np.array([self.find_bin(value, resolution) for value in values], dtype=np.int64)

    def count_bins(self, resolution: int = 0) -> int:
        """Return how many bins there are, those for missing and unseen values included."""
        return max(self.levels[resolution].values(), default=0) + 2

    def label_bins(self) -> list[str]:
        """Return what a person calls the bins of the finest resolution; words of one bin stand together."""
        names: list[list[str]] = [[] for _bin in range(self.count_bins())]
        for word, place in self.levels[0].items():
            names[place].append(word)
        return ["missing", *(", ".join(words) for words in names[1:-1]), "other"]


Feature = NumberFeature | CategoryFeature


def read_feature(content: Mapping[str, Any]) -> Feature:
    """Return a feature of an exported model that was checked before."""
    if content["type"] == NUMBER:
        return NumberFeature(content["name"], tuple(tuple(cuts) for cuts in content["cuts"]))
    return CategoryFeature(content["name"], tuple(dict(levels) for levels in content["levels"]))


def label_intervals(cuts: Sequence[float]) -> list[str]:
    """Return names of the intervals between cuts; whole cuts are bounds of whole numbers: `500–579`."""
    if not cuts:
        return ["any"]
    is_whole = all(float(cut).is_integer() for cut in cuts)
    if is_whole:
        middle = [f"{low:.0f}–{high - 1:.0f}" if high - low > 1 else f"{low:.0f}" for low, high in pairwise(cuts)]
        return [f"< {cuts[0]:.0f}", *middle, f"≥ {cuts[-1]:.0f}"]
    return [f"< {cuts[0]:.6g}", *(f"{low:.6g}–{high:.6g}" for low, high in pairwise(cuts)), f"≥ {cuts[-1]:.6g}"]
