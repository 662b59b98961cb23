"""Changes of owner: what goes along, who may, what is refused, and the way back."""

from datetime import datetime
from typing import Any

import pytest

from core.errors import BusinessError, NotFound, Refused
from core.models import OutboxEvent
from customers.models import (
    Collaborator,
    ContactPlan,
    Customer,
    Lead,
    Notice,
    OwnerChange,
    Promise,
    TimelineEntry,
    WorkItem,
)
from customers.operations import ownership
from customers.operations.assignment import assign_rm
from customers.operations.ownership.errors import (
    CapacityExceeded,
    CollaboratorIsOwner,
    CustomerProtected,
    OwnerMissing,
    PromisesOpen,
    ReceiverInactive,
)
from customers.operations.undo import UndoOvertaken, take_back
from customers.queries.ownership import find_access_out_of_step
from customers.queries.staff import in_scope
from staff import rights
from staff.queries import get_access
from tests.customers.operations.desk import Desk, furnish, make_customer, make_desk, make_member
from tests.pictures import unchanged

pytestmark = pytest.mark.django_db
CARRIED = (Customer, WorkItem, ContactPlan, Promise, Collaborator)


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def photograph() -> dict[str, list[dict[str, Any]]]:
    """Every row that a change of owner takes along."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in CARRIED}


def change(desk: Desk, ids: list[int], *, to: int | None, pool: int | None = None, **more: Any) -> int:
    return ownership.change_owner(
        **{
            "customer_ids": ids,
            "new_member_id": to,
            "pool_id": pool,
            "reason": OwnerChange.Reason.BULK,
            "note": "",
            "actor": desk.lead.user,
            **more,
        }
    )


def test_everything_open_goes_along(desk: Desk, now: datetime) -> None:
    customers = [make_customer(desk.rm, now) for _n in range(5)]
    bystander = make_customer(desk.rm, now)
    for customer in [*customers, bystander]:
        furnish(customer, desk.rm, now)
    WorkItem.objects.create(
        customer=customers[0], group="CARE", kind="own", reason_code="x", key="own", assignee=desk.lead, raised_at=now
    )
    ids = [customer.pk for customer in customers]
    assert change(desk, ids, to=desk.other.pk, now=now) == 5
    assert set(Customer.objects.filter(rm=desk.other).values_list("pk", flat=True)) == set(ids)
    for model, field in ((WorkItem, "assignee"), (ContactPlan, "member"), (Promise, "member"), (Lead, "owner")):
        moved = model.objects.filter(**{field: desk.other})
        assert set(moved.values_list("customer_id", flat=True)) == set(ids), model
        assert model.objects.filter(**{field: desk.rm}).get().customer_id == bystander.pk
    # A colleague's own reminder stays on his list.
    assert WorkItem.objects.get(key="own").assignee == desk.lead
    changes = OwnerChange.objects.all()
    assert {(row.old_id, row.new_id, row.reason) for row in changes} == {(desk.rm.pk, desk.other.pk, "BULK")}
    assert len(changes) == 5 and len({row.batch for row in changes}) == 1
    assert TimelineEntry.objects.filter(text_code="customers.rm_assigned").count() == 5
    notices = {row.member_id: row.params["count"] for row in Notice.objects.all()}
    assert notices == {desk.other.pk: 5, desk.rm.pk: 5}
    assert OutboxEvent.objects.filter(name="customers.owners_changed").count() == 1


def test_a_change_to_the_same_owner_does_nothing(desk: Desk, now: datetime) -> None:
    customer = make_customer(desk.rm, now)
    with unchanged():
        assert change(desk, [customer.pk], to=desk.rm.pk, now=now) == 0


def test_a_change_is_taken_back_exactly(desk: Desk, now: datetime) -> None:
    customers = [make_customer(desk.rm, now, backup_rm=desk.other), make_customer(None, now)]
    ownership.set_collaborator(
        customer_id=customers[0].pk, member_id=desk.lead.pk, level="READ", title="", actor=desk.lead.user, now=now
    )
    ownership.set_backup(customer_id=customers[0].pk, member_id=desk.lead.pk, actor=None, now=now)
    ownership.set_backup(customer_id=customers[0].pk, member_id=desk.other.pk, actor=None, now=now)
    furnish(customers[0], desk.rm, now)
    before = photograph()
    count, act = ownership.change_owner_reversibly(
        customer_ids=Customer.objects.filter(pk__in=[row.pk for row in customers]),
        new_member_id=desk.other.pk,
        pool_id=None,
        reason=OwnerChange.Reason.BULK,
        note="",
        actor=desk.manager.user,
        now=now,
    )
    assert count == 2 and act is not None
    customers[0].refresh_from_db()
    # The new RM was his own backup: that ends.
    assert (
        customers[0].backup_rm is None and customers[0].writer_ids == [] and customers[0].reader_ids == [desk.lead.pk]
    )
    take_back(public_id=act.public_id, actor=desk.manager.user, now=now)
    after = photograph()
    for rows in (*before.values(), *after.values()):
        for row in rows:
            row.pop("version", None)
    for name in before:
        for was, present in zip(before[name], after[name], strict=True):
            for array in ("reader_ids", "writer_ids"):
                if array in was:
                    was[array], present[array] = sorted(was[array]), sorted(present[array])
        assert after[name] == before[name], name
    assert find_access_out_of_step() == []


def test_a_change_into_a_pool_is_taken_back_exactly(desk: Desk, now: datetime) -> None:
    customer = make_customer(desk.rm, now)
    furnish(customer, desk.rm, now)
    Promise.objects.all().delete()
    ownership.set_collaborator(
        customer_id=customer.pk, member_id=desk.other.pk, level="WRITE", title="基金顾问", actor=desk.lead.user, now=now
    )
    before = {name: photograph()[name] for name in ("WorkItem", "ContactPlan")}
    row = Collaborator.objects.values("customer_id", "member_id", "level", "title", "added_at", "added_by_id").get()
    _count, act = ownership.change_owner_reversibly(
        customer_ids=[customer.pk],
        new_member_id=None,
        pool_id=desk.pool.pk,
        reason=OwnerChange.Reason.BULK,
        note="",
        actor=desk.lead.user,
        now=now,
    )
    customer.refresh_from_db()
    assert (customer.rm, customer.pool, customer.pooled_at, customer.reader_ids) == (None, desk.pool, now, [])
    assert not Collaborator.objects.exists() and ContactPlan.objects.get().state == "DROPPED"
    assert act is not None
    take_back(public_id=act.public_id, actor=desk.lead.user, now=now)
    customer.refresh_from_db()
    assert (customer.rm, customer.pool, customer.pooled_at) == (desk.rm, None, None)
    assert customer.writer_ids == customer.reader_ids == [desk.other.pk]
    assert {name: photograph()[name] for name in before} == before
    assert Collaborator.objects.values(*row).get() == row


def test_an_overtaken_change_is_not_taken_back(desk: Desk, now: datetime) -> None:
    customers = [make_customer(desk.rm, now) for _n in range(2)]
    _count, act = ownership.change_owner_reversibly(
        customer_ids=[row.pk for row in customers],
        new_member_id=desk.other.pk,
        pool_id=None,
        reason=OwnerChange.Reason.BULK,
        note="",
        actor=desk.lead.user,
        now=now,
    )
    change(desk, [customers[0].pk], to=desk.lead.pk, now=now)
    change(desk, [customers[0].pk], to=desk.other.pk, now=now)
    assert act is not None
    with unchanged(), pytest.raises(UndoOvertaken):
        take_back(public_id=act.public_id, actor=desk.lead.user, now=now)


def test_capacity_refuses_all_or_is_passed_with_a_right(desk: Desk, now: datetime) -> None:
    customers = [make_customer(desk.rm, now) for _n in range(3)]
    make_customer(desk.other, now)
    desk.other.capacity = 3
    desk.other.save()
    ids = [row.pk for row in customers]
    with unchanged(), pytest.raises(CapacityExceeded) as refusal:
        change(desk, ids, to=desk.other.pk, now=now)
    assert "looks after 1 of at most 3" in refusal.value.sentence()
    with unchanged(), pytest.raises(Refused):
        change(desk, ids, to=desk.other.pk, now=now, is_forced=True)
    assert change(desk, ids, to=desk.other.pk, now=now, is_forced=True, actor=desk.manager.user) == 3
    assert change(desk, [make_customer(desk.rm, now).pk], to=desk.lead.pk, now=now) == 1


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (lambda d: {"actor": d.rm.user, "to": d.other.pk}, Refused),
        (lambda d: {"to": d.stranger.pk}, NotFound),
        (lambda d: {"to": None}, OwnerMissing),
        (lambda d: {"to": d.other.pk, "pool": d.pool.pk}, OwnerMissing),
    ],
)
def test_refusals_change_nothing(desk: Desk, now: datetime, make: Any, refusal: type[BusinessError]) -> None:
    customer = make_customer(desk.rm, now)
    with unchanged(), pytest.raises(refusal):
        change(desk, [customer.pk], now=now, **make(desk))


def test_customers_of_other_teams_and_leavers_are_out_of_reach(desk: Desk, now: datetime) -> None:
    foreign, own = make_customer(desk.stranger, now), make_customer(desk.rm, now)
    # Working on a customer beside his RM gives no right to give him away.
    ownership.set_collaborator(
        customer_id=foreign.pk, member_id=desk.lead.pk, level="WRITE", title="", actor=desk.manager.user, now=now
    )
    desk.other.is_active = False
    desk.other.save()
    with unchanged(), pytest.raises(NotFound):
        change(desk, [foreign.pk, own.pk], to=desk.lead.pk, now=now)
    with unchanged(), pytest.raises(ReceiverInactive):
        change(desk, [own.pk], to=desk.other.pk, now=now)


def test_protected_and_promised_customers_stay_out_of_pools(desk: Desk, now: datetime) -> None:
    guarded, promised = make_customer(desk.rm, now), make_customer(desk.rm, now)
    ownership.protect_customer(
        customer_id=guarded.pk, is_protected=True, reason="大客户", actor=desk.lead.user, now=now
    )
    furnish(promised, desk.rm, now)
    for customer, refusal in ((guarded, CustomerProtected), (promised, PromisesOpen)):
        with unchanged(), pytest.raises(refusal):
            change(desk, [customer.pk], to=None, pool=desk.pool.pk, now=now)


def test_collaborators_see_and_write_as_far_as_their_level(desk: Desk, now: datetime) -> None:
    customer = make_customer(desk.rm, now)

    def reach() -> tuple[bool, bool]:
        access = get_access(type(desk.stranger.user).objects.get(pk=desk.stranger.user_id))
        assert access is not None
        mine = [
            in_scope(access, right).filter(pk=customer.pk) for right in (rights.VIEW_CUSTOMERS, rights.EDIT_CUSTOMERS)
        ]
        return mine[0].exists(), mine[1].exists()

    def set_level(level: str) -> None:
        ownership.set_collaborator(
            customer_id=customer.pk,
            member_id=desk.stranger.pk,
            level=level,
            title="",
            actor=desk.lead.user,
            now=now,
        )
        assert find_access_out_of_step() == []

    assert reach() == (False, False)
    set_level("READ")
    assert reach() == (True, False)
    set_level("WRITE")
    assert reach() == (True, True)
    set_level("READ")
    assert reach() == (True, False)
    ownership.remove_collaborator(customer_id=customer.pk, member_id=desk.stranger.pk, actor=desk.lead.user, now=now)
    assert reach() == (False, False)
    ownership.set_backup(customer_id=customer.pk, member_id=desk.stranger.pk, actor=None, now=now)
    assert reach() == (True, True) and find_access_out_of_step() == []
    ownership.set_backup(customer_id=customer.pk, member_id=None, actor=None, now=now)
    assert reach() == (False, False) and find_access_out_of_step() == []


def test_the_rm_is_not_his_own_colleague(desk: Desk, now: datetime) -> None:
    customer = make_customer(desk.rm, now)
    with unchanged(), pytest.raises(CollaboratorIsOwner):
        ownership.set_collaborator(
            customer_id=customer.pk, member_id=desk.rm.pk, level="READ", title="", actor=desk.lead.user, now=now
        )
    with unchanged(), pytest.raises(CollaboratorIsOwner):
        ownership.set_backup(customer_id=customer.pk, member_id=desk.rm.pk, actor=None, now=now)
    with unchanged(), pytest.raises(NotFound):
        ownership.remove_collaborator(customer_id=customer.pk, member_id=desk.other.pk, actor=desk.lead.user, now=now)


def test_the_check_finds_what_is_out_of_step(desk: Desk, now: datetime) -> None:
    customer = make_customer(desk.rm, now)
    Customer.objects.filter(pk=customer.pk).update(writer_ids=[desk.other.pk])
    assert find_access_out_of_step() == [customer.pk]


def test_rm_and_backup_are_named_together(desk: Desk, now: datetime) -> None:
    customer = make_customer(None, now)
    assign_rm(customer_id=customer.pk, rm=desk.rm, backup=desk.other, actor=None, now=now)
    assign_rm(customer_id=customer.pk, rm=desk.other, backup=desk.rm, actor=None, now=now)
    customer.refresh_from_db()
    assert (customer.rm, customer.backup_rm, customer.writer_ids) == (desk.other, desk.rm, [desk.rm.pk])
    assert make_member("rm", desk.place, desk.team).pk not in customer.reader_ids
