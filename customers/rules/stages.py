"""The stages of a deal in the making: how likely it becomes one, and when it has stood too long."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

OPEN_STAGES: Final = ("NEED", "PROPOSED", "APPLYING")
CLOSED_STAGES: Final = ("WON", "LOST")
_PROBABILITY: Final = {"NEED": 10, "PROPOSED": 30, "APPLYING": 60, "WON": 100, "LOST": 0}


def probability_of(stage: str) -> int:
    """Return the chance in percent that a deal in this stage is made."""
    return _PROBABILITY[stage]


def days_in_stage(stage_at: datetime, now: datetime) -> int:
    """Return the whole days since a stage was entered."""
    return max((now - stage_at).days, 0)


def is_ageing(stage: str, stage_at: datetime, now: datetime, days_allowed: Mapping[str, int]) -> bool:
    """Tell whether an open deal has stood in its stage for longer than the stage's days; closed ones never age."""
    return stage in OPEN_STAGES and stage in days_allowed and days_in_stage(stage_at, now) > days_allowed[stage]
