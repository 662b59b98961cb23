"""Marketing's step of the nightly close."""

from datetime import date, datetime
from typing import Final

from marketing.operations.redeeming import expire_coupons

STEP: Final = "marketing.coupons"
STEP_ORDER: Final = 814


def expire_day(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """End what could be used on the closed date for the last time."""
    return expire_coupons(business_date=business_date, now=now)
