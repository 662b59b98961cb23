"""What was recommended, noted as it is shown; taken up when a bid or an application follows in time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import orjson
from django.db import connection, transaction

from core import parameters
from core.arrays import array_literal
from core.seeding import ensure_parameters
from segmentation.queries.recommend import Recommendations
from segmentation.queries.recommend_counts import DAYS as COUNTED_DAYS

DAYS: Final = "segmentation.acceptance_days"
# Looking at the same page again within the hour is one look.
_NOTE: Final = """
INSERT INTO segmentation_suggestion AS s
    (customer_id, {thing}, learning_id, place, reasons, is_personal, first_shown_at, last_shown_at)
SELECT %(customer)s, r.id, %(learning)s, r.place, r.reasons, %(is_personal)s, %(now)s, %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) r (id bigint, place int, reasons jsonb) ORDER BY r.id
ON CONFLICT (customer_id, listing_id, product_id) WHERE accepted_at IS NULL DO UPDATE
SET learning_id = excluded.learning_id, place = excluded.place, reasons = excluded.reasons,
    is_personal = excluded.is_personal, last_shown_at = excluded.last_shown_at
WHERE s.last_shown_at < excluded.last_shown_at - interval '1 hour'
"""
_TAKE: Final = """
UPDATE segmentation_suggestion s SET accepted_at = t.at, accepted_amount = t.amount
FROM ({taken}) t
WHERE s.customer_id = t.customer_id AND s.{thing} = t.id AND s.accepted_at IS NULL
  AND t.at >= s.first_shown_at AND t.at < s.last_shown_at + make_interval(days => %(days)s)
"""
# What a mandate bids was not chosen from what was shown.
_BIDS: Final = """
SELECT DISTINCT ON (b.investor_id, b.listing_id) b.investor_id AS customer_id, b.listing_id AS id, b.placed_at AS at, b.amount
FROM lending_bid b WHERE b.id = ANY(%(ids)s::bigint[]) AND b.mandate_reference = ''
ORDER BY b.investor_id, b.listing_id, b.id
"""
_APPLICATIONS: Final = """
SELECT DISTINCT ON (a.customer_id, a.product_id) a.customer_id, a.product_id AS id, a.submitted_at AS at, a.amount
FROM lending_application a WHERE a.id = ANY(%(ids)s::bigint[])
ORDER BY a.customer_id, a.product_id, a.id
"""
# By who looks after the customers now, whoever did when it was shown.
_COUNT: Final = """
INSERT INTO segmentation_suggestioncount (rm_id, is_personal, is_product, shown, taken, counted_at)
SELECT c.rm_id, s.is_personal, s.product_id IS NOT NULL, count(*), count(s.accepted_at), %(now)s
FROM segmentation_suggestion s JOIN customers_customer c ON c.id = s.customer_id
WHERE s.last_shown_at > %(since)s GROUP BY 1, 2, 3
"""


@transaction.atomic
def count_suggestions(*, now: datetime) -> int:
    """Count anew what was shown and taken in ninety days, so that no page has to add it up; return the rows written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('segmentation.suggestioncount'))")
        cursor.execute("DELETE FROM segmentation_suggestioncount")
        cursor.execute(_COUNT, {"now": now, "since": now - timedelta(days=COUNTED_DAYS)})
        return cursor.rowcount


@transaction.atomic
def note_shown(
    *, customer_id: int, listings: Recommendations | None, products: Recommendations | None, now: datetime
) -> int:
    """Note what a customer, or his RM, was just shown; return how many rows that wrote."""
    written = 0
    for thing, shown in (("listing_id", listings), ("product_id", products)):
        if shown is None or not shown.rows:
            continue
        rows = [{"id": row.id, "place": place, "reasons": row.reasons} for place, row in enumerate(shown.rows, 1)]
        with connection.cursor() as cursor:
            cursor.execute(
                _NOTE.format(thing=thing),
                {
                    "customer": customer_id,
                    "learning": shown.learning.pk if shown.learning else None,
                    "is_personal": shown.is_personal,
                    "now": now,
                    "rows": orjson.dumps(rows).decode(),
                },
            )
            written += cursor.rowcount
    return written


def note_bids(*, bid_ids: Sequence[int], business_date: date) -> int:
    """Mark what investors took of what was recommended to them; return how many."""
    return _take(_BIDS, "listing_id", bid_ids, business_date)


def note_applications(*, application_ids: Sequence[int], business_date: date) -> int:
    """Mark what borrowers took of what was recommended to them; return how many."""
    return _take(_APPLICATIONS, "product_id", application_ids, business_date)


def _take(taken: str, thing: str, ids: Sequence[int], business_date: date) -> int:
    days = int(parameters.get_value(DAYS, on=business_date))
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(taken=taken, thing=thing), {"ids": array_literal(ids), "days": days})
        return cursor.rowcount


def seed_parameters(_business_date: date, _now: datetime) -> None:
    """Create the house's figure where it is missing."""
    ensure_parameters([(DAYS, 14, date(2015, 1, 1), "house rule")])
