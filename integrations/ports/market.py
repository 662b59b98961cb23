"""Market news: published rates and policies of the regulators, from a provider of such data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """One figure as it was published: `LPR_1Y`, 0.030000, in force from its publication on."""

    code: str
    published_date: date
    value: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """One policy with the products' purposes and provinces that its provider sees concerned; empty means all."""

    reference: str
    title: str
    issuer: str
    published_date: date
    effective_date: date | None
    summary: str
    purposes: tuple[str, ...]
    provinces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarketNews:
    """What was published since a date."""

    rates: Sequence[PublishedRate]
    policies: Sequence[PublishedPolicy]


class MarketFeed(Protocol):
    """Answers what was published; asking twice changes nothing."""

    def read_news(self, since: date) -> MarketNews:
        """Return everything published on that date and later, oldest first."""
        ...
