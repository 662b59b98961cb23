"""Claiming from a public pool, releasing into one, looking at what stands there."""

from datetime import datetime, timedelta

from django.db import transaction

from core import audit, clock
from core.errors import NotFound
from core.models import User
from customers.models import Customer, OwnerChange, Pool, PoolView
from customers.operations.ownership.change import Move, move_customers
from customers.operations.ownership.errors import (
    AlreadyClaimed,
    CapacityExceeded,
    ClaimLimitReached,
    CoolingDown,
    ReasonMissing,
    ReceiverInactive,
    ViewLimitReached,
)
from customers.queries.ownership import lock_members, lock_owned
from customers.queries.pools import access_pool, count_views, list_pools, read_claim_facts
from customers.rules.pools import ClaimRefusal, cooled_down_at, find_claim_refusal
from staff import rights
from staff.queries import access_right


def _day_start(now: datetime) -> datetime:
    return clock.at(now.astimezone(clock.SHANGHAI).date(), 0)


@transaction.atomic
def claim_from_pool(*, customer_id: int, actor: User, now: datetime) -> Customer:
    """Take a customer out of a pool as his RM; of two who claim at once one wins.

    Raises Refused, AlreadyClaimed, CoolingDown, ClaimLimitReached, CapacityExceeded.
    """
    access = access_right(actor, rights.CLAIM_CUSTOMERS)
    # The claimer is locked first: two claims of one person are counted one after the other.
    member = lock_members([access.member_id]).get(access.member_id)
    if member is None:
        raise ReceiverInactive
    rows = lock_owned([customer_id])
    pool_id = rows[0].pool_id if rows else None
    pool = list_pools(access).filter(pk=pool_id).first() if pool_id is not None else None
    if pool is None:
        raise AlreadyClaimed
    facts = read_claim_facts(member, customer_id, pool, day_start=_day_start(now))
    refusal = find_claim_refusal(facts, now)
    if refusal is ClaimRefusal.COOLING_DOWN and facts.left_at is not None:
        until = cooled_down_at(facts.left_at, facts.cool_down_days).astimezone(clock.SHANGHAI)
        raise CoolingDown(until=f"{until:%Y-%m-%d %H:%M}")
    if refusal is ClaimRefusal.DAILY_LIMIT:
        raise ClaimLimitReached(limit=pool.daily_claims)
    if refusal is ClaimRefusal.NO_ROOM:
        raise CapacityExceeded(rm=str(member), load=facts.load, capacity=facts.capacity, wanted=1)
    move_customers([customer_id], Move(member.pk, None, OwnerChange.Reason.CLAIMED, now, actor))
    return Customer.objects.get(pk=customer_id)


@transaction.atomic
def release_to_pool(*, customer_id: int, pool_id: int, reason: str, actor: User, now: datetime) -> None:
    """Give a customer of one's own into a pool.

    Raises Refused, NotFound, ReasonMissing, CustomerProtected, PromisesOpen.
    """
    access = access_right(actor, rights.CLAIM_CUSTOMERS)
    if not reason.strip():
        raise ReasonMissing(fields={"reason": [ReasonMissing.message]})
    pool = access_pool(access, pool_id)
    rows = lock_owned([customer_id])
    if not rows or rows[0].rm_id != access.member_id:
        raise NotFound
    move = Move(None, pool.pk, OwnerChange.Reason.RELEASED, now, actor, reason.strip()[:200])
    move_customers([customer_id], move)


@transaction.atomic
def view_pooled(*, customer: Customer, actor: User, now: datetime) -> int:
    """Count a look at a record of a pool; return how many are left today. Raises Refused, NotFound, ViewLimitReached."""
    access = access_right(actor, rights.CLAIM_CUSTOMERS)
    if customer.pool_id is None:
        raise NotFound
    # Locked, so that two tabs do not both take the last look.
    lock_members([access.member_id])
    pool = Pool.objects.get(pk=customer.pool_id)
    day = _day_start(now).date()
    seen = PoolView.objects.filter(member_id=access.member_id, pool=pool, day=day, customer=customer).exists()
    count = count_views(access.member_id, pool.pk, day)
    if not seen:
        if count >= pool.daily_views:
            raise ViewLimitReached(limit=pool.daily_views)
        PoolView.objects.create(member_id=access.member_id, pool=pool, day=day, customer=customer)
        audit.record(actor=actor, action="customers.pool_viewed", target=customer, data={"pool": pool.pk}, now=now)
        count += 1
    return pool.daily_views - count


def forget_views(*, before: datetime) -> int:
    """Drop the counts of days long past; return how many."""
    return PoolView.objects.filter(day__lt=(before - timedelta(days=90)).date()).delete()[0]
