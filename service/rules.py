"""When a debtor may be contacted, how hard a case is worked, whether a promise was kept."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Stage(StrEnum):
    """How a case is worked, by arrears bucket: M1, M2–M3, M4–M6, M7."""

    REMIND = "REMIND"
    COLLECT = "COLLECT"
    INTENSIVE = "INTENSIVE"
    LEGAL = "LEGAL"


_STAGES = {
    "M1": Stage.REMIND,
    "M2": Stage.COLLECT,
    "M3": Stage.COLLECT,
    "M4": Stage.INTENSIVE,
    "M5": Stage.INTENSIVE,
    "M6": Stage.INTENSIVE,
}


def judge_stage(bucket: str) -> Stage:
    """Return the stage of a bucket beyond M0."""
    return _STAGES.get(bucket, Stage.LEGAL)


@dataclass(frozen=True, slots=True)
class ContactLimits:
    """The hours in which a debtor may be contacted, local time, and how often a day by one channel."""

    from_hour: int
    to_hour: int
    daily_limit: int


def find_contact_refusal(local_time: datetime, contacts_today: int, limits: ContactLimits) -> str:
    """Return why a debtor may not be contacted now, empty when he may.

    With hours 8 to 22, 08:00:00 is allowed and 22:00:00 is not.
    """
    if not limits.from_hour <= local_time.hour < limits.to_hour:
        return "quiet_hours"
    if contacts_today >= limits.daily_limit:
        return "daily_limit"
    return ""


class PromiseState(StrEnum):
    """What became of a promise to pay."""

    OPEN = "OPEN"
    KEPT = "KEPT"
    BROKEN = "BROKEN"


def judge_promise(promised: Decimal, paid: Decimal, promised_date: date, end_of_date: date) -> PromiseState:
    """Judge a promise at the end of a date: kept once the sum is there, broken when its day ends without it."""
    if paid >= promised:
        return PromiseState.KEPT
    return PromiseState.BROKEN if end_of_date >= promised_date else PromiseState.OPEN
