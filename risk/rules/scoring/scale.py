"""From log-odds of default to points and back."""

import math
from dataclasses import dataclass
from typing import Any, Final

from risk.rules.problems import Problem

# A probability is never taken for certain: beyond this the exponential says nothing any more.
LOGIT_LIMIT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Scale:
    """So many points stand for these odds of good to bad; `pdo` more points double the odds.

    With 600 points at 20:1 and 40 to double, a probability of default of 1/21 has 600 points, of 1/41 has 640.
    """

    points: float
    odds: float
    pdo: float

    @property
    def factor(self) -> float:
        """Return the points of one unit of log-odds."""
        return self.pdo / math.log(2)

    @property
    def offset(self) -> float:
        """Return the points at even odds."""
        return self.points - self.factor * math.log(self.odds)

    def as_points(self, logit: float) -> float:
        """Return the points of log-odds of default, not rounded."""
        return self.offset - self.factor * logit

    def as_logit(self, points: float) -> float:
        """Return the log-odds of default that points stand for."""
        return (self.offset - points) / self.factor


# The shipped bands: 680 and above is A, below 490 is declined.
STANDARD_SCALE: Final = Scale(600, 20, 40)


def read_scale(content: Any) -> Scale:
    """Return the scale of an exported model."""
    return Scale(float(content["points"]), float(content["odds"]), float(content["pdo"]))


def as_probability(logit: float) -> float:
    """Return the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-max(-LOGIT_LIMIT, min(LOGIT_LIMIT, logit))))


def as_logit(probability: float) -> float:
    """Return the log-odds of a probability; 0 and 1 are moved a hair inside."""
    inside = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(inside / (1 - inside))


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number."""
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def lint_scale(scale: Any) -> list[Problem]:
    """Return what is wrong with the scale of points."""
    parts = ("points", "odds", "pdo")
    is_sound = isinstance(scale, dict) and all(is_number(scale.get(part)) for part in parts)
    return [] if is_sound and scale["odds"] > 0 < scale["pdo"] else [Problem("model", "model_shape", "scale")]
