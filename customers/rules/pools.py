"""When a customer may be claimed from a public pool, and when he goes back into one."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What decides a claim: counts of the claimer, and when this customer last left him (None: never, or another since)."""

    claimed_today: int
    daily_claims: int
    load: int
    capacity: int
    left_at: datetime | None
    cool_down_days: int


class ClaimRefusal(StrEnum):
    """Why a claim is refused."""

    DAILY_LIMIT = "DAILY_LIMIT"
    NO_ROOM = "NO_ROOM"
    COOLING_DOWN = "COOLING_DOWN"


def find_claim_refusal(facts: ClaimFacts, now: datetime) -> ClaimRefusal | None:
    """Return why a customer may not be claimed now, None when he may.

    With 30 days of cool-down, who lost a customer on 1 March at 10:00 may claim him again on 31 March at 10:00.
    """
    if facts.left_at is not None and now < cooled_down_at(facts.left_at, facts.cool_down_days):
        return ClaimRefusal.COOLING_DOWN
    if facts.claimed_today >= facts.daily_claims:
        return ClaimRefusal.DAILY_LIMIT
    if facts.load >= facts.capacity:
        return ClaimRefusal.NO_ROOM
    return None


def cooled_down_at(left_at: datetime, cool_down_days: int) -> datetime:
    """Return when the last RM may claim a customer again."""
    return left_at + timedelta(days=cool_down_days)


class Fate(StrEnum):
    """What the nightly close does with a customer of an RM."""

    STAYS = "STAYS"
    WARNED = "WARNED"
    TAKEN_BACK = "TAKEN_BACK"


@dataclass(frozen=True, slots=True)
class RecycleTerms:
    """A pool's terms of taking back; zero days: never for that cause."""

    no_contact_days: int
    no_deal_days: int
    warning_days: int


def find_recycle_date(terms: RecycleTerms, contact_date: date, deal_date: date) -> date | None:
    """Return the first date at whose close a customer is taken back, None for never.

    The dates count from the later of the contact (deal) and the day he came to the RM. Without contact since 1 March
    and 30 days allowed, the close of 31 March takes him back.
    """
    dates = [
        start + timedelta(days=days)
        for start, days in ((contact_date, terms.no_contact_days), (deal_date, terms.no_deal_days))
        if days
    ]
    return min(dates, default=None)


def judge_recycling(terms: RecycleTerms, contact_date: date, deal_date: date, business_date: date) -> Fate:
    """Judge a customer at the close of a date: taken back when the days are over, warned some days before."""
    due = find_recycle_date(terms, contact_date, deal_date)
    if due is None:
        return Fate.STAYS
    if business_date >= due:
        return Fate.TAKEN_BACK
    return Fate.WARNED if business_date >= due - timedelta(days=terms.warning_days) else Fate.STAYS
