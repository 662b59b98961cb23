"""Public pools: claims and their limits, releases, looks, assignment by rule, the nightly close."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from core.errors import BusinessError, NotFound, Refused
from customers.models import AssignmentRule, Contact, ContactPlan, Customer, OwnerChange, Pool, PoolView, WorkItem
from customers.operations import ownership
from customers.operations.ownership.errors import (
    AlreadyClaimed,
    CapacityExceeded,
    ClaimLimitReached,
    CoolingDown,
    ReasonMissing,
    ViewLimitReached,
)
from customers.queries.pools import access_pooled
from staff.operations import create_department
from staff.queries import get_access
from tests.customers.operations.desk import Desk, furnish, make_customer, make_desk, make_member
from tests.pictures import unchanged

DAY = date(2026, 3, 2)


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def pooled(desk: Desk, now: datetime, **fields: Any) -> Customer:
    return make_customer(None, now, pool=desk.pool, pooled_at=now, **fields)


def test_a_claim_brings_the_whole_history(desk: Desk, now: datetime) -> None:
    customer = make_customer(desk.rm, now)
    furnish(customer, desk.rm, now)
    customer.promises.all().delete()
    ownership.release_to_pool(
        customer_id=customer.pk, pool_id=desk.pool.pk, reason="不再联系", actor=desk.rm.user, now=now
    )
    assert WorkItem.objects.get().assignee is None
    assert ContactPlan.objects.get().state == "DROPPED"
    ownership.claim_from_pool(customer_id=customer.pk, actor=desk.other.user, now=now)
    customer.refresh_from_db()
    assert (customer.rm, customer.pool, customer.pooled_at, customer.owned_since) == (desk.other, None, None, now)
    assert WorkItem.objects.get().assignee == desk.other
    assert customer.notes.get().text == "喜欢喝茶"
    texts = list(customer.timeline.order_by("pk").values_list("text_code", flat=True))
    assert texts == ["customers.put_into_pool", "customers.rm_assigned"]
    reasons = list(OwnerChange.objects.order_by("pk").values_list("reason", "note"))
    assert reasons == [("RELEASED", "不再联系"), ("CLAIMED", "")]


def test_claims_keep_the_limits_of_the_pool(desk: Desk, now: datetime) -> None:
    Pool.objects.filter(pk=desk.pool.pk).update(daily_claims=2, cool_down_days=30)
    customers = [pooled(desk, now) for _n in range(4)]
    mine = make_customer(desk.rm, now)
    ownership.release_to_pool(customer_id=mine.pk, pool_id=desk.pool.pk, reason="x", actor=desk.rm.user, now=now)

    def refuse(customer: Customer, refusal: type[BusinessError], at: datetime = now) -> None:
        with unchanged(), pytest.raises(refusal):
            ownership.claim_from_pool(customer_id=customer.pk, actor=desk.rm.user, now=at)

    refuse(mine, CoolingDown, now + timedelta(days=29))
    for customer in customers[:2]:
        ownership.claim_from_pool(customer_id=customer.pk, actor=desk.rm.user, now=now)
    refuse(customers[2], ClaimLimitReached)
    refuse(customers[0], AlreadyClaimed)
    tomorrow = now + timedelta(days=1)
    desk.rm.capacity = 2
    desk.rm.save()
    refuse(customers[2], CapacityExceeded, tomorrow)
    desk.rm.capacity = 9
    desk.rm.save()
    ownership.claim_from_pool(customer_id=customers[2].pk, actor=desk.rm.user, now=tomorrow)
    ownership.claim_from_pool(customer_id=mine.pk, actor=desk.rm.user, now=now + timedelta(days=30))
    # Somebody else had no cool-down at all; the manager has no right to claim for himself.
    ownership.claim_from_pool(customer_id=customers[3].pk, actor=desk.other.user, now=now)
    with pytest.raises(Refused):
        ownership.claim_from_pool(customer_id=pooled(desk, now).pk, actor=desk.manager.user, now=now)


def test_a_pool_of_another_department_is_closed(desk: Desk, now: datetime) -> None:
    elsewhere = make_member("rm", create_department(name="外地分部", kind="RELATIONSHIP"), None)
    branch = make_member("rm", create_department(name="下属支部", kind="RELATIONSHIP", parent=desk.place), None)
    customer = pooled(desk, now)
    own = make_customer(elsewhere, now)
    with unchanged(), pytest.raises(AlreadyClaimed):
        ownership.claim_from_pool(customer_id=customer.pk, actor=elsewhere.user, now=now)
    with unchanged(), pytest.raises(NotFound):
        ownership.release_to_pool(customer_id=own.pk, pool_id=desk.pool.pk, reason="x", actor=elsewhere.user, now=now)
    access = get_access(elsewhere.user)
    assert access is not None
    with pytest.raises(NotFound):
        access_pooled(access, customer.public_id)
    ownership.claim_from_pool(customer_id=customer.pk, actor=branch.user, now=now)


def test_a_release_says_why_and_is_of_ones_own(desk: Desk, now: datetime) -> None:
    customer = make_customer(desk.rm, now)
    with unchanged(), pytest.raises(ReasonMissing):
        ownership.release_to_pool(
            customer_id=customer.pk, pool_id=desk.pool.pk, reason=" ", actor=desk.rm.user, now=now
        )
    with unchanged(), pytest.raises(NotFound):
        ownership.release_to_pool(
            customer_id=customer.pk, pool_id=desk.pool.pk, reason="x", actor=desk.other.user, now=now
        )


def test_looks_are_counted_once_a_record_and_day(desk: Desk, now: datetime) -> None:
    Pool.objects.filter(pk=desk.pool.pk).update(daily_views=2)
    customers = [pooled(desk, now) for _n in range(3)]

    def look(customer: Customer, at: datetime = now) -> int:
        return ownership.view_pooled(customer=customer, actor=desk.rm.user, now=at)

    assert [look(customers[0]), look(customers[0]), look(customers[1])] == [1, 1, 0]
    with pytest.raises(ViewLimitReached):
        look(customers[2])
    assert PoolView.objects.count() == 2
    assert look(customers[2], now + timedelta(days=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_wins(now: datetime) -> None:
    desk = make_desk()
    customers = [pooled(desk, now) for _n in range(6)]
    barrier = threading.Barrier(2)
    outcomes: list[tuple[int, int, str]] = []

    def claim(member: Any) -> None:
        try:
            for customer in customers:
                barrier.wait(timeout=20)
                try:
                    ownership.claim_from_pool(customer_id=customer.pk, actor=member.user, now=now)
                    outcomes.append((customer.pk, member.pk, "won"))
                except AlreadyClaimed:
                    outcomes.append((customer.pk, member.pk, "late"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=claim, args=(member,)) for member in (desk.rm, desk.other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(word for _pk, _member, word in outcomes) == ["late"] * 6 + ["won"] * 6
    for pk, member_id, word in outcomes:
        if word == "won":
            assert Customer.objects.get(pk=pk).rm_id == member_id
    assert OwnerChange.objects.filter(reason="CLAIMED").count() == 6


@pytest.mark.django_db(transaction=True)
def test_one_person_cannot_pass_the_limit_with_two_windows(now: datetime) -> None:
    desk = make_desk()
    Pool.objects.filter(pk=desk.pool.pk).update(daily_claims=1)
    customers = [pooled(desk, now) for _n in range(2)]
    barrier = threading.Barrier(2)
    said: list[str] = []

    def claim(customer: Customer) -> None:
        try:
            barrier.wait(timeout=20)
            ownership.claim_from_pool(customer_id=customer.pk, actor=desk.rm.user, now=now)
            said.append("won")
        except ClaimLimitReached:
            said.append("limit")
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=(customer,)) for customer in customers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(said) == ["limit", "won"]
    assert Customer.objects.filter(rm=desk.rm).count() == 1


def test_newcomers_are_assigned_by_the_first_rule_that_fits(desk: Desk, now: datetime) -> None:
    AssignmentRule.objects.create(name="app", place=1, sources=["app"], team=desk.team, way="IN_TURN")
    desk.lead.user.staff_member.roles.clear()
    chosen = []
    for minute in range(4):
        customer = make_customer(None, now, source="app")
        at = now + timedelta(minutes=minute)
        chosen.append(ownership.assign_by_rule(customer_id=customer.pk, now=at))
    assert chosen == [desk.rm.pk, desk.other.pk] * 2
    assert OwnerChange.objects.filter(reason="RULE", note="app").count() == 4
    # Nobody has room: into the pool. No rule fits: into the widest pool. Who has an RM keeps him.
    desk.rm.capacity = desk.other.capacity = 2
    desk.rm.save()
    desk.other.save()
    for source in ("app", "fair"):
        customer = make_customer(None, now, source=source)
        assert ownership.assign_by_rule(customer_id=customer.pk, now=now) is None
        customer.refresh_from_db()
        assert (customer.rm, customer.pool) == (None, desk.pool)
    own = make_customer(desk.stranger, now, source="app")
    assert ownership.assign_by_rule(customer_id=own.pk, now=now) == desk.stranger.pk


def test_without_rules_and_pools_newcomers_wait(desk: Desk, now: datetime) -> None:
    Pool.objects.update(is_active=False)
    customer = make_customer(None, now)
    with unchanged():
        assert ownership.assign_by_rule(customer_id=customer.pk, now=now) is None


def test_the_close_warns_takes_back_and_spares(desk: Desk, now: datetime) -> None:
    Pool.objects.filter(pk=desk.pool.pk).update(no_contact_days=30, warning_days=3)

    def of_rm(days: int, **fields: Any) -> Customer:
        return make_customer(desk.rm, now, latest_contact_at=now - timedelta(days=days), **fields)

    fresh, warned, old = of_rm(26), of_rm(27), of_rm(30)
    guarded, promised, closed = (
        of_rm(90, is_protected=True),
        of_rm(90),
        of_rm(90, status="CLOSED", identity_index="closed"),
    )
    fixed = of_rm(90, next_promise_at=now + timedelta(hours=1))
    arrived = of_rm(90, owned_since=now - timedelta(days=5))
    furnish(promised, desk.rm, now)
    assert ownership.recycle(DAY, 0, 0, now) == 1
    assert list(Customer.objects.filter(pool=desk.pool)) == [old]
    assert OwnerChange.objects.get().reason == "RECYCLED"
    item = WorkItem.objects.get(kind="customers.recycle_warning", state="OPEN")
    assert (item.customer, item.assignee, item.params["on"]) == (warned, desk.rm, "2026-03-05")
    # Run twice it changes nothing; a contact ends the warning.
    with unchanged():
        assert ownership.recycle(DAY, 0, 0, now) == 0
    Customer.objects.filter(pk=warned.pk).update(latest_contact_at=now)
    assert ownership.recycle(DAY + timedelta(days=1), 0, 0, now + timedelta(days=1)) == 1
    item.refresh_from_db()
    assert item.state == "DROPPED"
    fixed.refresh_from_db()
    # The promised contact has passed without one.
    assert fixed.pool == desk.pool
    for customer in (fresh, warned, guarded, promised, closed, arrived):
        customer.refresh_from_db()
        assert customer.rm == desk.rm
    assert Contact.objects.count() == 0


def test_the_close_takes_back_for_lack_of_deals_too(desk: Desk, now: datetime) -> None:
    Pool.objects.filter(pk=desk.pool.pk).update(no_contact_days=0, no_deal_days=60, warning_days=0)
    long_ago, lately = make_customer(desk.rm, now), make_customer(desk.rm, now, owned_since=now - timedelta(days=59))
    assert ownership.recycle(DAY, 0, 0, now) == 1
    assert list(Customer.objects.filter(pool=desk.pool)) == [long_ago]
    Pool.objects.filter(pk=desk.pool.pk).update(no_deal_days=0)
    assert ownership.recycle(DAY + timedelta(days=9), 0, 0, now) == 0
    lately.refresh_from_db()
    assert lately.rm == desk.rm
