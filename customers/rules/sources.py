"""Which source of a fact is believed more, and what finances come to."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from core.money import ZERO, round_yuan


class Source(StrEnum):
    """Where facts come from, the most trusted first. A name of a source may go on after a colon: `PARTNER:xyz`."""

    IDENTITY_CHECK = "IDENTITY_CHECK"
    RM = "RM"
    SELF = "SELF"
    PARTNER = "PARTNER"
    SURVEY = "SURVEY"
    IMPORT = "IMPORT"
    WEB = "WEB"


_RANKS = {source: len(Source) - place for place, source in enumerate(Source)}
# Doors that the customer himself uses, and words of older rows.
_SAME_AS = {
    "APP": Source.SELF,
    "API": Source.SELF,
    "CUSTOMER": Source.SELF,
    "DECLARED": Source.SELF,
    "STAFF": Source.RM,
}
# Who replaces a value that he has before his eyes knows better than any rank.
_INFORMED = frozenset({Source.RM, Source.SELF})
LONGEST = 40


def read_source(name: str) -> Source:
    """Return the kind of a source; what nobody knows counts like the open web."""
    head = name.partition(":")[0].strip().upper()
    if head in _SAME_AS:
        return _SAME_AS[head]
    return Source(head) if head in _RANKS else Source.WEB


def rank_of(name: str) -> int:
    """Return how much a source is believed; more is better."""
    return _RANKS[read_source(name)]


def may_replace(new: str, old: str, *, is_informed: bool) -> bool:
    """Tell whether a value from one source takes the place of one from another.

    A better or equal source always does. An RM and the customer himself also replace what they have seen, unless it
    comes from the identity check.
    """
    newer, older = read_source(new), read_source(old)
    if _RANKS[newer] >= _RANKS[older]:
        return True
    return is_informed and newer in _INFORMED and older is not Source.IDENTITY_CHECK


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a customer's finances come to; amounts in yuan, `debt_ratio` of monthly income."""

    debt_ratio: Decimal | None
    net_assets: Decimal
    monthly_surplus: Decimal
    investable: Decimal


# Monthly income in thousands of yuan, from the highest floor down; the band alone may choose whom to talk to.
INCOME_BANDS: Final = ((50_000, "50+"), (20_000, "20-50"), (10_000, "10-20"), (5_000, "5-10"), (0, "0-5"))


def band_income(monthly_income: str) -> str:
    """Return the band of an income as it is kept in plain; empty where none is stated. 8000.00 is `5-10`."""
    if not monthly_income:
        return ""
    income = Decimal(monthly_income)
    return next((band for floor, band in INCOME_BANDS if income >= floor), "")


_RESERVE_MONTHS = 6
_INVESTABLE_SHARE = Decimal("0.50")


def measure_capacity(
    *,
    monthly_income: Decimal,
    monthly_debt_payment: Decimal,
    assets: Decimal,
    liabilities: Decimal,
    other_platform_balance: Decimal,
) -> Capacity:
    """Return debt ratio and investable capacity.

    The debt ratio is the monthly debt payments by the monthly income, four places. Investable is half of the net assets
    that are left after six months of debt payments, never below zero: 20 000 income, 5 000 payments, 500 000 assets,
    100 000 liabilities give a ratio of 0.2500 and (400 000 − 30 000) × 0.50 = 185 000.00.
    """
    ratio = None
    if monthly_income > 0:
        ratio = (monthly_debt_payment / monthly_income).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    net = assets - liabilities - other_platform_balance
    free = net - _RESERVE_MONTHS * monthly_debt_payment
    investable = round_yuan(max(free * _INVESTABLE_SHARE, ZERO))
    return Capacity(ratio, net, monthly_income - monthly_debt_payment, investable)
