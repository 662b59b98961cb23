"""Leads who register by themselves stay with whoever worked on them."""

from datetime import datetime

import pytest

from core import clock
from core.models import AuditEntry
from core.outbox import drain
from customers.models import Customer, Lead, OwnerChange, Pool
from customers.operations import leads, registration
from staff.models import StaffMember
from tests.fixtures.borrowers import make_staff


@pytest.fixture
def owner(standard_house: None) -> StaffMember:
    member = make_staff("rm").staff_member
    Pool.objects.create(name="公海", department=member.department)
    return member


def take(owner: StaffMember, now: datetime) -> Lead:
    intake = leads.LeadIntake(
        method="CONSULTATION", role="BORROWER", name="赵子龙", phone="13700000001", origin={"enquiry": "借款"}
    )
    return leads.take_in_lead(intake=intake, actor=owner.user, now=now, owner_id=owner.pk)


def register(lead: Lead, now: datetime) -> Customer:
    with clock.use_clock(now):
        customer = registration.register_customer(
            phone=lead.phone, notice_version="2026-1", source="app", channel="API", now=now
        )
        drain()
    lead.refresh_from_db()
    customer.refresh_from_db()
    assert (lead.state, lead.customer) == ("CONVERTED", customer)
    return customer


def test_who_worked_on_the_lead_comes_before_the_rules(owner: StaffMember, now: datetime) -> None:
    customer = register(take(owner, now), now)
    assert (customer.rm, customer.pool, customer.owned_since) == (owner, None, now)
    change = OwnerChange.objects.get()
    assert (change.old, change.new, change.reason) == (None, owner, "ASSIGNED")


def test_without_him_the_rules_decide(owner: StaffMember, now: datetime) -> None:
    lead = take(owner, now)
    StaffMember.objects.update(is_active=False)
    customer = register(lead, now)
    assert (customer.rm, customer.pool) == (None, Pool.objects.get())


def test_a_long_reason_to_see_his_phone_is_kept_as_far_as_it_fits(owner: StaffMember, now: datetime) -> None:
    lead = take(owner, now)
    phone = leads.unmask_lead_phone(lead_id=lead.pk, reason="长" * 5000, actor=owner.user, now=now)
    kept = AuditEntry.objects.get(action="customers.unmasked.lead_phone")
    assert (phone, kept.reason) == ("13700000001", "长" * 200)
