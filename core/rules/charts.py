"""What a chart shows, apart from how it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

Number = Decimal | int | float | None


class Shape(StrEnum):
    """How a series is drawn."""

    LINE = "line"
    AREA = "area"
    BAR = "bar"


class Unit(StrEnum):
    """What the values are; decides how they are written."""

    YUAN = "yuan"
    COUNT = "count"
    RATIO = "ratio"
    DAYS = "days"
    POINTS = "points"


class Tone(StrEnum):
    """The house's colours; `PLAIN` is the neutral one for whatever has no meaning of its own."""

    ACCENT = "accent"
    PLAIN = "plain"
    LATE = "late"
    WARN = "warn"
    GOOD = "good"


@dataclass(frozen=True)
class Series:
    """One row of values along x. `urls[i]` opens the records behind `values[i]`; `is_comparison` draws it pale."""

    name: str
    values: Sequence[Number]
    shape: Shape = Shape.LINE
    tone: Tone | None = None
    stack: str = ""
    is_comparison: bool = False
    urls: Sequence[str] = ()


@dataclass(frozen=True)
class Limit:
    """A horizontal line that a value must not cross."""

    value: Number
    label: str
    tone: Tone = Tone.LATE


@dataclass(frozen=True)
class Chart:
    """A chart over dates (ISO strings in `x`) or over names.

    `sentence` says what it shows today; `definition` how the figure is made.
    """

    title: str
    x: Sequence[str]
    series: Sequence[Series]
    unit: Unit = Unit.YUAN
    sentence: str = ""
    definition: str = ""
    limits: Sequence[Limit] = ()
    is_horizontal: bool = False
    height: str = ""
    kind: str = field(default="series", init=False)

    def config(self) -> dict[str, Any]:
        """Return what the drawing script reads."""
        return {
            "kind": self.kind,
            "x": list(self.x),
            "unit": self.unit.value,
            "horizontal": self.is_horizontal,
            "series": [
                {
                    "name": series.name,
                    "values": [None if value is None else float(value) for value in series.values],
                    "shape": series.shape.value,
                    "tone": series.tone.value if series.tone else "",
                    "stack": series.stack,
                    "comparison": series.is_comparison,
                    "urls": list(series.urls),
                }
                for series in self.series
            ],
            "limits": [
                {"value": float(limit.value or 0), "label": limit.label, "tone": limit.tone.value}
                for limit in self.limits
            ],
        }


@dataclass(frozen=True)
class WaterfallStep:
    """One reason and what it adds to the running total; a step with `is_total` shows the total itself."""

    name: str
    value: Decimal | int
    url: str = ""
    is_total: bool = False


@dataclass(frozen=True)
class Waterfall:
    """How a figure comes about: where it starts, each reason's part, where it ends."""

    title: str
    steps: Sequence[WaterfallStep]
    unit: Unit = Unit.POINTS
    sentence: str = ""
    definition: str = ""
    limits: Sequence[Limit] = ()
    height: str = ""
    kind: str = field(default="waterfall", init=False)

    def config(self) -> dict[str, Any]:
        """Return what the drawing script reads."""
        return {
            "kind": self.kind,
            "unit": self.unit.value,
            "steps": [
                {"name": step.name, "value": float(step.value), "url": step.url, "total": step.is_total}
                for step in self.steps
            ],
            "limits": [
                {"value": float(limit.value or 0), "label": limit.label, "tone": limit.tone.value}
                for limit in self.limits
            ],
        }
