"""What operations see and do in the admin, through the same operations as everybody."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry, User
from customers.models import Customer
from risk.models import AlertRule, BureauReport, DecisionTable, RuleState, Scorecard
from risk.operations import decisions
from risk.rules import standard
from service.operations.cases import follow_bucket
from tests.admin.conftest import enter
from tests.fixtures.borrowers import LoanPlan, make_application, make_borrower, make_loan
from tests.risk.conftest import DAY

__all__ = ["enter"]


def add_draft(client: Client, content: object, cases: object) -> DecisionTable:
    response = client.post(
        reverse("admin:risk_decisiontable_add"),
        {"code": "standard", "note": "n", "content": json.dumps(content), "cases": json.dumps(cases)},
    )
    assert response.status_code == 302, response.content.decode()[:2000]
    return DecisionTable.objects.get(state=RuleState.DRAFT)


def act(client: Client, name: str, *rules: DecisionTable | Scorecard) -> str:
    url = reverse(f"admin:risk_{rules[0]._meta.model_name}_changelist")
    response = client.post(url, {"action": name, "_selected_action": [rule.pk for rule in rules]}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_a_table_is_drafted_submitted_and_approved(enter: Callable[[str], Client]) -> None:
    maker, checker = enter("operations"), enter("manager")
    draft = add_draft(maker, standard.DOCUMENT, standard.CASES)
    page = maker.get(reverse("admin:risk_decisiontable_change", args=[draft.pk])).content.decode()
    assert "ready to be submitted" in page
    assert "was not submitted" in act(checker, "approve_selected", draft)
    assert "submitted" in act(maker, "submit_selected", draft)
    act(checker, "approve_selected", draft)
    draft.refresh_from_db()
    assert draft.state == RuleState.PUBLISHED
    assert maker.post(reverse("admin:risk_decisiontable_change", args=[draft.pk]), {"note": "x"}).status_code == 403


def test_mistakes_stand_on_the_page_and_keep_a_draft_back(enter: Callable[[str], Client]) -> None:
    maker = enter("operations")
    content = json.loads(json.dumps(standard.DOCUMENT).replace("> 90", "&gt; 90"))
    draft = add_draft(maker, content, standard.CASES)
    page = maker.get(reverse("admin:risk_decisiontable_change", args=[draft.pk])).content.decode()
    assert "policy/P4/max_dpd_24_months" in page and "whole numbers" in page
    assert "has mistakes" in act(maker, "submit_selected", draft)
    response = maker.post(
        reverse("admin:risk_decisiontable_change", args=[draft.pk]),
        {"note": "better", "content": json.dumps(standard.DOCUMENT), "cases": json.dumps(standard.CASES)},
    )
    assert response.status_code == 302
    draft.refresh_from_db()
    assert (draft.note, draft.content) == ("better", standard.DOCUMENT)


@pytest.mark.parametrize(
    "content", ['{"nodes": NaN}', "1e999", "[" * 100_000, '{"nodes": "\\u0000"}', "__import__('os')"]
)
def test_a_document_that_cannot_be_kept_is_refused_on_the_page(enter: Callable[[str], Client], content: str) -> None:
    given = {"code": "standard", "note": "n", "content": content, "cases": json.dumps(standard.CASES)}
    assert enter("operations").post(reverse("admin:risk_decisiontable_add"), given).status_code == 200
    assert DecisionTable.objects.count() == 1


def test_who_drafts_does_not_approve_and_who_approves_does_not_draft(enter: Callable[[str], Client]) -> None:
    maker, checker = enter("operations"), enter("manager")
    draft = add_draft(maker, standard.DOCUMENT, standard.CASES)
    act(maker, "submit_selected", draft)
    act(maker, "approve_selected", draft)
    assert checker.get(reverse("admin:risk_decisiontable_add")).status_code == 403
    draft.refresh_from_db()
    assert draft.state == RuleState.DRAFT


def test_a_rule_in_force_is_copied(enter: Callable[[str], Client]) -> None:
    act(enter("operations"), "copy_selected", Scorecard.objects.get())
    copied = Scorecard.objects.get(version=2)
    assert (copied.state, copied.content) == (RuleState.DRAFT, standard.SCORECARD)


def test_alert_rules_are_set_with_a_trace(enter: Callable[[str], Client]) -> None:
    rule = AlertRule.objects.get(indicator="par30", dimension="")
    response = enter("operations").post(
        reverse("admin:risk_alertrule_change", args=[rule.pk]),
        {
            "name": rule.name,
            "indicator": "par30",
            "dimension": "",
            "limits": "RULE",
            "direction": "ABOVE",
            "raise_days": "1",
            "clear_days": "3",
            "raise_above": "0.070000",
            "clear_at": "0.040000",
            "min_denominator": "100000.00",
            "severity": "HIGH",
            "measure": "NONE",
            "is_active": "on",
        },
    )
    assert response.status_code == 302
    rule.refresh_from_db()
    assert str(rule.raise_above) == "0.070000"
    assert AuditEntry.objects.get(action="risk.alert_rule_saved").data["raise_above"] == "0.070000"


def test_everything_else_is_there_to_read_and_shows_no_secret(
    enter: Callable[[str], Client], house: datetime, system: User, receive_report: Callable[..., BureauReport]
) -> None:
    borrower: Customer = make_borrower(now=house, income="15432.00", identity_number="110101199003070038")
    application = make_application(borrower, now=house, business_date=DAY)
    report = receive_report(application, monthly_payment="876.54", query_count_3_months=14)
    decisions.decide_applications(application_ids=[application.pk], actor=system, now=house, business_date=DAY)
    loan = make_loan(borrower, LoanPlan(DAY, dpd=1, bucket="M1"), now=house)
    case = follow_bucket(loan_id=loan.pk, bucket="M1", dpd=1, overdue_amount=1, now=house, business_date=DAY)
    auditor = enter("auditor")
    pages = [
        reverse(f"admin:risk_{model}_changelist")
        for model in ("scorecard", "decisiontable", "alertrule", "decisionrecord", "review", "indicatorvalue", "alert")
    ]
    pages += [
        reverse("admin:risk_bureaureport_change", args=[report.pk]),
        reverse("admin:risk_decisionrecord_change", args=[application.decision_record.pk]),
        reverse("admin:service_collectioncase_change", args=[case.pk if case else 0]),
    ]
    for page in pages:
        response = auditor.get(page)
        text = response.content.decode()
        assert response.status_code == 200, page
        for secret in ("15432", "876.54", "110101199003070038", "debt_to_income_bp&quot;:"):
            assert secret not in text, f"{secret} on {page}"
    assert auditor.post(reverse("admin:risk_alertrule_add"), {}).status_code == 403
    listed = auditor.get(reverse("admin:risk_alertrule_changelist")).content.decode()
    assert "each part" in listed and "5.00%" in listed and ">overdue_ratio<" not in listed
    rule = AlertRule.objects.get(indicator="par30", dimension="")
    looked_at = auditor.get(reverse("admin:risk_alertrule_change", args=[rule.pk])).content.decode()
    assert "Portfolio at risk over 30 days" in looked_at and "5.00%" in looked_at and "0.050000" not in looked_at
    card = auditor.get(reverse("admin:risk_scorecard_change", args=[Scorecard.objects.get().pk])).content.decode()
    assert "standard rules, version 1" in card and "missing_points" not in card
    decided = auditor.get(reverse("admin:risk_decisionrecord_change", args=[application.decision_record.pk]))
    assert "Bureau score" in decided.content.decode() and "best_points" not in decided.content.decode()
    assert enter("rm").get(pages[0]).status_code in {302, 403}
