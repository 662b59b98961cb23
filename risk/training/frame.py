"""The table that a model is made from: inputs by column, and what came of each applicant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk.rules.scoring.features import CATEGORY, NUMBER

Column = NDArray[Any]


@dataclass(frozen=True)
class Frame:
    """Inputs and outcomes; numbers are floats with NaN where missing, words are objects with None where missing.

    `signs` say which way an input drives default where that is known: 1 the more the worse, -1 the more the better.
    """

    columns: Mapping[str, Column]
    bad: NDArray[np.bool_]
    signs: Mapping[str, int] = field(default_factory=dict)
    # Inputs that are whole numbers: their bounds are whole, too.
    whole: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """Return the inputs in order."""
        return list(self.columns)

    def type_of(self, name: str) -> str:
        """Return whether an input is a number or a category."""
        return CATEGORY if self.columns[name].dtype == object else NUMBER

    def take(self, rows: NDArray[Any]) -> "Frame":
        """Return some of the rows."""
        return Frame(
            {name: column[rows] for name, column in self.columns.items()}, self.bad[rows], self.signs, self.whole
        )

    def __len__(self) -> int:
        return len(self.bad)


def make_frame(
    columns: Mapping[str, Sequence[Any]],
    bad: Sequence[bool],
    *,
    categories: frozenset[str] = frozenset(),
    signs: Mapping[str, int] | None = None,
    whole: frozenset[str] = frozenset(),
) -> Frame:
    """Return a frame of plain values; what is not named as a category is a number."""
    made: dict[str, Column] = {}
    for name, values in columns.items():
        if name in categories:
            made[name] = np.array([None if value is None or value != value else str(value) for value in values], object)
        else:
            made[name] = np.array([np.nan if value is None else float(value) for value in values])
    return Frame(made, np.array(bad, dtype=bool), dict(signs or {}), whole)
