"""Every sensitive act needs a second person, on the server and in the database: the list of them, and the proof."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import IntegrityError, models, transaction

from core.changes import appliers
from core.models import User
from core.registries import approvals
from lending.models import Product
from risk.models import DecisionTable
from risk.operations import configuration, laundering, register
from staff import rights
from staff.admin_access import ChangedByTwo
from staff.models import Approval, Role, StaffMember
from staff.operations import OwnApproval, create_department
from tests.fixtures.borrowers import make_borrower
from tests.pictures import list_changes, take_picture

DAY = date(2026, 3, 2)
# What changes how the house works, by the record that changes: asked for by one, decided by another (staff.change).
CHANGES = {
    "core.parameter", "customers.assignmentrule", "customers.customfield", "customers.partner", "customers.pool",
    "customers.processstep", "customers.revisitrule", "lending.product", "marketing.couponoffer", "messaging.template",
    "segmentation.labelrule", "segmentation.playbook", "segmentation.servicepackage", "staff.role", "staff.staffmember",
}  # fmt: skip
# Kinds of approvals, and the records that name two people themselves with the constraint that keeps them apart.
APPROVALS = {
    "staff.change", "risk.publish_rule", "risk.change_prices", "ledger.pay_in_own_funds", "marketing.approve_offer",
}  # fmt: skip
TWO_NAMES = {
    "staff.Approval": "approval_by_another_person",
    "marketing.CouponOffer": "coupon_offer_approved_by_another",
    "risk.Challenger": "challenger_approved_by_another",
    "risk.DecisionTable": "decision_table_approved_by_another",
    "risk.Scorecard": "scorecard_approved_by_another",
    "risk.Review": "review_by_another_person",
    "risk.LegalReview": "legal_review_by_another",
    "risk.SuspicionCase": "suspicion_by_two_people",
}


@pytest.fixture
def almighty(standard_house: None, set_business_date: Callable[[date], None]) -> User:
    """Somebody who holds every right there is: only the four eyes stop him."""
    set_business_date(DAY)
    user = User.objects.create(username="almighty", kind=User.Kind.STAFF)
    place = create_department(name="总部", kind="MANAGEMENT")
    role = Role.objects.create(code="all", name="all", scope="ALL", rights=sorted(rights.ALL))
    StaffMember.objects.create(user=user, department=place).roles.add(role)
    return user


def test_the_list_is_complete() -> None:
    assert {key for key, _apply in appliers.items()} == CHANGES
    assert {key for key, _decide in approvals.items()} == APPROVALS
    # Whatever the admin lets anybody change at all for good is changed by two.
    by_two = {model._meta.label_lower for model, page in admin.site._registry.items() if isinstance(page, ChangedByTwo)}
    assert by_two == CHANGES
    named = {
        model._meta.label: constraint.name
        for model in apps.get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
        and any(word in str(constraint.name) for word in ("by_another", "two_people"))
    }
    assert named == TWO_NAMES


@pytest.mark.parametrize("label", sorted(CHANGES))
def test_nobody_decides_the_change_he_asked_for(almighty: User, now: datetime, label: str) -> None:
    approval = Approval.objects.create(
        kind="staff.change", target_type=label, target_id="1", payload={}, maker=almighty, reason="x", asked_at=now
    )
    before = take_picture()
    with pytest.raises(OwnApproval):
        approvals.get("staff.change")(approval_id=approval.pk, is_approved=True, note="", actor=almighty, now=now)
    assert list_changes(before) == []


def test_nobody_publishes_the_rule_he_submitted(almighty: User, now: datetime) -> None:
    table = DecisionTable.objects.first()
    assert table is not None
    draft = configuration.save_draft(
        model=DecisionTable, rule_id=None, code=table.code, content=table.content, note="x", cases=table.cases,
        actor=almighty, now=now,
    )  # fmt: skip
    configuration.submit_rule(model=DecisionTable, rule_id=draft.pk, reason="x", actor=almighty, now=now)
    before = take_picture()
    with pytest.raises(OwnApproval):
        approvals.get("risk.publish_rule")(
            approval_id=Approval.objects.get().pk, is_approved=True, note="", actor=almighty, now=now
        )
    assert list_changes(before) == []


def test_nobody_answers_his_own_legal_review_or_decides_his_own_suspicion(almighty: User, now: datetime) -> None:
    given: dict[str, Any] = {"actor": almighty, "now": now}
    product = Product.objects.first()
    assert product is not None
    review = register.ask_legal_review(
        kind="lending.product", target_id=str(product.pk), question="x", due_date=DAY, **given
    )
    case = laundering.note_suspicion(customer_id=make_borrower(now=now).pk, text="x", business_date=DAY, **given)
    laundering.propose_outcome(case_id=case.pk, proposal="REPORT", grounds="x", **given)
    before = take_picture()
    with pytest.raises(register.OwnReview):
        register.decide_legal_review(review_id=review.pk, is_cleared=True, opinion="x", **given)
    with pytest.raises(laundering.OwnProposal):
        laundering.decide_case(case_id=case.pk, is_agreed=True, note="", **given)
    assert list_changes(before) == []


def test_the_database_refuses_one_person_in_both_places(almighty: User, now: datetime) -> None:
    approval = Approval.objects.create(
        kind="staff.change", target_type="x", target_id="1", payload={}, maker=almighty, reason="x", asked_at=now
    )
    case = laundering.note_suspicion(
        customer_id=make_borrower(now=now).pk, text="x", actor=almighty, business_date=DAY, now=now
    )
    laundering.propose_outcome(case_id=case.pk, proposal="REPORT", grounds="x", actor=almighty, now=now)
    for row, changes in (
        (approval, {"state": "APPROVED", "checker": almighty}),
        (case, {"state": "REPORTED", "decided_by": almighty}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**changes)
    assert Approval.objects.get().state == "PENDING"
