"""Which facts customers may be compared by, as a closed list: what is not named here is never looked at.

Left out on purpose: sex, age, region, family, interests and purposes of loans (medical ones among them), studies, what came
of the credit bureau (it serves credit decisions alone), alerts and suspicion, consents, and who looks after somebody.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


class Kind(StrEnum):
    """How values of a fact are compared."""

    NUMBER = "number"
    DAYS = "days"
    FLAG = "flag"
    TEXT = "text"


# Kinds of the types of attributes.
KINDS: Final[Mapping[str, Kind]] = {
    "count": Kind.NUMBER,
    "money": Kind.NUMBER,
    "ratio": Kind.NUMBER,
    "date": Kind.DAYS,
    "moment": Kind.DAYS,
    "flag": Kind.FLAG,
    "text": Kind.TEXT,
}
# Known before somebody's first deal, and no fruit of being looked after: by these alone prospects are compared.
BEFORE_DEALS: Final = (
    "kind",
    "investor_type",
    "source",
    "occupation",
    "liquidity_need",
    "completeness",
    "registered",
)
_LATER: Final = (
    "borrower",
    "investor",
    "stage",
    "value_tier",
    "last_login",
    "last_contact",
    "contacts_90_days",
    "reached_90_days",
    "available",
    "deposits_30_days",
    "deposits_90_days",
    "withdrawals_30_days",
    "withdrawals_90_days",
    "broken_promises",
    "health",
    "outstanding",
    "days_past_due",
    "running_loans",
    "settled_loans",
    "settled_early",
    "last_settled",
    "borrowed_ever",
    "invested",
    "running_shares",
    "lent_ever",
    "lent_90_days",
    "interest_received",
    "first_deal_date",
    "last_deal_date",
    "deal_count",
    "applications",
    "last_application_date",
    "bids",
    "last_bid",
    "cases",
    "open_complaints",
)
COMPARABLE: Final = (*BEFORE_DEALS, *_LATER)
# The value that stands for one not known.
UNKNOWN: Final = ""


@dataclass(frozen=True, slots=True)
class Banded:
    """A fact cut into bands: for numbers and days by inner bounds, else each value is a band.

    A number not known is 0 and has a band of its own, `0`; a day not known has the band of what is unknown.
    """

    key: str
    kind: Kind
    bounds: tuple[float, ...] = ()


def number_of(kind: Kind, value: Any, today: date) -> float | None:
    """Return a value as a number: days ago for dates, 1 for yes; None where it is not known."""
    if kind is Kind.FLAG:
        return float(bool(value))
    if kind is Kind.NUMBER:
        return float(value or 0)
    if value is None:
        return None
    day = value.astimezone(_SHANGHAI).date() if isinstance(value, datetime) else value
    return float((today - day).days)


def band_of(fact: Banded, value: Any, today: date) -> str:
    """Return the band of a value, as `segmentation.queries.lookalikes.write_band` tells it in SQL."""
    if fact.kind is Kind.TEXT:
        return UNKNOWN if value is None else str(value)
    number = number_of(fact.kind, value, today)
    if number is None:
        return UNKNOWN
    if fact.kind is Kind.FLAG:
        return str(int(number))
    if fact.kind is Kind.NUMBER and number == 0:
        return "0"
    return str(1 + bisect_right(fact.bounds, number))


def limits_of(fact: Banded, band: str) -> tuple[float | None, float | None]:
    """Return from where up to below what a band of numbers or days reaches; None where it is open."""
    place = int(band) - 1
    low = fact.bounds[place - 1] if place >= 1 else None
    high = fact.bounds[place] if place < len(fact.bounds) else None
    return low, high


def spread(bounds: Sequence[float | None]) -> tuple[float, ...]:
    """Return inner bounds that rise, without what is unknown or stands twice."""
    return tuple(sorted({float(bound) for bound in bounds if bound is not None}))
