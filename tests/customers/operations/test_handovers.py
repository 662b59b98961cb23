"""Handing a book over: everything moves, nothing is lost, and what does not fit is refused as a whole."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Model

from core.errors import BusinessError, NotFound, Refused
from core.models import OutboxEvent, User
from customers.models import (
    Collaborator,
    Contact,
    ContactPlan,
    Customer,
    Handover,
    Lead,
    LeaverWatch,
    Note,
    Opportunity,
    OwnerChange,
    Promise,
    TimelineEntry,
    WorkItem,
)
from customers.operations import ownership
from customers.operations.ownership.errors import (
    CapacityExceeded,
    HandoverIncomplete,
    OwnerMissing,
    ReceiverInactive,
)
from customers.queries.ownership import find_access_out_of_step
from staff.models import StaffMember
from staff.queries import get_access
from tests.customers.operations.desk import Desk, furnish, make_customer, make_desk
from tests.pictures import unchanged

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
BOOK = 9


@pytest.fixture
def desk(db: None, now: datetime) -> Desk:
    desk = make_desk()
    for number in range(BOOK):
        customer = make_customer(desk.rm, now)
        furnish(customer, desk.rm, now)
        Opportunity.objects.create(
            customer=customer, role="BORROWER", title=f"{number}", amount=1, stage_at=now, created_at=now
        )
    return desk


def book_of(member: StaffMember) -> list[int]:
    return list(Customer.objects.filter(rm=member).order_by("pk").values_list("pk", flat=True))


def hand_over(desk: Desk, plan: dict[int, list[int]], now: datetime, **more: Any) -> Handover:
    given = {"giver_id": desk.rm.pk, "plan": plan, "is_leaving": True, "note": "离职", "actor": desk.lead.user}
    return ownership.start_handover(**{**given, "now": now, "business_date": DAY, **more})


def count_rows() -> dict[str, int]:
    models: tuple[type[Model], ...] = (Customer, WorkItem, ContactPlan, Promise, Lead, Note, Opportunity, Contact)
    return {model.__name__: model._default_manager.count() for model in models}


def test_a_leavers_whole_book_moves_and_nothing_is_lost(desk: Desk, now: datetime) -> None:
    book = book_of(desk.rm)
    foreign = make_customer(desk.stranger, now, backup_rm=desk.rm, writer_ids=[desk.rm.pk], reader_ids=[desk.rm.pk])
    shared = make_customer(desk.stranger, now)
    ownership.set_collaborator(
        customer_id=shared.pk, member_id=desk.rm.pk, level="WRITE", title="", actor=desk.manager.user, now=now
    )
    furnish(shared, desk.rm, now)
    WorkItem.objects.create(group="CARE", kind="own", reason_code="x", key="own", assignee=desk.rm, raised_at=now)
    WorkItem.objects.create(
        group="RISK", kind="q", reason_code="x", key="queue", assignee=desk.rm, right="service.collect", raised_at=now
    )
    lead = Lead.objects.create(number="L-free", owner=desk.rm, role="INVESTOR", method="PHONE", created_at=now)
    plan_for_lead = ContactPlan.objects.create(
        lead=lead, member=desk.rm, channel="CALL", purpose="x", planned_at=now, created_at=now
    )
    rows_before = count_rows()
    authors = list(Note.objects.order_by("pk").values_list("author_id", flat=True))
    plan = {desk.other.pk: book[:5], desk.lead.pk: book[5:]}
    handover = hand_over(desk, plan, now)
    assert count_rows() == rows_before
    assert (book_of(desk.rm), book_of(desk.other), book_of(desk.lead)) == ([], book[:5], book[5:])
    for model, field in ((WorkItem, "assignee"), (ContactPlan, "member"), (Promise, "member"), (Lead, "owner")):
        assert not model.objects.filter(**{field: desk.rm}).exists(), model
        for member, ids in plan.items():
            moved = model.objects.filter(**{field: member}, customer_id__in=book).order_by("customer_id")
            assert list(moved.values_list("customer_id", flat=True)) == ids, model
    # What he did for other people's customers goes to their RM, his own tasks and leads to who takes over.
    assert WorkItem.objects.get(customer=shared).assignee == desk.stranger
    assert Promise.objects.get(customer=shared).member == desk.stranger
    assert WorkItem.objects.get(key="own").assignee in (desk.other, desk.lead)
    assert WorkItem.objects.get(key="queue").assignee is None
    lead.refresh_from_db()
    plan_for_lead.refresh_from_db()
    assert lead.owner in (desk.other, desk.lead) and plan_for_lead.member == lead.owner
    # Notes stay by whom they were written; opportunities go with the customer.
    assert list(Note.objects.order_by("pk").values_list("author_id", flat=True)) == authors
    foreign.refresh_from_db()
    assert foreign.backup_rm is None and not Collaborator.objects.exists() and find_access_out_of_step() == []
    assert (handover.total, handover.moved, handover.state, handover.finished_at) == (BOOK, BOOK, "DONE", now)
    assert handover.tasks_moved == BOOK + 3 and handover.promises_moved == BOOK + 1
    assert OwnerChange.objects.filter(reason="HANDOVER").count() == BOOK
    assert TimelineEntry.objects.filter(text_code="customers.rm_assigned").count() == BOOK
    assert OutboxEvent.objects.filter(name="customers.customer_handed_over").count() == BOOK
    watch = LeaverWatch.objects.get()
    assert watch.customers == book and watch.until_date == DAY + timedelta(days=90)
    user = User.objects.get(pk=desk.rm.user_id)
    assert not user.is_active and get_access(user) is None


def test_some_customers_of_somebody_who_stays(desk: Desk, now: datetime) -> None:
    book = book_of(desk.rm)
    handover = hand_over(desk, {desk.other.pk: book[:2]}, now, is_leaving=False)
    assert (book_of(desk.other), book_of(desk.rm)) == (book[:2], book[2:])
    assert (handover.moved, handover.tasks_moved, handover.promises_moved) == (2, 2, 2)
    assert not LeaverWatch.objects.exists()
    assert User.objects.get(pk=desk.rm.user_id).is_active
    assert WorkItem.objects.filter(assignee=desk.rm).count() == BOOK - 2


def test_somebody_without_customers_can_leave_too(desk: Desk, now: datetime) -> None:
    WorkItem.objects.create(group="CARE", kind="own", reason_code="x", key="own", assignee=desk.other, raised_at=now)
    handover = hand_over(desk, {}, now, giver_id=desk.other.pk)
    assert (handover.total, handover.tasks_moved) == (0, 1)
    assert WorkItem.objects.get(key="own").assignee == desk.lead
    assert not StaffMember.objects.get(pk=desk.other.pk).is_active


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (lambda d, book: {"plan": {d.other.pk: book[:-1]}}, HandoverIncomplete),
        (lambda d, book: {"plan": {d.other.pk: [*book, book[0]]}}, HandoverIncomplete),
        (lambda d, book: {"plan": {d.other.pk: book, d.lead.pk: [book[0]]}}, HandoverIncomplete),
        (lambda d, book: {"plan": {}, "is_leaving": False}, HandoverIncomplete),
        (lambda d, book: {"plan": {d.rm.pk: book}}, OwnerMissing),
        (lambda d, book: {"plan": {d.stranger.pk: book}}, NotFound),
        (lambda d, book: {"plan": {d.other.pk: book}, "actor": d.other.user}, Refused),
        (lambda d, book: {"plan": {d.other.pk: book}, "is_forced": True}, Refused),
    ],
)
def test_refusals_change_nothing(desk: Desk, now: datetime, make: Any, refusal: type[BusinessError]) -> None:
    with unchanged(), pytest.raises(refusal):
        hand_over(desk, now=now, **{"plan": {}, **make(desk, book_of(desk.rm))})


def test_full_and_gone_receivers_are_refused(desk: Desk, now: datetime) -> None:
    book = book_of(desk.rm)
    StaffMember.objects.filter(pk=desk.other.pk).update(capacity=4)
    with unchanged(), pytest.raises(CapacityExceeded):
        hand_over(desk, {desk.other.pk: book[:5], desk.lead.pk: book[5:]}, now)
    StaffMember.objects.filter(pk=desk.other.pk).update(is_active=False)
    with unchanged(), pytest.raises(ReceiverInactive):
        hand_over(desk, {desk.other.pk: book}, now)
    StaffMember.objects.filter(pk=desk.other.pk).update(is_active=True)
    hand_over(desk, {desk.other.pk: book}, now, actor=desk.manager.user, is_forced=True)
    assert book_of(desk.other) == book
