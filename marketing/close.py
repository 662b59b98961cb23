"""Marketing's steps of the nightly close."""

from datetime import date, datetime, timedelta
from typing import Final

from core.close import register_step
from marketing.operations.redeeming import expire_coupons
from marketing.operations.rewarding import ask_rewards
from marketing.operations.subsidies import ask_subsidies

# After the business date has moved: what was due on the closed date is decided.
_COUPONS: Final = "marketing.coupons", 814
# After the labels, which tell of years together.
_REWARDS: Final = "marketing.rewards", 816


def register() -> None:
    """Register the steps."""
    register_step(*_COUPONS, end_day)
    register_step(*_REWARDS, reward_day)


def end_day(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """End what could be used on the closed date for the last time, and have the instalments due on it looked at."""
    return expire_coupons(business_date=business_date, now=now) + ask_subsidies(business_date=business_date, now=now)


def reward_day(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Have those rewarded who have come to an occasion by the day that begins."""
    return ask_rewards(business_date=business_date + timedelta(days=1), now=now)
