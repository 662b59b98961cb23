"""A collection case follows its loan's arrears."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from core import clock, outbox
from core.errors import NotFound, Refused
from core.models import AuditEntry, OutboxEvent, User
from core.outbox import publish
from customers.models import WorkItem
from lending.events import BucketChanged, LoanCured, LoanSettled
from lending.models import Loan, LoanState
from service.models import CollectionCase
from service.operations import cases
from service.queries import access_case, get_open_case, list_cases
from service.rules import judge_stage
from tests.fixtures.borrowers import make_staff
from tests.service.conftest import DAY


def change_bucket(loan: Loan, now: datetime, *, old: str = "M0", new: str = "M1", dpd: int = 1) -> None:
    LoanState.objects.filter(loan=loan).update(dpd=dpd, bucket=new)
    publish(
        BucketChanged(
            loan_id=loan.pk,
            customer_id=loan.borrower_id,
            from_bucket=old,
            to_bucket=new,
            dpd=dpd,
            overdue_amount=Decimal("1100.00"),
        ),
        now=now,
    )
    with clock.use_clock(now):
        outbox.drain()


def tell(event: object, now: datetime) -> None:
    publish(event, now=now)
    with clock.use_clock(now):
        outbox.drain()


def test_it_opens_with_the_first_day_and_belongs_to_the_rm(late_loan: Loan, rm: User, house: datetime) -> None:
    change_bucket(late_loan, house)
    case = CollectionCase.objects.get()
    assert (case.stage, case.dpd, case.assignee) == ("REMIND", 1, rm.staff_member)
    assert get_open_case(late_loan) == case
    assert not WorkItem.objects.filter(kind="service.collection").exists(), "the first stage is the RM's own call list"
    assert OutboxEvent.objects.filter(name="service.collection_opened").count() == 1


def test_each_later_stage_raises_work(late_loan: Loan, house: datetime) -> None:
    change_bucket(late_loan, house)
    change_bucket(late_loan, house, old="M1", new="M2", dpd=31)
    change_bucket(late_loan, house, old="M2", new="M3", dpd=61)
    change_bucket(late_loan, house, old="M3", new="M4", dpd=91)
    case = CollectionCase.objects.get()
    assert (case.stage, case.bucket, case.dpd) == ("INTENSIVE", "M4", 91)
    reasons = WorkItem.objects.filter(kind="service.collection").order_by("pk").values_list("reason_code", flat=True)
    assert list(reasons) == ["service.stage.COLLECT", "service.stage.INTENSIVE"]


@pytest.mark.parametrize(
    ("bucket", "stage"),
    [("M1", "REMIND"), ("M2", "COLLECT"), ("M3", "COLLECT"), ("M4", "INTENSIVE"), ("M6", "INTENSIVE"), ("M7", "LEGAL")],
)
def test_the_stage_follows_the_bucket(bucket: str, stage: str) -> None:
    assert judge_stage(bucket) == stage


@pytest.mark.parametrize("closure", ["CURED", "SETTLED"])
def test_it_ends_with_the_arrears(closure: str, late_loan: Loan, house: datetime) -> None:
    change_bucket(late_loan, house, new="M2", dpd=31)
    assert WorkItem.objects.filter(kind="service.collection", state="OPEN").exists()
    if closure == "CURED":
        tell(LoanCured(loan_id=late_loan.pk, customer_id=late_loan.borrower_id), house)
    else:
        tell(LoanSettled(loan_id=late_loan.pk, customer_id=late_loan.borrower_id, is_early=False), house)
    case = CollectionCase.objects.get()
    assert (case.state, case.closure) == ("CLOSED", closure)
    assert not WorkItem.objects.filter(kind="service.collection", state="OPEN").exists()
    change_bucket(late_loan, house)
    assert list(CollectionCase.objects.order_by("pk").values_list("state", flat=True)) == ["CLOSED", "OPEN"]


def test_news_of_arrears_that_are_paid_already_opens_nothing(late_loan: Loan, house: datetime) -> None:
    LoanState.objects.filter(loan=late_loan).update(dpd=0)
    case = cases.follow_bucket(
        loan_id=late_loan.pk, bucket="M1", dpd=1, overdue_amount=Decimal("1.00"), now=house, business_date=DAY
    )
    assert case is None and not CollectionCase.objects.exists()


def test_one_open_case_a_loan(late_loan: Loan, house: datetime) -> None:
    change_bucket(late_loan, house)
    case = CollectionCase.objects.get()
    with pytest.raises(IntegrityError, match="collection_open_once"), transaction.atomic():
        CollectionCase.objects.create(
            loan=late_loan,
            customer=case.customer,
            stage="REMIND",
            bucket="M1",
            dpd=1,
            overdue_amount=1,
            opened_at=house,
            opened_date=DAY,
        )
    with pytest.raises(IntegrityError, match="collection_closed_says_how"), transaction.atomic():
        CollectionCase.objects.update(state="CLOSED")


def test_assigned_and_held_by_those_who_collect(late_loan: Loan, rm: User, house: datetime, system: User) -> None:
    change_bucket(late_loan, house)
    case = CollectionCase.objects.get()
    lead, agent = make_staff("team-lead"), make_staff("service-agent")
    cases.assign_case(case_id=case.pk, assignee_id=lead.staff_member.pk, actor=rm, now=house)
    with pytest.raises(cases.AssigneeNotEntitled):
        cases.assign_case(case_id=case.pk, assignee_id=agent.staff_member.pk, actor=rm, now=house)
    for act in (
        lambda: cases.assign_case(case_id=case.pk, assignee_id=lead.staff_member.pk, actor=agent, now=house),
        lambda: cases.hold_case(case_id=case.pk, reason="x", actor=agent, now=house),
    ):
        with pytest.raises(Refused):
            act()
    case.refresh_from_db()
    assert (case.assignee, case.is_on_hold) == (lead.staff_member, False)
    cases.hold_case(case_id=case.pk, reason="complaint", actor=rm, now=house)
    case.refresh_from_db()
    assert (case.is_on_hold, case.hold_reason) == (True, "complaint")
    cases.hold_case(case_id=case.pk, reason="", actor=rm, now=house)
    actions = AuditEntry.objects.filter(action__startswith="service.collection_").values_list("action", flat=True)
    assert {"service.collection_held", "service.collection_released", "service.collection_assigned"} <= set(actions)
    cases.close_case(loan_id=late_loan.pk, closure="CURED", actor=system, now=house, business_date=DAY)
    with pytest.raises(cases.CaseClosed):
        cases.hold_case(case_id=case.pk, reason="x", actor=rm, now=house)


def test_cases_stay_within_scope(late_loan: Loan, rm: User, house: datetime) -> None:
    change_bucket(late_loan, house)
    case = CollectionCase.objects.get()
    other = make_staff("rm")
    assert list(list_cases(rm)) == [case] and access_case(rm, case.public_id) == case
    assert list(list_cases(other)) == []
    with pytest.raises(NotFound):
        access_case(other, case.public_id)
    with pytest.raises(Refused):
        list_cases(make_staff("service-agent"))
