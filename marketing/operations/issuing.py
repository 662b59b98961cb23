"""Handing coupons out as people ask for it: to one customer, or to the members of a segment; and telling the holders."""

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.models import User
from core.outbox import publish
from customers.operations import history
from marketing.events import IssueAsked
from marketing.models import Coupon, CouponIssue, CouponOffer
from marketing.operations.handing import BATCH, GIVEN, hand_out
from marketing.operations.offers import OfferStateWrong, OfferUsedUp, lock_offer
from marketing.texts import name_outcome
from messaging.operations.sending import TemplateMissing, send_message
from segmentation.models import Membership
from staff import rights
from staff.queries import access_right

_NOT_RUNNING: Final = "not_running"


class CouponNotGiven(BusinessError):
    """A customer cannot get a coupon of an offer."""

    code = "coupon_not_given"
    message = _("This customer gets no coupon: %(reason)s.")


@transaction.atomic
def give_coupon(*, offer_id: int, customer_id: int, actor: User, now: datetime, business_date: date) -> Coupon:
    """Give one customer a coupon; the caller has seen that he is within the giver's reach.

    Raises Refused, NotFound, OfferStateWrong, OfferUsedUp, CouponNotGiven.
    """
    access_right(actor, rights.GIVE_COUPONS)
    offer = _lock_running(offer_id, business_date)
    handed = hand_out(offer, [customer_id], actor_id=actor.pk, now=now, business_date=business_date)
    if handed.coupon_ids is None:
        raise CouponNotGiven(reason=name_outcome(next(iter(handed.counts))))
    coupon = Coupon.objects.get(pk=handed.coupon_ids[0])
    audit.record(actor=actor, action="marketing.coupon_given", target=coupon, data={"offer": offer.public_id}, now=now)
    return coupon


def _lock_running(offer_id: int, business_date: date) -> CouponOffer:
    offer = lock_offer(offer_id)
    if not offer.runs_on(business_date):
        raise OfferStateWrong(name=offer.name)
    if offer.left <= 0:
        raise OfferUsedUp(name=offer.name)
    return offer


@transaction.atomic
def ask_issue(*, offer_id: int, segment_id: int, actor: User, now: datetime, business_date: date) -> CouponIssue:
    """Have coupons handed out to a segment's members by a worker; asked again while one is under way, that one counts.

    Raises Refused, NotFound, OfferStateWrong, OfferUsedUp.
    """
    access_right(actor, rights.EDIT_COUPONS)
    offer = _lock_running(offer_id, business_date)
    under_way = CouponIssue.objects.filter(offer=offer, segment_id=segment_id, done_at=None).first()
    if under_way is not None:
        return under_way
    issue = CouponIssue.objects.create(offer=offer, segment_id=segment_id, asked_at=now, asked_by=actor)
    audit.record(actor=actor, action="marketing.issue_asked", target=issue, data={"segment": segment_id}, now=now)
    publish(IssueAsked(issue.pk), now=now)
    return issue


@transaction.atomic
def carry_out_issue(*, issue_id: int, now: datetime, business_date: date) -> CouponIssue:
    """Hand coupons out to the next members of a segment who may have one; the counts say why others got none.

    So many at a time, that whoever uses a coupon of the offer waits for one statement; the rest goes by another event.
    """
    issue = CouponIssue.objects.select_for_update(no_key=True).get(pk=issue_id)
    if issue.done_at is not None:
        return issue
    offer = lock_offer(issue.offer_id)
    members = Membership.objects.filter(
        segment_id=issue.segment_id, left_at=None, customer_id__gt=issue.reached_id
    ).order_by("customer_id")
    if not offer.runs_on(business_date) or offer.left <= 0:
        _count(issue, {_NOT_RUNNING: members.count()})
        return _finish(issue, now)
    ids = list(members.values_list("customer_id", flat=True)[:BATCH])
    handed = hand_out(offer, ids, actor_id=issue.asked_by_id, now=now, business_date=business_date)
    _count(issue, handed.counts)
    if len(ids) < BATCH:
        return _finish(issue, now)
    issue.reached_id = ids[-1]
    issue.save(update_fields=["counts", "reached_id"])
    publish(IssueAsked(issue.pk), now=now)
    return issue


def _count(issue: CouponIssue, counts: dict[str, int]) -> None:
    for outcome, many in counts.items():
        if many:
            issue.counts[outcome] = issue.counts.get(outcome, 0) + many


def _finish(issue: CouponIssue, now: datetime) -> CouponIssue:
    issue.done_at = now
    issue.save(update_fields=["counts", "done_at"])
    audit.record(
        actor=issue.asked_by,
        action="marketing.coupons_issued",
        target=issue,
        data={"counts": issue.counts, GIVEN: issue.counts.get(GIVEN, 0)},
        now=now,
    )
    return issue


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
