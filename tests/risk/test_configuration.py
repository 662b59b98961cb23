"""Rules are drafted by one person, put in force by another, and never changed after."""

import copy
from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from core.errors import Refused
from core.models import AuditEntry, User
from core.registries import approvals
from risk.models import AlertRule, DecisionTable, RuleState, Scorecard
from risk.operations import configuration as config
from risk.operations.seed import ensure_standard_rules
from risk.queries.rules import get_rule_set
from risk.rules import standard
from staff.models import Approval
from staff.operations import OwnApproval
from tests.fixtures.borrowers import make_staff


@pytest.fixture
def maker(house: datetime) -> User:
    return make_staff("operations")


@pytest.fixture
def checker(house: datetime) -> User:
    return make_staff("manager")


def draft_table(maker: User, now: datetime, **changes: Any) -> DecisionTable:
    rule = config.save_draft(
        **{
            "model": DecisionTable,
            "rule_id": None,
            "code": "standard",
            "content": standard.DOCUMENT,
            "cases": standard.CASES,
            "note": "tighter",
            "actor": maker,
            "now": now,
            **changes,
        }
    )
    assert isinstance(rule, DecisionTable)
    return rule


def submit(rule: Any, maker: User, now: datetime) -> Approval:
    return config.submit_rule(model=type(rule), rule_id=rule.pk, reason="tighter", actor=maker, now=now)


def test_the_shipped_rules_are_in_force_once(house: datetime) -> None:
    ensure_standard_rules(now=house)
    assert Scorecard.objects.count() == DecisionTable.objects.count() == 1
    assert AlertRule.objects.count() == 18
    rules = get_rule_set(["no-such-product", ""])
    assert rules is not None and rules.version == "standard v1 / standard v1"


def test_a_draft_goes_into_force_by_a_second_person(maker: User, checker: User, house: datetime) -> None:
    before = get_rule_set([])
    rule = draft_table(maker, house)
    assert (rule.version, rule.state) == (2, RuleState.DRAFT)
    approval = submit(rule, maker, house)
    config.decide_rule(approval_id=approval.pk, is_approved=True, note="", actor=checker, now=house)
    rule.refresh_from_db()
    assert (rule.state, rule.published_by, rule.approved_by) == (RuleState.PUBLISHED, maker, checker)
    assert DecisionTable.objects.get(version=1).state == RuleState.RETIRED
    after = get_rule_set([])
    assert before is not None and after is not None
    assert (before.version, after.version) == ("standard v1 / standard v1", "standard v1 / standard v2")
    assert AuditEntry.objects.filter(action="risk.rule_published", actor=checker).count() == 1


def test_the_approvals_page_decides_through_the_registry(maker: User, checker: User, house: datetime) -> None:
    approval = submit(draft_table(maker, house), maker, house)
    approvals.get(approval.kind)(approval_id=approval.pk, is_approved=False, note="why?", actor=checker, now=house)
    assert DecisionTable.objects.get(version=2).state == RuleState.DRAFT
    assert Approval.objects.get().state == Approval.State.REJECTED


def test_nobody_approves_his_own_rule(house: datetime) -> None:
    maker, both = make_staff("operations"), make_staff("operations")
    both.staff_member.roles.add(checker_role())
    approval = submit(draft_table(both, house), both, house)
    with pytest.raises(OwnApproval):
        config.decide_rule(approval_id=approval.pk, is_approved=True, note="", actor=both, now=house)
    with pytest.raises(Refused):
        config.decide_rule(approval_id=approval.pk, is_approved=True, note="", actor=maker, now=house)
    assert DecisionTable.objects.get(version=2).state == RuleState.DRAFT
    with pytest.raises(IntegrityError, match="approved_by_another"), transaction.atomic():
        DecisionTable.objects.filter(version=1).update(state="RETIRED")
        DecisionTable.objects.filter(version=2).update(state="PUBLISHED", published_by=both, approved_by=both)


def checker_role() -> Any:
    from staff.models import Role

    return Role.objects.get(code="manager")


