"""Contacts, notes, promises, plans, revisits and the calendar on real rows."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core import clock
from customers.models import (
    Contact,
    ContactPlan,
    Customer,
    CustomerCost,
    Notice,
    Promise,
    RevisitRule,
    TimelineEntry,
    WorkItem,
)
from customers.operations import diary, revisits
from customers.operations.work import snooze_work
from customers.queries import diary as diary_reads
from customers.queries.reach import list_mentionable, list_readers
from customers.queries.staff import in_scope
from staff import rights
from staff.models import Role, StaffMember
from staff.operations import create_department
from staff.queries import get_access
from tests.customers.operations.desk import make_customer, make_member
from tests.customers.operations.workday import NOW, TODAY, Workday, contact, desk, refuse

__all__ = ["desk"]
pytestmark = pytest.mark.django_db


def test_a_contact_stands_on_the_record_and_costs_time(desk: Workday) -> None:
    row = contact(
        desk, note="谈了续借", minutes=20, place="咖啡馆", latitude=Decimal("39.9"), longitude=Decimal("116.4")
    )
    desk.customer.refresh_from_db()
    assert desk.customer.latest_contact_at == NOW
    assert TimelineEntry.objects.get(key=f"contact:{row.pk}").params["note"] == "谈了续借"
    assert CustomerCost.objects.get().amount == Decimal("30.00")


def test_nobody_reached_is_no_contact(desk: Workday) -> None:
    contact(desk, result="NOT_REACHED")
    desk.customer.refresh_from_db()
    assert desk.customer.latest_contact_at is None
    assert TimelineEntry.objects.get().text_code == "customers.contact_missed"


def test_a_visit_keeps_its_photo_encrypted(desk: Workday) -> None:
    row = contact(desk, channel="VISIT", photo=b"\xff\xd8\xff picture")
    assert row.photo is not None
    assert row.photo.size == 11
    refuse(
        "contact_invalid",
        diary.record_contact,
        customer_id=desk.customer.pk,
        channel="VISIT",
        photo=b"MZ program",
        actor=desk.rm.user,
        now=NOW,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "SMOKE"},
        {"result": "MAYBE"},
        {"promised_at": NOW},
        {"latitude": Decimal(1)},
        {"minutes": 0},
        {"latitude": Decimal(95), "longitude": Decimal(1)},
    ],
)
def test_a_contact_that_cannot_be_is_refused(desk: Workday, wrong: dict[str, object]) -> None:
    refuse(
        "contact_invalid",
        diary.record_contact,
        **{"customer_id": desk.customer.pk, "channel": "CALL", "actor": desk.rm.user, "now": NOW, **wrong},
    )


@pytest.mark.parametrize("days", [0, 3_000])
def test_what_is_to_come_lies_ahead_and_within_reach(desk: Workday, days: int) -> None:
    at = NOW + timedelta(days=days)
    given = {"customer_id": desk.customer.pk, "text": "寄合同", "actor": desk.rm.user, "now": NOW}
    diary.set_reminder(**{**given, "due_at": NOW + timedelta(days=1), "assignee_id": desk.rm.pk})
    item = WorkItem.objects.get(kind="customers.reminder")
    refuse("promise_invalid", diary.make_promise, **given, due_at=at)
    refuse("reminder_invalid", diary.set_reminder, **given, due_at=at, assignee_id=desk.rm.pk)
    refuse("contact_invalid", contact, desk=desk, promised_at=at)
    refuse("snooze_invalid", snooze_work, work_item_id=item.pk, until=at, actor=desk.rm.user, now=NOW)


def test_a_promised_contact_is_work_until_the_next_contact_keeps_it(desk: Workday) -> None:
    contact(desk, promised_at=NOW + timedelta(days=1), note="明天报价")
    promise = Promise.objects.get()
    desk.customer.refresh_from_db()
    assert desk.customer.next_promise_at == promise.due_at
    assert WorkItem.objects.get(state="OPEN").group == "PROMISED"
    contact(desk, now=NOW + timedelta(hours=3))
    promise.refresh_from_db()
    desk.customer.refresh_from_db()
    assert (promise.state, promise.is_late) == ("KEPT", False)
    assert desk.customer.next_promise_at is None
    assert not WorkItem.objects.filter(state="OPEN").exists()


def test_the_close_marks_promises_late_once_and_the_rate_counts_them(desk: Workday) -> None:
    kept = diary.make_promise(
        customer_id=desk.customer.pk, text="寄合同", due_at=NOW + timedelta(hours=2), actor=desk.rm.user, now=NOW
    )
    diary.close_promise(promise_id=kept.pk, is_kept=True, actor=desk.rm.user, now=NOW + timedelta(hours=1))
    late = diary.make_promise(
        customer_id=desk.customer.pk, text="查利率", due_at=NOW + timedelta(hours=3), actor=desk.rm.user, now=NOW
    )
    assert diary.judge_promises(TODAY, 0, 0, NOW + timedelta(hours=14)) == 1
    assert diary.judge_promises(TODAY, 0, 0, NOW + timedelta(hours=14)) == 0
    late.refresh_from_db()
    assert late.is_late
    assert [item.kind for item in WorkItem.objects.filter(state="OPEN")] == ["customers.promise_late"]
    access = get_access(desk.rm.user)
    assert access is not None
    (rate,) = diary_reads.rate_promises(access, since=NOW - timedelta(days=1))
    assert (rate.kept, rate.judged, rate.share) == (1, 2, 0.5)
    refuse("promise_closed", diary.close_promise, promise_id=kept.pk, is_kept=False, actor=desk.rm.user, now=NOW)
    refuse(
        "promise_invalid",
        diary.make_promise,
        customer_id=desk.customer.pk,
        text=" ",
        due_at=NOW,
        actor=desk.rm.user,
        now=NOW,
    )


def test_a_mention_tells_colleagues_with_access_only(desk: Workday) -> None:
    note = diary.add_note(customer_id=desk.customer.pk, text="请@周总看一下，@李静跟进", actor=desk.rm.user, now=NOW)
    assert note.mentions == [desk.manager.pk, desk.rm.pk]
    assert [notice.member for notice in Notice.objects.all()] == [desk.manager]
    refuse("note_invalid", diary.add_note, customer_id=desk.customer.pk, text="@张强 看看", actor=desk.rm.user, now=NOW)
    refuse("note_invalid", diary.add_note, customer_id=desk.customer.pk, text=" ", actor=desk.rm.user, now=NOW)
    contact(desk, note="客户问利率，@周总")
    assert Notice.objects.filter(member=desk.manager, kind="customers.mention").count() == 2
    refuse(
        "contact_invalid",
        diary.record_contact,
        customer_id=desk.customer.pk,
        channel="CALL",
        note="@张强 看看",
        actor=desk.rm.user,
        now=NOW,
    )


def test_who_may_be_named_is_who_may_open_the_customer(desk: Workday) -> None:
    branch = create_department(name="分部", kind="RELATIONSHIP", parent=desk.place)
    Role.objects.create(code="head", name="部门负责人", scope="DEPARTMENT", rights=[rights.VIEW_CUSTOMERS])
    head, leaver = make_member("head", desk.place, None), make_member("manager", desk.place, None)
    StaffMember.objects.filter(pk=leaver.pk).update(is_active=False)
    alone = make_member("team-lead", desk.place, None)
    nobodys = make_customer(None, NOW)
    shared = make_customer(make_member("rm", branch, None), NOW, reader_ids=[desk.stranger.pk, alone.pk])
    for customer in (desk.customer, nobodys, shared):
        readers = set(list_readers(customer))
        for member in StaffMember.objects.select_related("user"):
            access = get_access(member.user)
            may = access is not None and in_scope(access).filter(pk=customer.pk).exists()
            assert (member in readers) == may, (customer, member)
    assert {head, desk.stranger, alone} <= set(list_readers(shared))
    assert list_mentionable(desk.customer)[0].name == "李静"


def test_a_plan_is_carried_out_once_or_dropped(desk: Workday) -> None:
    def plan() -> ContactPlan:
        return diary.plan_contact(
            customer_id=desk.customer.pk,
            channel="CALL",
            purpose="续借",
            planned_at=NOW + timedelta(days=1),
            actor=desk.rm.user,
            now=NOW,
        )

    first = plan()
    row = contact(desk, plan_id=first.pk)
    first.refresh_from_db()
    assert (first.state, first.contact) == ("DONE", row)
    refuse("plan_closed", diary.drop_plan, plan_id=first.pk, actor=desk.rm.user, now=NOW)
    assert diary.drop_plan(plan_id=plan().pk, actor=desk.rm.user, now=NOW).state == "DROPPED"
    refuse(
        "contact_invalid",
        diary.plan_contact,
        customer_id=desk.customer.pk,
        channel="CALL",
        purpose="",
        planned_at=NOW,
        actor=desk.rm.user,
        now=NOW,
    )


def test_revisits_are_planned_by_rule_at_the_best_hour(desk: Workday) -> None:
    Customer.objects.filter(pk=desk.customer.pk).update(latest_contact_at=NOW)
    vip = make_customer(desk.rm, NOW, value_tier="HIGH", stage="MATURE", latest_contact_at=NOW - timedelta(days=16))
    make_customer(desk.rm, NOW, value_tier="HIGH", stage="MATURE", latest_contact_at=NOW - timedelta(days=2))
    promised = make_customer(desk.rm, NOW, latest_contact_at=NOW - timedelta(days=300))
    diary.make_promise(
        customer_id=promised.pk,
        text="回电",
        due_at=NOW + timedelta(days=9),
        actor=desk.rm.user,
        now=NOW,
        is_contact=True,
    )
    for week in (2, 3, 4):
        Contact.objects.create(
            customer=vip,
            channel="CALL",
            at=clock.at(TODAY + timedelta(days=1 - 7 * week), 10),
            member=desk.rm,
        )
    (low, high), *_rest = revisits.list_partitions(TODAY)
    planned = revisits.plan_revisits(TODAY, low, high, NOW)
    assert planned == 1
    assert revisits.plan_revisits(TODAY, low, high, NOW) == 0
    plan = ContactPlan.objects.get(customer=vip)
    assert plan.planned_at == clock.at(TODAY + timedelta(days=1), 10)
    assert plan.is_by_rule
    assert {name: plan.reason[name] for name in ("interval", "since", "weekday", "hours", "basis")} == {
        "interval": 14,
        "since": 16,
        "weekday": "D1",
        "hours": "10–11",
        "basis": "OWN",
    }
    diary.record_contact(customer_id=vip.pk, channel="CALL", actor=desk.rm.user, now=NOW)
    plan.refresh_from_db()
    assert plan.state == "DONE"


def test_a_rule_that_is_switched_off_plans_nothing(desk: Workday) -> None:
    RevisitRule.objects.update(is_active=False)
    (low, high), *_rest = revisits.list_partitions(TODAY)
    assert revisits.plan_revisits(TODAY, low, high, NOW) == 0


def test_a_month_shows_only_what_the_reader_may_see(desk: Workday) -> None:
    when: datetime = NOW + timedelta(days=1)
    diary.plan_contact(
        customer_id=desk.customer.pk, channel="CALL", purpose="续借", planned_at=when, actor=desk.rm.user, now=NOW
    )
    ids = [desk.rm.pk, desk.stranger.pk]
    for user, seen in ((desk.rm.user, 1), (desk.stranger.user, 0), (desk.manager.user, 1)):
        access = get_access(user)
        assert access is not None
        entries = diary_reads.list_calendar(access, member_ids=ids, start=TODAY, end=TODAY + timedelta(days=7), now=NOW)
        assert len(entries) == seen
