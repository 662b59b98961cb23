"""Coupons that offers give by themselves: to who is identified and has no deal yet, and to who has been with us for years."""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction

from core.outbox import publish, publish_many
from core.registries import step_beginnings
from customers.operations import history
from marketing.events import RewardsDue
from marketing.models import Coupon, CouponOffer
from marketing.operations.handing import BATCH, hand_out
from marketing.operations.offers import lock_offer
from marketing.queries.offers import list_running

# Who came to an occasion before an offer ran, or had no role yet, still gets its coupon for so long.
_LATEST: Final = timedelta(days=45)
# An occasion is what steps of the relationship process begin with; activation ends with the first deal.
_WAITING = """
SELECT DISTINCT o.customer_id FROM (
    SELECT customer_id, step, at FROM customers_registrationstep WHERE customer_id IS NOT NULL {beginnings}
) o
WHERE o.step = %(occasion)s AND o.at > %(since)s AND o.customer_id > %(after)s {which}
    AND NOT EXISTS (SELECT FROM marketing_reward r WHERE r.customer_id = o.customer_id AND r.occasion = %(occasion)s)
    AND (%(occasion)s <> 'IDENTITY' OR NOT EXISTS (SELECT FROM customers_registrationstep d
        WHERE d.customer_id = o.customer_id AND d.step = 'FIRST_DEAL'))
ORDER BY 1 LIMIT %(most)s
"""


@transaction.atomic
def ask_rewards(*, business_date: date, now: datetime) -> int:
    """Have the customers rewarded who have come to the occasion of an offer that runs; return how many offers there are."""
    ids = list(list_running(business_date).exclude(occasion="").order_by("pk").values_list("pk", flat=True))
    publish_many([RewardsDue(pk) for pk in ids], now=now)
    return len(ids)


@transaction.atomic
def reward_customer(*, customer_id: int, occasion: str, now: datetime, business_date: date) -> None:
    """Reward one customer who has just come to an occasion, by the first of its offers that has something for him."""
    for offer_id in list_running(business_date).filter(occasion=occasion).values_list("pk", flat=True):
        reward_waiting(offer_id=offer_id, now=now, business_date=business_date, only=customer_id)


@transaction.atomic
def reward_waiting(
    *, offer_id: int, now: datetime, business_date: date, after: int = 0, only: int | None = None
) -> dict[str, int]:
    """Reward the next customers, by key, who have come to an offer's occasion, or one of them; the rest by another event.

    Once a customer and occasion, whatever offers there are; no more coupons than the budget covers if all were used to the
    full. An offer that no longer runs gives nothing. Returns the counts.
    """
    _enter_occasion(offer_id)
    offer = lock_offer(offer_id)
    if not (offer.runs_on(business_date) and offer.occasion):
        return {}
    ids = _list_waiting(offer.occasion, now - _LATEST, after, only)
    handed = hand_out(
        offer,
        ids,
        actor_id=None,
        now=now,
        business_date=business_date,
        occasion=offer.occasion,
        room=count_covered(offer),
    )
    history.add_timeline_bulk(
        [
            history.TimelineRow(
                customer_id,
                "change",
                "marketing.thanked",
                now,
                f"thanked:{offer.occasion}:{customer_id}",
                {"name": offer.name},
            )
            for customer_id in handed.thanked
        ]
    )
    if len(ids) == BATCH:
        publish(RewardsDue(offer.pk, ids[-1]), now=now)
    return handed.counts


def _enter_occasion(offer_id: int) -> None:
    """Let one of the offers of an occasion reward at a time: two would wait for each other over the same customers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('marketing.reward.' || occasion)) FROM marketing_couponoffer"
            " WHERE id = %s AND occasion <> ''",
            [offer_id],
        )


def count_covered(offer: CouponOffer) -> int:
    """Return how many more coupons the budget covers, if those that are out are all used to the full."""
    out = Coupon.objects.filter(offer=offer, state=Coupon.State.ISSUED).count()
    return max(int(offer.left // offer.most_per_coupon) - out, 0)


def _list_waiting(occasion: str, since: datetime, after: int, only: int | None) -> list[int]:
    beginnings = " ".join(f"UNION ALL {beginning}" for _key, beginning in step_beginnings.items())
    which = "AND o.customer_id = %(only)s" if only is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING.format(beginnings=beginnings, which=which),
            {"occasion": occasion, "since": since, "after": after, "only": only, "most": BATCH},
        )
        return [pk for (pk,) in cursor.fetchall()]
