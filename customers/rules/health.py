"""How well a customer is looked after and does: 0 to 100 with the parts that make it up."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What the score is made of; the counts are of the last half year, `days_past_due` and `open_complaints` of today.

    `is_first_answer_late`: his lead was answered after its time, or is overdue; None where he never was a lead.
    """

    is_first_answer_late: bool | None = None
    plans_kept: int = 0
    plans_missed: int = 0
    promises_kept: int = 0
    promises_broken: int = 0
    open_complaints: int = 0
    days_past_due: int = 0


@dataclass(frozen=True, slots=True)
class HealthPart:
    """One part of the score: its code, its points, the most it can give."""

    code: str
    points: int
    most: int

    @property
    def is_low(self) -> bool:
        """Tell whether something should be done: less than half is left."""
        return self.points * 2 < self.most


HEALTHY: Final = 100
_OVERDUE_STEPS: Final = ((0, 20), (7, 12), (30, 6))


def score_health(facts: HealthFacts) -> list[HealthPart]:
    """Return the parts; their points add up to 0 to 100, and nothing known against a customer gives them all.

    First response 15 (a late one 5), contacts as planned 25 and promises kept 25 by their shares, open complaints 15 (eight
    less for each), overdue 20 by steps of 0, 7 and 30 days. One of two plans missed, ten days overdue: 15 + 13 + 25 + 15 + 6 = 74.
    """
    overdue = next((points for most_days, points in _OVERDUE_STEPS if facts.days_past_due <= most_days), 0)
    return [
        HealthPart("first_response", 5 if facts.is_first_answer_late else 15, 15),
        HealthPart("contacts", _share(facts.plans_kept, facts.plans_missed, 25), 25),
        HealthPart("promises", _share(facts.promises_kept, facts.promises_broken, 25), 25),
        HealthPart("cases", max(15 - 8 * facts.open_complaints, 0), 15),
        HealthPart("overdue", overdue, 20),
    ]


def _share(kept: int, broken: int, most: int) -> int:
    # Half a point is rounded up: integers, so that no float decides.
    total = kept + broken
    return most if not total else (2 * most * kept + total) // (2 * total)
