"""Handing coupons out: to one customer, or to the members of a segment in one statement."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.ids import PUBLIC_ID_SQL
from core.models import User
from core.outbox import publish, publish_many
from core.registries import find_marketing_bars
from customers.models import Customer
from customers.operations import history
from marketing.events import CouponsIssued, IssueAsked
from marketing.models import Coupon, CouponIssue, CouponOffer
from marketing.operations.offers import OfferStateWrong, lock_offer
from marketing.texts import name_outcome
from messaging.operations.sending import TemplateMissing, send_message
from segmentation.models import Membership
from staff import rights
from staff.queries import access_right

# So many customers hear of their coupon in one transaction.
_BATCH = 200


class CouponNotGiven(BusinessError):
    """A customer cannot get a coupon of an offer."""

    code = "coupon_not_given"
    message = _("This customer gets no coupon: %(reason)s.")


@transaction.atomic
def give_coupon(*, offer_id: int, customer_id: int, actor: User, now: datetime, business_date: date) -> Coupon:
    """Give one customer a coupon; the caller has seen that he is within the giver's reach.

    Raises Refused, NotFound, OfferStateWrong, CouponNotGiven.
    """
    access_right(actor, rights.GIVE_COUPONS)
    offer = _lock_running(offer_id, business_date)
    customer = Customer.objects.get(pk=customer_id)
    had = Coupon.objects.filter(offer=offer, customer=customer).aggregate(n=Max("n"))["n"] or 0
    reason = _find_obstacle(offer, customer, had, business_date)
    if reason:
        raise CouponNotGiven(reason=name_outcome(reason))
    coupon = Coupon.objects.create(
        offer=offer,
        customer=customer,
        n=had + 1,
        issued_at=now,
        issued_by=actor,
        expires_date=business_date + timedelta(days=offer.coupon_days),
    )
    audit.record(actor=actor, action="marketing.coupon_given", target=coupon, data={"offer": offer.public_id}, now=now)
    publish(CouponsIssued(offer.pk, coupon.pk, coupon.pk), now=now)
    return coupon


def _find_obstacle(offer: CouponOffer, customer: Customer, had: int, business_date: date) -> str:
    if customer.merged_into_id is not None:
        return "merged"
    if customer.status != Customer.Status.IDENTIFIED:
        return "not_identified"
    if offer.segment_id is not None:
        stays = Membership.objects.filter(segment_id=offer.segment_id, customer=customer, left_at=None)
        if not stays.exists():
            return "no_member"
    if find_marketing_bars([customer.pk], business_date):
        return "barred"
    return "has_enough" if had >= offer.most_per_customer else ""


def _lock_running(offer_id: int, business_date: date) -> CouponOffer:
    offer = lock_offer(offer_id)
    is_time = offer.valid_from <= business_date <= offer.valid_until
    if offer.state != CouponOffer.State.APPROVED or not is_time:
        raise OfferStateWrong(name=offer.name)
    return offer


@transaction.atomic
def ask_issue(*, offer_id: int, segment_id: int, actor: User, now: datetime, business_date: date) -> CouponIssue:
    """Have coupons handed out to a segment's members by a worker. Raises Refused, NotFound, OfferStateWrong."""
    access_right(actor, rights.EDIT_COUPONS)
    offer = _lock_running(offer_id, business_date)
    issue = CouponIssue.objects.create(offer=offer, segment_id=segment_id, asked_at=now, asked_by=actor)
    audit.record(actor=actor, action="marketing.issue_asked", target=issue, data={"segment": segment_id}, now=now)
    publish(IssueAsked(issue.pk), now=now)
    return issue