def test_a_table_that_fails_its_own_cases_is_not_submitted(maker: User, house: datetime) -> None:
    cases = copy.deepcopy(standard.CASES)
    cases["cases"][0]["expect"] = {"outcome": "APPROVE"}
    rule = draft_table(maker, house, cases=cases)
    with pytest.raises(config.RuleInvalid) as caught:
        submit(rule, maker, house)
    assert "APPROVE ≠ DECLINE" in str(caught.value.fields["content"])
    assert not Approval.objects.exists()


def test_a_table_with_a_broken_cell_is_not_submitted(maker: User, house: datetime) -> None:
    content = copy.deepcopy(standard.DOCUMENT)
    policy = next(node for node in content["nodes"] if node["name"] == "policy")
    policy["content"]["rules"][3]["max_dpd_24_months"] = ">> 90"
    rule = draft_table(maker, house, content=content)
    assert [problem.code for problem in config.find_problems(rule)] == ["cell_not_a_number"]
    with pytest.raises(config.RuleInvalid):
        submit(rule, maker, house)


def test_a_scorecard_must_keep_the_cases_of_the_table_in_force(maker: User, house: datetime) -> None:
    content = copy.deepcopy(standard.SCORECARD)
    content["base_points"] = 100
    rule = config.save_draft(
        model=Scorecard, rule_id=None, code="standard", content=content, note="", actor=maker, now=house
    )
    assert {problem.code for problem in config.find_problems(rule)} == {"scorecard_breaks_cases"}
    with pytest.raises(config.RuleInvalid):
        submit(rule, maker, house)


def test_what_changed_after_it_was_submitted_is_not_approved(maker: User, checker: User, house: datetime) -> None:
    rule = draft_table(maker, house)
    approval = submit(rule, maker, house)
    with pytest.raises(config.DraftWaiting):
        draft_table(maker, house, rule_id=rule.pk, note="sneaky")
    DecisionTable.objects.filter(pk=rule.pk).update(content_hash="another")
    with pytest.raises(config.DraftChanged):
        config.decide_rule(approval_id=approval.pk, is_approved=True, note="", actor=checker, now=house)
    rule.refresh_from_db()
    assert (rule.state, rule.note) == (RuleState.DRAFT, "tighter")
    assert Approval.objects.get().state == Approval.State.PENDING


def test_a_rule_in_force_is_frozen(maker: User, house: datetime) -> None:
    rule = DecisionTable.objects.get()
    with pytest.raises(config.NotADraft):
        draft_table(maker, house, rule_id=rule.pk)
    for sql in (
        "UPDATE risk_decisiontable SET content = '{}'",
        "UPDATE risk_decisiontable SET state = 'DRAFT'",
        "UPDATE risk_decisiontable SET state = 'RETIRED', cases = '{}'",
        "DELETE FROM risk_decisiontable",
        "UPDATE risk_scorecard SET content_hash = 'x'",
    ):
        with pytest.raises(DatabaseError, match="not a draft"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_only_those_who_configure_draft(checker: User, house: datetime) -> None:
    with pytest.raises(Refused):
        draft_table(checker, house)
    assert DecisionTable.objects.count() == 1


def test_a_products_own_rules_come_first(maker: User, checker: User, house: datetime) -> None:
    rule = draft_table(maker, house, code="xinyong-debx")
    assert rule.version == 1
    config.decide_rule(approval_id=submit(rule, maker, house).pk, is_approved=True, note="", actor=checker, now=house)
    own, other = get_rule_set(["xinyong-debx"]), get_rule_set(["jingying-debj"])
    assert own is not None and own.version == "standard v1 / xinyong-debx v1"
    assert other is not None and other.version == "standard v1 / standard v1"


def test_alert_rules_are_set_by_those_who_configure(maker: User, checker: User, house: datetime) -> None:
    rule = AlertRule.objects.get(indicator="par30", dimension="")
    rule.severity = "LOW"
    with pytest.raises(Refused):
        config.save_alert_rule(rule=rule, changed={}, actor=checker, now=house)
    rule.indicator = "astrology"
    with pytest.raises(config.UnknownIndicator):
        config.save_alert_rule(rule=rule, changed={}, actor=maker, now=house)
    assert AlertRule.objects.get(pk=rule.pk).severity == "HIGH"
