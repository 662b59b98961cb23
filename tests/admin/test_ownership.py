"""Pools and assignment rules are drawn up by one person and work once another one has agreed."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from customers.models import AcquisitionCost, AssignmentRule, Pool
from staff.models import Department, Team
from tests.admin.test_changes import ask, decide, told

pytestmark = pytest.mark.django_db
POOL = {
    "name": "华北公海", "daily_claims": "10", "cool_down_days": "30", "no_contact_days": "30", "no_deal_days": "0",
    "warning_days": "3", "keeps_dealing": "on", "daily_views": "50",
}  # fmt: skip
RULE = {
    "name": "官网",
    "place": "10",
    "role": "",
    "sources": "WEB,APP",
    "region_prefixes": "",
    "team": "",
    "way": "IN_TURN",
}
COST = {"method": "ONLINE", "channel": "", "from_date": "2026-01-01", "until_date": "2026-01-31", "amount": "100.00"}


def test_a_pool_is_drawn_up_by_one_and_opened_by_two(enter: Callable[..., Client]) -> None:
    maker, checker = enter("operations"), enter("manager")
    add = reverse("admin:customers_pool_add")
    assert maker.get(add).status_code == 200
    answer = maker.post(add, {**POOL, "department": Department.objects.first().pk})
    assert "second person" in told(answer) and answer["Location"] == reverse("admin:customers_pool_changelist")
    pool = Pool.objects.get()
    assert (pool.name, pool.daily_claims, pool.is_active) == ("华北公海", 10, False)
    ask(maker, pool, is_active="on", daily_claims="5", reason="the team is complete")
    decide(checker)
    pool.refresh_from_db()
    assert pool.is_active and pool.daily_claims == 5
    assert AuditEntry.objects.filter(action="customers.ownership_configured").count() == 2
    assert not LogEntry.objects.exists()


def test_a_rule_takes_its_lists_in_one_line(enter: Callable[..., Client]) -> None:
    maker = enter("operations")
    team = Team.objects.create(name="华北一组", department=Department.objects.first())
    answer = maker.post(reverse("admin:customers_assignmentrule_add"), {**RULE, "team": team.pk})
    assert "second person" in told(answer), answer.context["adminform"].form.errors
    rule = AssignmentRule.objects.get()
    assert (rule.sources, rule.region_prefixes, rule.is_active) == (["WEB", "APP"], [], False)


def test_a_cost_is_said_to_be_recorded_once(enter: Callable[..., Client]) -> None:
    maker, add = enter("operations"), reverse("admin:customers_acquisitioncost_add")
    answer = maker.post(add, COST)
    assert told(answer) == "Cost recorded." and answer["Location"].endswith("/acquisitioncost/")
    assert AcquisitionCost.objects.get().method == "ONLINE" and not LogEntry.objects.exists()


def test_who_does_not_configure_draws_nothing_up(enter: Callable[..., Client]) -> None:
    for role in ("manager", "auditor", "rm"):
        client = enter(role, is_staff=True)
        for name, given in (("pool", POOL), ("assignmentrule", RULE), ("acquisitioncost", COST)):
            assert client.post(reverse(f"admin:customers_{name}_add"), given).status_code in {302, 403}
    assert not (Pool.objects.exists() or AssignmentRule.objects.exists() or AcquisitionCost.objects.exists())