_ISSUE = f"""
WITH member AS (
    SELECT m.customer_id, c.status, c.merged_into_id, coalesce(h.n, 0) AS had,
        NOT %(is_narrow)s OR EXISTS (SELECT FROM segmentation_membership o WHERE o.segment_id = %(narrow)s
            AND o.customer_id = m.customer_id AND o.left_at IS NULL) AS is_meant
    FROM segmentation_membership m JOIN customers_customer c ON c.id = m.customer_id
    LEFT JOIN (SELECT customer_id, max(n) AS n FROM marketing_coupon WHERE offer_id = %(offer)s GROUP BY 1) h
        ON h.customer_id = m.customer_id
    WHERE m.segment_id = %(segment)s AND m.left_at IS NULL
), judged AS (
    SELECT m.customer_id, m.had, CASE
        WHEN m.merged_into_id IS NOT NULL THEN 'merged'
        WHEN m.status <> 'IDENTIFIED' THEN 'not_identified'
        WHEN NOT m.is_meant THEN 'no_member'
        WHEN b.id IS NOT NULL THEN 'barred'
        WHEN m.had >= %(most)s THEN 'has_enough'
        ELSE 'issued' END AS outcome
    FROM member m LEFT JOIN unnest(%(barred)s::bigint[]) AS b(id) ON b.id = m.customer_id
), written AS (
    INSERT INTO marketing_coupon (public_id, offer_id, customer_id, n, state, issued_at, issued_by_id, expires_date,
        reserved, spent)
    SELECT {PUBLIC_ID_SQL}, %(offer)s, customer_id, had + 1, 'ISSUED', %(now)s, %(actor)s, %(expires)s, 0, 0
    FROM judged WHERE outcome = 'issued' ORDER BY customer_id
    RETURNING id
)
SELECT outcome, count(*), (SELECT min(id) FROM written), (SELECT max(id) FROM written) FROM judged GROUP BY outcome
"""  # noqa: S608 - the fragment is a constant of core.ids


@transaction.atomic
def carry_out_issue(*, issue_id: int, now: datetime, business_date: date) -> CouponIssue:
    """Hand coupons out to whoever of a segment may have one, once; the counts say why others got none.

    Raises OfferStateWrong.
    """
    issue = CouponIssue.objects.select_for_update(no_key=True).get(pk=issue_id)
    if issue.done_at is not None:
        return issue
    offer = _lock_running(issue.offer_id, business_date)
    members = Membership.objects.filter(segment_id=issue.segment_id, left_at=None).values_list("customer_id", flat=True)
    parameters: dict[str, Any] = {
        "offer": offer.pk,
        "segment": issue.segment_id,
        "is_narrow": offer.segment_id is not None,
        "narrow": offer.segment_id,
        "barred": list(find_marketing_bars(list(members), business_date)),
        "most": offer.most_per_customer,
        "now": now,
        "actor": issue.asked_by_id,
        "expires": business_date + timedelta(days=offer.coupon_days),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ISSUE, parameters)
        rows = cursor.fetchall()
    issue.counts = {outcome: count for outcome, count, _first, _last in rows}
    issue.done_at = now
    issue.save(update_fields=["counts", "done_at"])
    if issue.counts.get("issued"):
        _tell(offer.pk, rows[0][2], rows[0][3], now)
    audit.record(
        actor=issue.asked_by, action="marketing.coupons_issued", target=issue, data={"counts": issue.counts}, now=now
    )
    return issue


def _tell(offer_id: int, first_id: int, last_id: int, now: datetime) -> None:
    # No other coupon of the offer can stand between: its row is locked while they are written.
    starts = range(first_id, last_id + 1, _BATCH)
    publish_many([CouponsIssued(offer_id, low, min(low + _BATCH - 1, last_id)) for low in starts], now=now)


@transaction.atomic
def tell_holders(*, offer_id: int, first_id: int, last_id: int, now: datetime) -> int:
    """Note coupons on their holders' timelines and write to those who agreed to hear of offers; return how many there are."""
    rows = list(
        Coupon.objects.filter(offer_id=offer_id, pk__gte=first_id, pk__lte=last_id)
        .select_related("offer")
        .order_by("pk")
    )
    history.add_timeline_bulk(
        [
            history.TimelineRow(
                coupon.customer_id,
                "change",
                "marketing.coupon_issued",
                coupon.issued_at,
                f"coupon-issued:{coupon.pk}",
                {"name": coupon.offer.name, "until": coupon.expires_date.isoformat()},
                actor_id=coupon.issued_by_id,
            )
            for coupon in rows
        ]
    )
    for coupon in rows:
        try:
            send_message(
                customer_id=coupon.customer_id,
                code="coupon-issued",
                params={"name": coupon.offer.name, "expires": coupon.expires_date.isoformat()},
                dedup_key=f"coupon-issued:{coupon.pk}",
                now=now,
                reference=("marketing.coupon", coupon.pk),
            )
        except TemplateMissing:
            # He can be reached by no channel; the coupon waits in his list.
            continue
    return len(rows)
