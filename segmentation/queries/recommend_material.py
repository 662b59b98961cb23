"""What the order of listings is learned from: who took which of the listings that were open at that moment."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from segmentation.rules.recommend import Traits, describe

# Choices and rivals of one slice of time: enough for a hit rate to within two hundredths.
_MOST_CHOICES: Final = 1_500
_MOST_RIVALS: Final = 1_500
_TASTE: Final = timedelta(days=730)
_TASTE_BIDS: Final = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """An investor of a tier bid on a listing at a moment."""

    investor_id: int
    listing_id: int
    at: datetime
    tier: str


@dataclass(frozen=True)
class Known:
    """A listing: its traits, when it was open, and when which amount was bid on it."""

    id: int
    traits: Traits
    risk_grade: int
    amount: Decimal
    opened_at: datetime
    ended_at: datetime | None
    bids: tuple[tuple[datetime, Decimal], ...]


@dataclass(frozen=True)
class Slice:
    """A stretch of time: choices made in it, listings open in it, the latest bids of those investors from before it."""

    choices: list[Choice]
    listings: dict[int, Known]
    histories: dict[int, list[Traits]]


# A first bid of somebody's own on a listing; the same sample each time.
_CHOICES: Final = """
SELECT c.investor_id, c.listing_id, c.placed_at, q.tier FROM (
    SELECT b.investor_id, b.listing_id, min(b.placed_at) AS placed_at, min(b.id) AS id FROM lending_bid b
    WHERE b.placed_at >= %(since)s AND b.placed_at < %(until)s AND b.mandate_reference = ''
    GROUP BY 1, 2 ORDER BY hashint8(min(b.id)) LIMIT %(most)s
) c JOIN LATERAL (
    SELECT a.tier FROM customers_investorassessment a WHERE a.customer_id = c.investor_id ORDER BY a.id DESC LIMIT 1
) q ON true
ORDER BY c.id
"""
_LISTINGS: Final = """
SELECT l.id, l.periods, p.period_unit, l.risk_grade, l.annual_rate, l.product_id, l.amount, l.opened_at, l.ended_at,
       (SELECT array_agg(b.placed_at ORDER BY b.placed_at, b.id) FROM lending_bid b WHERE b.listing_id = l.id),
       (SELECT array_agg(b.amount ORDER BY b.placed_at, b.id) FROM lending_bid b WHERE b.listing_id = l.id)
FROM lending_listing l JOIN lending_product p ON p.id = l.product_id
WHERE l.id = ANY(%(chosen)s) OR l.id IN (
    SELECT o.id FROM lending_listing o
    WHERE o.opened_at < %(until)s AND (o.ended_at IS NULL OR o.ended_at >= %(since)s)
    ORDER BY hashint8(o.id) LIMIT %(most)s
)
"""
_HISTORIES: Final = """
SELECT h.investor_id, l.periods, p.period_unit, l.risk_grade, l.annual_rate, l.product_id
FROM unnest(%(investors)s::bigint[]) i (id)
CROSS JOIN LATERAL (
    SELECT b.investor_id, b.listing_id FROM lending_bid b
    WHERE b.investor_id = i.id AND b.placed_at < %(since)s AND b.placed_at >= %(oldest)s AND b.mandate_reference = ''
    ORDER BY b.id DESC LIMIT %(most)s
) h JOIN lending_listing l ON l.id = h.listing_id JOIN lending_product p ON p.id = l.product_id
"""


def read_slice(since: datetime, until: datetime) -> Slice:
    """Read a sample of the choices of a stretch of time with all that a score of that moment needs."""
    with connection.cursor() as cursor:
        cursor.execute(_CHOICES, {"since": since, "until": until, "most": _MOST_CHOICES})
        choices = [Choice(*row) for row in cursor.fetchall()]
        chosen = sorted({choice.listing_id for choice in choices})
        cursor.execute(_LISTINGS, {"since": since, "until": until, "chosen": chosen, "most": _MOST_RIVALS})
        listings = {row[0]: _know(row) for row in cursor.fetchall()}
        investors = sorted({choice.investor_id for choice in choices})
        given: dict[str, Any] = {"investors": investors, "since": since, "oldest": since - _TASTE, "most": _TASTE_BIDS}
        cursor.execute(_HISTORIES, given)
        histories: dict[int, list[Traits]] = defaultdict(list)
        for investor_id, *described in cursor.fetchall():
            histories[investor_id].append(_describe(described))
    return Slice(choices, listings, dict(histories))


def read_shares_sample(since: datetime, until: datetime) -> list[Traits]:
    """Return what a sample of bids of a stretch of time went for."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.periods, p.period_unit, l.risk_grade, l.annual_rate, l.product_id FROM (
                SELECT b.listing_id FROM lending_bid b
                WHERE b.placed_at >= %s AND b.placed_at < %s AND b.mandate_reference = ''
                ORDER BY hashint8(b.id) LIMIT 20000
            ) b JOIN lending_listing l ON l.id = b.listing_id JOIN lending_product p ON p.id = l.product_id
            """,
            [since, until],
        )
        return [_describe(row) for row in cursor.fetchall()]


def _know(row: Sequence[Any]) -> Known:
    pk, *described, amount, opened_at, ended_at, times, amounts = row
    bids = tuple(zip(times or (), amounts or (), strict=True))
    return Known(pk, _describe(described), described[2], amount, opened_at, ended_at, bids)


def _describe(row: Sequence[Any]) -> Traits:
    periods, unit, risk_grade, annual_rate, product_id = row
    return describe(periods=periods, unit=unit, risk_grade=risk_grade, annual_rate=annual_rate, product_id=product_id)
