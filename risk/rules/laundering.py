"""When money is reported, and how alike a customer is to somebody on a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from customers.rules.likeness import Likeness, Person, compare

LARGE, SPLIT = "LARGE", "SPLIT"


@dataclass(frozen=True, slots=True)
class AmountLimits:
    """From which sum of one day on money is reported, and what looks like splitting to stay below it.

    Splitting: within the window at least so many movements, each below the threshold of a day but at least so much of
    it, together at or above it.
    """

    daily: Decimal
    split_share: Decimal
    split_count: int


@dataclass(frozen=True, slots=True)
class DaySum:
    """What one customer moved in one direction on one business date."""

    amount: Decimal
    greatest: Decimal
    count: int


def judge_sums(today: DaySum, window: Sequence[DaySum], limits: AmountLimits) -> str:
    """Return LARGE, SPLIT or nothing for a customer's day and the days of the window up to it, the day among them.

    500 000 in a day is large, single or summed (令〔2016〕3号 art. 5: `>=`). Three days of 200 000 with a threshold of
    500 000, a share of 0.3 and a count of 3 are split: each is at least 150 000, none reaches it, together they do.
    """
    if today.amount >= limits.daily:
        return LARGE
    close = [day for day in window if limits.daily * limits.split_share <= day.amount < limits.daily]
    total = sum((day.amount for day in close), Decimal(0))
    if today in close and len(close) >= limits.split_count and total >= limits.daily:
        return SPLIT
    return ""


def score_match(listed: Person, customer: Person) -> Likeness:
    """Return how alike a listed person and a customer are, 0 to 100 (customers.rules.likeness).

    The same number is certain; the same name alone, 40, goes to somebody who looks.
    """
    return compare(listed, customer)
