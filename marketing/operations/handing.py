"""The one statement by which coupons come to customers, whoever asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from core.ids import PUBLIC_ID_SQL
from core.outbox import publish_many
from core.registries import find_marketing_bars
from marketing.events import CouponsIssued
from marketing.models import CouponOffer

# So many customers are judged by one statement, under the lock of their offer.
BATCH: Final = 10_000
# So many customers hear of their coupon in one transaction.
_TELLING: Final = 200
GIVEN: Final = "issued"
THANKED: Final = "thanked"

# Of an occasion each customer is rewarded once: for his years who does not borrow is thanked alone, and who is new and undecided
# may come to borrow. Above `room` coupons nobody gets one.
_HAND_OUT = f"""
WITH person AS (
    SELECT c.id, c.status, c.merged_into_id, c.is_borrower, c.is_investor, coalesce(h.n, 0) AS had,
        NOT %(is_narrow)s OR EXISTS (SELECT FROM segmentation_membership o WHERE o.segment_id = %(narrow)s
            AND o.customer_id = c.id AND o.left_at IS NULL) AS is_meant,
        %(occasion)s <> '' AND EXISTS (SELECT FROM marketing_reward r WHERE r.customer_id = c.id
            AND r.occasion = %(occasion)s) AS is_rewarded
    FROM unnest(%(people)s::bigint[]) AS p(id) JOIN customers_customer c ON c.id = p.id
    LEFT JOIN (SELECT customer_id, max(n) AS n FROM marketing_coupon
        WHERE offer_id = %(offer)s AND customer_id = ANY(%(people)s::bigint[]) GROUP BY 1) h ON h.customer_id = c.id
), judged AS (
    SELECT p.id, p.had, CASE
        WHEN p.merged_into_id IS NOT NULL THEN 'merged'
        WHEN p.status <> 'IDENTIFIED' THEN 'not_identified'
        WHEN NOT p.is_meant THEN 'no_member'
        WHEN b.id IS NOT NULL THEN 'barred'
        WHEN p.is_rewarded OR p.had >= %(most)s THEN 'has_enough'
        WHEN %(occasion)s LIKE 'YEARS%%' AND NOT p.is_borrower THEN 'thanked'
        WHEN %(occasion)s = 'IDENTITY' AND p.is_investor AND NOT p.is_borrower THEN 'no_borrower'
        ELSE 'issued' END AS outcome
    FROM person p LEFT JOIN unnest(%(barred)s::bigint[]) AS b(id) ON b.id = p.id
), counted AS (
    SELECT id, had, CASE WHEN outcome = 'issued' AND %(room)s IS NOT NULL
        AND row_number() OVER (PARTITION BY outcome ORDER BY id) > %(room)s THEN 'no_budget' ELSE outcome END AS outcome
    FROM judged
), written AS (
    INSERT INTO marketing_coupon (public_id, offer_id, customer_id, n, state, issued_at, issued_by_id, expires_date,
        reserved, spent)
    SELECT {PUBLIC_ID_SQL}, %(offer)s, id, had + 1, 'ISSUED', %(now)s, %(actor)s, %(expires)s, 0, 0
    FROM counted WHERE outcome = 'issued' ORDER BY id
    RETURNING id, customer_id
), rewarded AS (
    INSERT INTO marketing_reward (customer_id, occasion, offer_id, coupon_id, at)
    SELECT c.id, %(occasion)s, %(offer)s, w.id, %(now)s FROM counted c LEFT JOIN written w ON w.customer_id = c.id
    WHERE %(occasion)s <> '' AND c.outcome IN ('issued', 'thanked')
    RETURNING customer_id, coupon_id
)
SELECT outcome, count(*), (SELECT min(id) FROM written), (SELECT max(id) FROM written),
    (SELECT array_agg(customer_id) FROM rewarded WHERE coupon_id IS NULL)
FROM counted GROUP BY outcome
"""  # noqa: S608 - the fragment is a constant of core.ids


@dataclass(frozen=True)
class Handed:
    """How many came to what, the first and the last coupon, and who was thanked alone."""

    counts: dict[str, int]
    coupon_ids: tuple[int, int] | None
    thanked: list[int]


def hand_out(
    offer: CouponOffer,
    customer_ids: Sequence[int],
    *,
    actor_id: int | None,
    now: datetime,
    business_date: date,
    occasion: str = "",
    room: int | None = None,
) -> Handed:
    """Give each customer a coupon who may have one; the caller has locked the offer and seen that it runs.

    With an `occasion` each is rewarded for it once. No more than `room` coupons are given.
    """
    barred = find_marketing_bars(customer_ids, business_date) if customer_ids else {}
    parameters: dict[str, Any] = {
        "offer": offer.pk,
        "people": list(customer_ids),
        "is_narrow": offer.segment_id is not None,
        "narrow": offer.segment_id,
        "barred": list(barred),
        "most": offer.most_per_customer,
        "occasion": occasion,
        "room": room,
        "now": now,
        "actor": actor_id,
        "expires": business_date + timedelta(days=offer.coupon_days),
    }
    with connection.cursor() as cursor:
        cursor.execute(_HAND_OUT, parameters)
        rows = cursor.fetchall()
    counts = {outcome: count for outcome, count, *_rest in rows}
    ids = (rows[0][2], rows[0][3]) if counts.get(GIVEN) else None
    if ids is not None:
        _tell(offer.pk, *ids, now)
    return Handed(counts, ids, (rows[0][4] or []) if rows else [])


def _tell(offer_id: int, first_id: int, last_id: int, now: datetime) -> None:
    # No other coupon of the offer can stand between: its row is locked while they are written.
    starts = range(first_id, last_id + 1, _TELLING)
    publish_many([CouponsIssued(offer_id, low, min(low + _TELLING - 1, last_id)) for low in starts], now=now)
