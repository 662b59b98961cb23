"""Revisit rules, partners and costs in the admin: defined by one, put in force by another."""

from collections.abc import Callable

import pytest
from django.test import Client

from core.models import AuditEntry
from customers.models import AcquisitionCost, Partner, ProcessStep, RevisitRule

pytestmark = pytest.mark.django_db


def test_a_rule_and_a_partner_are_defined_inactive(enter: Callable[[str], Client]) -> None:
    client = enter("operations")
    client.post(
        "/admin/customers/revisitrule/add/",
        {"place": 5, "value_tier": "HIGH", "stage": "", "interval_days": 3, "channel": "CALL", "purpose": "回访"},
    )
    assert RevisitRule.objects.filter(place=5, is_active=False, interval_days=3).exists()
    client.post(
        "/admin/customers/partner/add/",
        {"code": "gongzhonghao", "name": "公众号", "kind": "媒体", "fee_per_lead": "5.00", "fee_share": "0.01"},
    )
    assert not Partner.objects.get().is_active


def test_a_cost_is_recorded_once_and_for_all(enter: Callable[[str], Client]) -> None:
    client = enter("operations")
    client.post(
        "/admin/customers/acquisitioncost/add/",
        {"method": "ADVERTISING", "from_date": "2026-03-01", "until_date": "2026-03-31", "amount": "1000.00"},
    )
    cost = AcquisitionCost.objects.get()
    assert AuditEntry.objects.filter(action="customers.acquisition_cost_recorded").count() == 1
    client.post(f"/admin/customers/acquisitioncost/{cost.pk}/change/", {"amount": "1.00"})
    cost.refresh_from_db()
    assert str(cost.amount) == "1000.00"


def test_an_auditor_defines_nothing(enter: Callable[[str], Client]) -> None:
    assert enter("auditor").get("/admin/customers/partner/add/").status_code == 403


def test_a_step_is_defined_inactive_and_refused_where_it_makes_no_sense(enter: Callable[[str], Client]) -> None:
    client = enter("operations")
    given = {
        "code": "gift", "place": 90, "name": "寄欢迎礼", "phase": "BUILD", "role": "", "begins_with": "REGISTERED",
        "due_workdays": 2, "open_workdays": 1, "doer": "RM", "proof": "CONTACT",
    }  # fmt: skip
    client.post("/admin/customers/processstep/add/", {**given, "open_workdays": 3})
    client.post("/admin/customers/processstep/add/", {**given, "proof": "MESSAGE"})
    assert not ProcessStep.objects.filter(code="gift").exists()
    client.post("/admin/customers/processstep/add/", given)
    assert ProcessStep.objects.get(code="gift", version=1).is_active is False
