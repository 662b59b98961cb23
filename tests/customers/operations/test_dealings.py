"""Needs, opportunities, leads, the funnel, costs, worth and research on real rows."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.models import User
from core.outbox import drain
from customers.models import (
    Consent,
    Lead,
    Need,
    Opportunity,
    OpportunityStay,
    RegistrationStep,
    WorkItem,
)
from customers.operations import diary, funnel, leads, needs, opportunities, registration
from customers.operations.costs import record_acquisition_cost, record_cost
from customers.operations.leads import LeadIntake
from customers.operations.needs import NeedFacts
from customers.operations.research import add_research
from customers.operations.undo import UndoOvertaken, take_back
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
from staff.queries import get_access
from tests.customers.operations.desk import make_customer
from tests.customers.operations.workday import NOW, TODAY, Workday, contact, desk, refuse

__all__ = ["desk"]
pytestmark = pytest.mark.django_db


def test_needs_are_kept_and_met(desk: Workday) -> None:
    need = needs.record_need(
        role="BORROWER",
        need=NeedFacts(amount=Decimal("50000.00"), months=12, purpose="装修"),
        customer_id=desk.customer.pk,
        actor=desk.rm.user,
        now=NOW,
    )
    needs.meet_need(need_id=need.pk, actor=desk.rm.user, now=NOW)
    refuse("need_met", needs.meet_need, need_id=need.pk, actor=desk.rm.user, now=NOW)
    refuse(
        "need_invalid",
        needs.record_need,
        role="BORROWER",
        need=NeedFacts(),
        customer_id=desk.customer.pk,
        actor=desk.rm.user,
        now=NOW,
    )


def open_one(desk: Workday, **fields: object) -> Opportunity:
    return opportunities.open_opportunity(
        **{
            "customer_id": desk.customer.pk,
            "role": "BORROWER",
            "title": "装修贷",
            "amount": Decimal("50000.00"),
            "actor": desk.rm.user,
            "now": NOW,
            **fields,
        }
    )


def test_an_opportunity_moves_and_is_moved_back(desk: Workday) -> None:
    row = open_one(desk)
    later = NOW + timedelta(days=3)
    row, act = opportunities.move_stage(opportunity_id=row.pk, stage="WON", actor=desk.rm.user, now=later)
    assert (row.stage, row.probability, row.closed_at) == ("WON", 100, later)
    assert [(stay.stage, stay.until_at) for stay in row.stays.order_by("pk")] == [("NEED", later), ("WON", None)]
    take_back(public_id=act.public_id, actor=desk.rm.user, now=later)
    row.refresh_from_db()
    assert (row.stage, row.stage_at, row.closed_at) == ("NEED", NOW, None)
    assert [(stay.stage, stay.until_at) for stay in row.stays.all()] == [("NEED", None)]
    refuse(
        "stage_unchanged", opportunities.move_stage, opportunity_id=row.pk, stage="NEED", actor=desk.rm.user, now=NOW
    )
    refuse(
        "opportunity_invalid",
        opportunities.move_stage,
        opportunity_id=row.pk,
        stage="LOST",
        actor=desk.rm.user,
        now=NOW,
    )
    refuse(
        "opportunity_changed",
        opportunities.move_stage,
        opportunity_id=row.pk,
        stage="WON",
        expected_version=1,
        actor=desk.rm.user,
        now=NOW,
    )
    refuse("opportunity_invalid", open_one, desk=desk, amount=Decimal(0))


def test_a_move_that_was_overtaken_stays(desk: Workday) -> None:
    row = open_one(desk)
    _row, act = opportunities.move_stage(opportunity_id=row.pk, stage="PROPOSED", actor=desk.rm.user, now=NOW)
    opportunities.move_stage(opportunity_id=row.pk, stage="APPLYING", actor=desk.rm.user, now=NOW)
    with pytest.raises(UndoOvertaken):
        take_back(public_id=act.public_id, actor=desk.rm.user, now=NOW)
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


def take(desk: Workday, **fields: object) -> Lead:
    return leads.take_in_lead(intake=intake(**fields), actor=desk.rm.user, now=NOW, owner_id=desk.rm.pk)


def test_a_lead_is_scored_owned_and_clocked(desk: Workday) -> None:
    lead = take(desk)
    assert lead.answer_due_at == NOW + timedelta(minutes=120)
    assert lead.score == sum(part["points"] for part in lead.score_reasons) == 20 + 15 + 16 + 8
    leads.answer_lead(
        lead_id=lead.pk,
        channel="CALL",
        result="REACHED",
        note="感兴趣",
        actor=desk.rm.user,
        now=NOW + timedelta(minutes=10),
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
def test_an_incomplete_lead_is_refused(desk: Workday, error: str, wrong: dict[str, object]) -> None:
    refuse(error, leads.take_in_lead, intake=intake(**wrong), actor=desk.rm.user, now=NOW)


def test_the_same_person_is_one_open_lead_and_no_lead_when_he_is_a_customer(desk: Workday) -> None:
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


def test_what_comes_from_outside_never_tells_whether_the_phone_is_known(desk: Workday) -> None:
    online = {"method": "ONLINE", "origin": {"utm_source": "baidu"}, "has_marketing_consent": True}
    assert leads.take_in_quietly(intake=intake(**online), now=NOW) is not None
    assert leads.take_in_quietly(intake=intake(**online), now=NOW) is None
    assert leads.take_in_quietly(intake=intake(**online, phone=desk.customer.phone), now=NOW) is None
    assert Need.objects.filter(customer=desk.customer).count() == 1
    assert WorkItem.objects.get(kind="customers.asked_online").assignee == desk.rm


def test_a_lead_becomes_a_customer_with_what_is_known(desk: Workday) -> None:
    lead = take(desk)
    leads.answer_lead(lead_id=lead.pk, channel="CALL", result="REACHED", note="", actor=desk.rm.user, now=NOW)
    customer = leads.convert_lead(lead_id=lead.pk, actor=desk.rm.user, now=NOW)
    assert (customer.name, customer.rm, customer.phone) == ("赵子龙", desk.rm, "13700000001")
    assert (customer.needs.count(), customer.contacts.count(), customer.latest_contact_at) == (1, 1, NOW)
    for act in (leads.convert_lead, leads.qualify_lead):
        refuse("lead_closed", act, lead_id=lead.pk, actor=desk.rm.user, now=NOW)


def test_a_lead_is_lost_for_a_reason_of_the_house(desk: Workday) -> None:
    lead = take(desk)
    refuse("lost_reason_missing", leads.lose_lead, lead_id=lead.pk, reason="BORED", actor=desk.rm.user, now=NOW)
    leads.lose_lead(lead_id=lead.pk, reason="PRICE", actor=desk.rm.user, now=NOW)
    access = get_access(desk.rm.user)
    assert access is not None
    assert count_lost_reasons(access, since=TODAY, until=TODAY + timedelta(days=1)) == [("PRICE", 1)]


def test_who_registers_by_himself_closes_his_lead(desk: Workday) -> None:
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
    access = get_access(desk.manager.user)
    assert access is not None
    steps = read_funnel(access, since=TODAY, until=TODAY + timedelta(days=1))
    assert [step.count for step in steps] == [1, 1, 0, 0, 0]


def test_who_stopped_registering_is_followed_up_once_and_only_with_consent(desk: Workday) -> None:
    user = User.objects.create(username="c-1", kind=User.Kind.CUSTOMER)
    stopped = make_customer(desk.rm, NOW, user=user, registered_at=NOW - timedelta(days=3))
    assert funnel.follow_up_stopped(TODAY, 0, 0, NOW) == 0
    Consent.objects.create(
        customer=stopped, purpose="MARKETING", notice_version="1", channel="app", given_at=NOW, evidence_hash="h"
    )
    assert funnel.follow_up_stopped(TODAY, 0, 0, NOW) == 1
    WorkItem.objects.update(state="DONE")
    assert funnel.follow_up_stopped(TODAY, 0, 0, NOW) == 0


def test_costs_stand_over_leads_and_customers(desk: Workday) -> None:
    leads.convert_lead(lead_id=take(desk).pk, actor=desk.rm.user, now=NOW)
    take(desk, phone="13700000002")
    record_acquisition_cost(
        method="CONSULTATION",
        from_date=TODAY,
        until_date=TODAY + timedelta(days=9),
        amount=Decimal(1000),
        actor=None,
        now=NOW,
    )
    access = get_access(desk.manager.user)
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


def test_effort_counts_contacts_while_deals_were_open(desk: Workday) -> None:
    contact(desk, now=NOW - timedelta(days=1))
    row = open_one(desk)
    contact(desk, now=NOW + timedelta(hours=1))
    opportunities.move_stage(opportunity_id=row.pk, stage="WON", actor=desk.rm.user, now=NOW + timedelta(days=2))
    access = get_access(desk.rm.user)
    assert access is not None
    effort = measure_effort(access, since=TODAY, until=TODAY + timedelta(days=5))
    assert (effort.deals, effort.contacts, effort.contacts_per_deal) == (1, 1, 1.0)
    assert effort.stage_days[0][2:] == (2.0, 1)


def test_the_value_sheet_reads_the_ledger_of_costs(desk: Workday) -> None:
    record_cost(customer_id=desk.customer.pk, kind="gift", amount=Decimal(100), actor=desk.rm.user, now=NOW, key="g1")
    record_cost(customer_id=desk.customer.pk, kind="gift", amount=Decimal(100), actor=desk.rm.user, now=NOW, key="g1")
    diary.add_note(customer_id=desk.customer.pk, text="很满意", kind="FEEDBACK", actor=desk.rm.user, now=NOW)
    take(desk, method="INTRODUCTION", origin={"introduced_how": "朋友"}, introducer_id=desk.customer.pk)
    sheet = read_worth(desk.customer, on=TODAY)
    assert (sheet.worth.intangible, sheet.worth.cost, sheet.worth.net) == (
        Decimal("70.00"),
        Decimal("100.00"),
        Decimal("-30.00"),
    )
    check = read_capability(desk.rm, {"funds": Decimal(1), "demand": Decimal(2)})
    assert (check.room, check.is_full, check.is_short) == (299, False, True)


def test_a_finding_names_whom_it_explains(desk: Workday) -> None:
    note = add_research(
        kind="COMPETITOR",
        title="某平台降费",
        text="下调 1 个百分点",
        competitor="某平台",
        lost_reason="PRICE",
        actor=desk.rm.user,
        now=NOW,
    )
    assert note.author == desk.rm
    refuse("research_invalid", add_research, kind="COMPETITOR", title="x", text="y", actor=desk.rm.user, now=NOW)
