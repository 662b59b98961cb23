"""Contacts, notes, promises, plans, needs, opportunities, leads and the nightly steps on real rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from core import clock, seeding
from core.errors import BusinessError
from core.fields import blind_index
from core.models import AuditEntry, BusinessDate, User
from core.outbox import drain
from customers.models import (
    Consent,
    Contact,
    ContactPlan,
    Customer,
    CustomerCost,
    Lead,
    Need,
    Note,
    Notice,
    Opportunity,
    OpportunityStay,
    Promise,
    RegistrationStep,
    RevisitRule,
    TimelineEntry,
    WorkItem,
)
from customers.operations import diary, funnel, leads, needs, opportunities, registration, revisits
from customers.operations.costs import record_acquisition_cost, record_cost
from customers.operations.leads import LeadIntake
from customers.operations.needs import NeedFacts
from customers.operations.research import add_research
from customers.operations.undo import UndoOvertaken, take_back
from customers.queries import diary as diary_reads
from customers.queries.funnel import (
    convert_by_method,
    convert_by_month,
    convert_by_owner,
    count_lost_reasons,
    list_partners,
    measure_effort,
    read_funnel,
)
from customers.queries.worth import read_capability, read_worth
from staff.models import Department, Role, StaffMember, Team
from staff.operations import create_department
from staff.queries import get_access

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
NOW = clock.at(TODAY, 10)
_numbers = count(1)


@dataclass
class Desk:
    rm: User
    other: User
    manager: User
    customer: Customer


def hire(role: str, name: str, place: Department, team: Team | None) -> User:
    user = User.objects.create(username=name, kind=User.Kind.STAFF, display_name=name)
    member = StaffMember.objects.create(user=user, department=place, team=team)
    member.roles.add(Role.objects.get(code=role))
    return user


def make(rm: User | None, **fields: object) -> Customer:
    number = next(_numbers)
    phone = f"139{number:08d}"
    return Customer.objects.create(
        **{
            "number": f"CW-{number}",
            "name": f"客户{number}",
            "phone": phone,
            "phone_index": blind_index(phone, "phone"),
            "rm": rm.staff_member if rm else None,
            "registered_at": NOW - timedelta(days=100),
            **fields,
        }
    )


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    with clock.use_clock(NOW):
        seeding.run_seeds(business_date=TODAY, now=NOW)
        BusinessDate.objects.update_or_create(pk=1, defaults={"value": TODAY})
        place = create_department(name="客户关系部", kind="RELATIONSHIP")
        one, two = (Team.objects.create(name=name, department=place) for name in ("一组", "二组"))
        rm = hire("rm", "李静", place, one)
        yield Desk(rm, hire("rm", "张强", place, two), hire("manager", "周总", place, None), make(rm))


def refuse(error: str, act: object, **params: object) -> None:
    """A refused act leaves no trace."""
    models = (Contact, ContactPlan, Note, Promise, Need, Opportunity, Lead, WorkItem, TimelineEntry, AuditEntry, Notice)
    before = [model.objects.count() for model in models]
    with pytest.raises(BusinessError) as caught:
        act(**params)
    assert caught.value.code == error
    assert [model.objects.count() for model in models] == before


def contact(desk: Desk, **params: object) -> Contact:
    return diary.record_contact(
        **{"customer_id": desk.customer.pk, "channel": "CALL", "actor": desk.rm, "now": NOW, **params}
    )


def test_a_contact_stands_on_the_record_and_costs_time(desk: Desk) -> None:
    row = contact(
        desk, note="谈了续借", minutes=20, place="咖啡馆", latitude=Decimal("39.9"), longitude=Decimal("116.4")
    )
    desk.customer.refresh_from_db()
    assert desk.customer.latest_contact_at == NOW
    assert TimelineEntry.objects.get(key=f"contact:{row.pk}").params["note"] == "谈了续借"
    assert CustomerCost.objects.get().amount == Decimal("30.00")


def test_nobody_reached_is_no_contact(desk: Desk) -> None:
    contact(desk, result="NOT_REACHED")
    desk.customer.refresh_from_db()
    assert desk.customer.latest_contact_at is None
    assert TimelineEntry.objects.get().text_code == "customers.contact_missed"


def test_a_visit_keeps_its_photo_encrypted(desk: Desk) -> None:
    row = contact(desk, channel="VISIT", photo=diary.Photo(b"\xff\xd8\xff picture", "image/jpeg"))
    assert row.photo is not None
    assert row.photo.size == 11
    refuse(
        "contact_invalid",
        diary.record_contact,
        customer_id=desk.customer.pk,
        channel="VISIT",
        photo=diary.Photo(b"MZ program", "image/jpeg"),
        actor=desk.rm,
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
def test_a_contact_that_cannot_be_is_refused(desk: Desk, wrong: dict[str, object]) -> None:
    refuse(
        "contact_invalid",
        diary.record_contact,
        **{"customer_id": desk.customer.pk, "channel": "CALL", "actor": desk.rm, "now": NOW, **wrong},
    )


def test_a_promised_contact_is_work_until_the_next_contact_keeps_it(desk: Desk) -> None:
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


def test_the_close_marks_promises_late_once_and_the_rate_counts_them(desk: Desk) -> None:
    kept = diary.make_promise(
        customer_id=desk.customer.pk, text="寄合同", due_at=NOW + timedelta(hours=2), actor=desk.rm, now=NOW
    )
    diary.close_promise(promise_id=kept.pk, is_kept=True, actor=desk.rm, now=NOW + timedelta(hours=1))
    late = diary.make_promise(
        customer_id=desk.customer.pk, text="查利率", due_at=NOW + timedelta(hours=3), actor=desk.rm, now=NOW
    )
    assert diary.judge_promises(TODAY, 0, 0, NOW + timedelta(hours=14)) == 1
    assert diary.judge_promises(TODAY, 0, 0, NOW + timedelta(hours=14)) == 0
    late.refresh_from_db()
    assert late.is_late
    assert [item.kind for item in WorkItem.objects.filter(state="OPEN")] == ["customers.promise_late"]
    access = get_access(desk.rm)
    assert access is not None
    (rate,) = diary_reads.rate_promises(access, since=NOW - timedelta(days=1))
    assert (rate.kept, rate.judged, rate.share) == (1, 2, 0.5)
    refuse("promise_closed", diary.close_promise, promise_id=kept.pk, is_kept=False, actor=desk.rm, now=NOW)
    refuse(
        "promise_invalid",
        diary.make_promise,
        customer_id=desk.customer.pk,
        text=" ",
        due_at=NOW,
        actor=desk.rm,
        now=NOW,
    )


def test_a_mention_tells_colleagues_with_access_only(desk: Desk) -> None:
    note = diary.add_note(customer_id=desk.customer.pk, text="请@周总看一下，@李静跟进", actor=desk.rm, now=NOW)
    assert note.mentions == [desk.manager.staff_member.pk, desk.rm.staff_member.pk]
    assert [notice.member for notice in Notice.objects.all()] == [desk.manager.staff_member]
    refuse("note_invalid", diary.add_note, customer_id=desk.customer.pk, text="@张强 看看", actor=desk.rm, now=NOW)
    refuse("note_invalid", diary.add_note, customer_id=desk.customer.pk, text=" ", actor=desk.rm, now=NOW)


def test_a_plan_is_carried_out_once_or_dropped(desk: Desk) -> None:
    def plan() -> ContactPlan:
        return diary.plan_contact(
            customer_id=desk.customer.pk,
            channel="CALL",
            purpose="续借",
            planned_at=NOW + timedelta(days=1),
            actor=desk.rm,
            now=NOW,
        )

    first = plan()
    row = contact(desk, plan_id=first.pk)
    first.refresh_from_db()
    assert (first.state, first.contact) == ("DONE", row)
    refuse("plan_closed", diary.drop_plan, plan_id=first.pk, actor=desk.rm, now=NOW)
    assert diary.drop_plan(plan_id=plan().pk, actor=desk.rm, now=NOW).state == "DROPPED"
    refuse(
        "contact_invalid",
        diary.plan_contact,
        customer_id=desk.customer.pk,
        channel="CALL",
        purpose="",
        planned_at=NOW,
        actor=desk.rm,
        now=NOW,
    )


def test_revisits_are_planned_by_rule_at_the_best_hour(desk: Desk) -> None:
    Customer.objects.filter(pk=desk.customer.pk).update(latest_contact_at=NOW)
    vip = make(desk.rm, value_tier="HIGH", stage="MATURE", latest_contact_at=NOW - timedelta(days=16))
    make(desk.rm, value_tier="HIGH", stage="MATURE", latest_contact_at=NOW - timedelta(days=2))
    promised = make(desk.rm, latest_contact_at=NOW - timedelta(days=300))
    diary.make_promise(
        customer_id=promised.pk,
        text="回电",
        due_at=NOW + timedelta(days=9),
        actor=desk.rm,
        now=NOW,
        is_contact=True,
    )
    for week in (2, 3, 4):
        Contact.objects.create(
            customer=vip,
            channel="CALL",
            at=clock.at(TODAY + timedelta(days=1 - 7 * week), 10),
            member=desk.rm.staff_member,
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
    diary.record_contact(customer_id=vip.pk, channel="CALL", actor=desk.rm, now=NOW)
    plan.refresh_from_db()
    assert plan.state == "DONE"


def test_a_rule_that_is_switched_off_plans_nothing(desk: Desk) -> None:
    RevisitRule.objects.update(is_active=False)
    (low, high), *_rest = revisits.list_partitions(TODAY)
    assert revisits.plan_revisits(TODAY, low, high, NOW) == 0


def test_needs_are_kept_and_met(desk: Desk) -> None:
    need = needs.record_need(
        role="BORROWER",
        need=NeedFacts(amount=Decimal("50000.00"), months=12, purpose="装修"),
        customer_id=desk.customer.pk,
        actor=desk.rm,
        now=NOW,
    )
    needs.meet_need(need_id=need.pk, actor=desk.rm, now=NOW)
    refuse("need_met", needs.meet_need, need_id=need.pk, actor=desk.rm, now=NOW)
    refuse(
        "need_invalid",
        needs.record_need,
        role="BORROWER",
        need=NeedFacts(),
        customer_id=desk.customer.pk,
        actor=desk.rm,
        now=NOW,
    )


def open_one(desk: Desk, **fields: object) -> Opportunity:
    return opportunities.open_opportunity(
        **{
            "customer_id": desk.customer.pk,
            "role": "BORROWER",
            "title": "装修贷",
            "amount": Decimal("50000.00"),
            "actor": desk.rm,
            "now": NOW,
            **fields,
        }
    )


def test_an_opportunity_moves_and_is_moved_back(desk: Desk) -> None:
    row = open_one(desk)
    later = NOW + timedelta(days=3)
    row, act = opportunities.move_stage(opportunity_id=row.pk, stage="WON", actor=desk.rm, now=later)
    assert (row.stage, row.probability, row.closed_at) == ("WON", 100, later)
    assert [(stay.stage, stay.until_at) for stay in row.stays.order_by("pk")] == [("NEED", later), ("WON", None)]
    take_back(public_id=act.public_id, actor=desk.rm, now=later)
    row.refresh_from_db()
    assert (row.stage, row.stage_at, row.closed_at) == ("NEED", NOW, None)
    assert [(stay.stage, stay.until_at) for stay in row.stays.all()] == [("NEED", None)]
    refuse("stage_unchanged", opportunities.move_stage, opportunity_id=row.pk, stage="NEED", actor=desk.rm, now=NOW)
    refuse("opportunity_invalid", opportunities.move_stage, opportunity_id=row.pk, stage="LOST", actor=desk.rm, now=NOW)
    refuse(
        "opportunity_changed",
        opportunities.move_stage,
        opportunity_id=row.pk,
        stage="WON",
        expected_version=1,
        actor=desk.rm,
        now=NOW,
    )
    refuse("opportunity_invalid", open_one, desk=desk, amount=Decimal(0))


def test_a_move_that_was_overtaken_stays(desk: Desk) -> None:
    row = open_one(desk)
    _row, act = opportunities.move_stage(opportunity_id=row.pk, stage="PROPOSED", actor=desk.rm, now=NOW)
    opportunities.move_stage(opportunity_id=row.pk, stage="APPLYING", actor=desk.rm, now=NOW)
    with pytest.raises(UndoOvertaken):
        take_back(public_id=act.public_id, actor=desk.rm, now=NOW)
    assert opportunities.win_applying(customer_ids=[desk.customer.pk], role="BORROWER", now=NOW) == 1
    row.refresh_from_db()
    assert row.stage == "WON"
    assert OpportunityStay.objects.filter(opportunity=row, until_at__isnull=True).count() == 1


def intake(**fields: object) -> LeadIntake:
    return LeadIntake(
        **{
            "method": "CONSULTATION",
            "role": "BORROWER",
            "name": "赵子龙",
            "phone": "13700000001",
            "origin": {"enquiry": "利率多少"},
            "need": NeedFacts(amount=Decimal("60000.00"), months=12),
            **fields,
        }
    )


def take(desk: Desk, **fields: object) -> Lead:
    return leads.take_in_lead(intake=intake(**fields), actor=desk.rm, now=NOW, owner_id=desk.rm.staff_member.pk)


def test_a_lead_is_scored_owned_and_clocked(desk: Desk) -> None:
    lead = take(desk)
    assert lead.answer_due_at == NOW + timedelta(minutes=120)
    assert lead.score == sum(part["points"] for part in lead.score_reasons) == 20 + 15 + 16 + 8
    leads.answer_lead(
        lead_id=lead.pk, channel="CALL", result="REACHED", note="感兴趣", actor=desk.rm, now=NOW + timedelta(minutes=10)
    )
    lead.refresh_from_db()
    assert (lead.state, lead.score) == ("WORKING", 69)


@pytest.mark.parametrize(
    ("error", "wrong"),
    [
        ("lead_incomplete", {"origin": {}}),
        ("lead_incomplete", {"phone": "123"}),
        ("lead_incomplete", {"method": "MAGIC"}),
        ("lead_incomplete", {"method": "SMS", "origin": {"campaign": "x"}}),
        ("lead_incomplete", {"partner_code": "nobody"}),
        ("need_invalid", {"need": NeedFacts(amount=Decimal(-1), text="x")}),
    ],
)
def test_an_incomplete_lead_is_refused(desk: Desk, error: str, wrong: dict[str, object]) -> None:
    refuse(error, leads.take_in_lead, intake=intake(**wrong), actor=desk.rm, now=NOW)


def test_the_same_person_is_one_open_lead_and_no_lead_when_he_is_a_customer(desk: Desk) -> None:
    take(desk)
    refuse("lead_open_already", take, desk=desk)
    refuse("lead_has_customer", take, desk=desk, phone=desk.customer.phone)
    refuse(
        "lead_incomplete",
        take,
        desk=desk,
        method="CHAIN",
        origin={"referral_code": "x"},
        phone=desk.customer.phone,
        introducer_id=desk.customer.pk,
    )


def test_what_comes_from_outside_never_tells_whether_the_phone_is_known(desk: Desk) -> None:
    online = {"method": "ONLINE", "origin": {"utm_source": "baidu"}, "has_marketing_consent": True}
    assert leads.take_in_quietly(intake=intake(**online), now=NOW) is not None
    assert leads.take_in_quietly(intake=intake(**online), now=NOW) is None
    assert leads.take_in_quietly(intake=intake(**online, phone=desk.customer.phone), now=NOW) is None
    assert Need.objects.filter(customer=desk.customer).count() == 1
    assert WorkItem.objects.get(kind="customers.asked_online").assignee == desk.rm.staff_member


def test_a_lead_becomes_a_customer_with_what_is_known(desk: Desk) -> None:
    lead = take(desk)
    leads.answer_lead(lead_id=lead.pk, channel="CALL", result="REACHED", note="", actor=desk.rm, now=NOW)
    customer = leads.convert_lead(lead_id=lead.pk, actor=desk.rm, now=NOW)
    assert (customer.name, customer.rm, customer.phone) == ("赵子龙", desk.rm.staff_member, "13700000001")
    assert (customer.needs.count(), customer.contacts.count(), customer.latest_contact_at) == (1, 1, NOW)
    for act in (leads.convert_lead, leads.qualify_lead):
        refuse("lead_closed", act, lead_id=lead.pk, actor=desk.rm, now=NOW)


def test_a_lead_is_lost_for_a_reason_of_the_house(desk: Desk) -> None:
    lead = take(desk)
    refuse("lost_reason_missing", leads.lose_lead, lead_id=lead.pk, reason="BORED", actor=desk.rm, now=NOW)
    leads.lose_lead(lead_id=lead.pk, reason="PRICE", actor=desk.rm, now=NOW)
    access = get_access(desk.rm)
    assert access is not None
    assert count_lost_reasons(access, since=TODAY, until=TODAY + timedelta(days=1)) == [("PRICE", 1)]


def test_who_registers_by_himself_closes_his_lead(desk: Desk) -> None:
    lead = take(desk)
    registration.ask_code(phone=lead.phone, purpose="REGISTER", now=NOW)
    registration.register_customer(phone=lead.phone, notice_version="2026-1", source="app", channel="API", now=NOW)
    drain()
    lead.refresh_from_db()
    assert lead.state == "CONVERTED"
    assert lead.customer is not None
    assert list(RegistrationStep.objects.order_by("pk").values_list("step", "channel", "phone")) == [
        ("PHONE", "app", ""),
        ("REGISTERED", "app", ""),
    ]
    access = get_access(desk.manager)
    assert access is not None
    steps = read_funnel(access, since=TODAY, until=TODAY + timedelta(days=1))
    assert [step.count for step in steps] == [1, 1, 0, 0, 0]


def test_who_stopped_registering_is_followed_up_once_and_only_with_consent(desk: Desk) -> None:
    user = User.objects.create(username="c-1", kind=User.Kind.CUSTOMER)
    stopped = make(desk.rm, user=user, registered_at=NOW - timedelta(days=3))
    assert funnel.follow_up_stopped(TODAY, 0, 0, NOW) == 0
    Consent.objects.create(
        customer=stopped, purpose="MARKETING", notice_version="1", channel="app", given_at=NOW, evidence_hash="h"
    )
    assert funnel.follow_up_stopped(TODAY, 0, 0, NOW) == 1
    WorkItem.objects.update(state="DONE")
    assert funnel.follow_up_stopped(TODAY, 0, 0, NOW) == 0


def test_costs_stand_over_leads_and_customers(desk: Desk) -> None:
    leads.convert_lead(lead_id=take(desk).pk, actor=desk.rm, now=NOW)
    take(desk, phone="13700000002")
    record_acquisition_cost(
        method="CONSULTATION",
        from_date=TODAY,
        until_date=TODAY + timedelta(days=9),
        amount=Decimal(1000),
        actor=None,
        now=NOW,
    )
    access = get_access(desk.manager)
    assert access is not None
    rows = {row.key: row for row in convert_by_method(access, since=TODAY, until=TODAY + timedelta(days=5))}
    row = rows["CONSULTATION"]
    assert (row.leads, row.won, row.cost, row.cost_per_lead, row.cost_per_customer) == (
        2,
        1,
        Decimal("500.00"),
        Decimal("250.00"),
        Decimal("500.00"),
    )
    until = TODAY + timedelta(days=5)
    assert [(item.label, item.leads) for item in convert_by_owner(access, since=TODAY, until=until)] == [("李静", 2)]
    assert [(item.label, item.won) for item in convert_by_month(access, since=TODAY, until=until)] == [("2026-03", 1)]
    assert list_partners(access, since=TODAY, until=until) == []


def test_effort_counts_contacts_while_deals_were_open(desk: Desk) -> None:
    contact(desk, now=NOW - timedelta(days=1))
    row = open_one(desk)
    contact(desk, now=NOW + timedelta(hours=1))
    opportunities.move_stage(opportunity_id=row.pk, stage="WON", actor=desk.rm, now=NOW + timedelta(days=2))
    access = get_access(desk.rm)
    assert access is not None
    effort = measure_effort(access, since=TODAY, until=TODAY + timedelta(days=5))
    assert (effort.deals, effort.contacts, effort.contacts_per_deal) == (1, 1, 1.0)
    assert effort.stage_days[0][2:] == (2.0, 1)


def test_the_value_sheet_reads_the_ledger_of_costs(desk: Desk) -> None:
    record_cost(customer_id=desk.customer.pk, kind="gift", amount=Decimal(100), actor=desk.rm, now=NOW, key="g1")
    record_cost(customer_id=desk.customer.pk, kind="gift", amount=Decimal(100), actor=desk.rm, now=NOW, key="g1")
    diary.add_note(customer_id=desk.customer.pk, text="很满意", kind="FEEDBACK", actor=desk.rm, now=NOW)
    take(desk, method="INTRODUCTION", origin={"introduced_how": "朋友"}, introducer_id=desk.customer.pk)
    sheet = read_worth(desk.customer, on=TODAY)
    assert (sheet.worth.intangible, sheet.worth.cost, sheet.worth.net) == (
        Decimal("70.00"),
        Decimal("100.00"),
        Decimal("-30.00"),
    )
    check = read_capability(desk.rm.staff_member, {"funds": Decimal(1), "demand": Decimal(2)})
    assert (check.room, check.is_full, check.is_short) == (299, False, True)


def test_a_finding_names_whom_it_explains(desk: Desk) -> None:
    note = add_research(
        kind="COMPETITOR",
        title="某平台降费",
        text="下调 1 个百分点",
        competitor="某平台",
        lost_reason="PRICE",
        actor=desk.rm,
        now=NOW,
    )
    assert note.author == desk.rm.staff_member
    refuse("research_invalid", add_research, kind="COMPETITOR", title="x", text="y", actor=desk.rm, now=NOW)


def test_a_month_shows_only_what_the_reader_may_see(desk: Desk) -> None:
    when: datetime = NOW + timedelta(days=1)
    diary.plan_contact(
        customer_id=desk.customer.pk, channel="CALL", purpose="续借", planned_at=when, actor=desk.rm, now=NOW
    )
    ids = [desk.rm.staff_member.pk, desk.other.staff_member.pk]
    for user, seen in ((desk.rm, 1), (desk.other, 0), (desk.manager, 1)):
        access = get_access(user)
        assert access is not None
        entries = diary_reads.list_calendar(access, member_ids=ids, start=TODAY, end=TODAY + timedelta(days=7), now=NOW)
        assert len(entries) == seen
