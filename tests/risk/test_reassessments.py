"""Borrowers are assessed again at intervals: who is due, what is kept, who is told, and who sees it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.models import Parameter, User
from core.outbox import EventContext
from customers.events import CustomerFactsChanged
from customers.models import Customer, FinancialProfile, TimelineEntry, WorkItem
from customers.texts import render_text
from lending.models import Loan
from risk.handlers import rescore_facts
from risk.models import AssessmentPlan, BureauReport, DecisionRecord, DecisionTable, Reassessment, Rescore, Scorecard
from risk.operations import decisions, monitoring, reassessments, rescoring
from risk.queries.reassessments import list_plans, list_reassessments
from risk.queries.rules import get_rule_set_of
from risk.rules.decision import decide as judge
from staff.queries import get_access
from tests.fixtures.borrowers import LoanPlan, make_application, make_borrower, make_loan, make_staff
from tests.risk.conftest import DAY

Receive = Callable[..., BureauReport]
YEAR_LATER = date(2027, 3, 2)


@pytest.fixture
def rm(house: datetime) -> User:
    monitoring.seed_monitoring(DAY, house)
    return make_staff("rm")


@pytest.fixture
def owe(house: datetime, system: User, receive_report: Receive, rm: User) -> Callable[..., Customer]:
    """Return a function that makes a borrower whom rules have judged and who has a running loan."""

    def make(*, is_judged: bool = True, report: dict[str, Any] | None = None, **plan: Any) -> Customer:
        customer = make_borrower(now=house, rm=rm)
        if is_judged:
            application = make_application(customer, now=house, business_date=DAY)
            receive_report(application, **(report or {}))
            decisions.decide_applications(application_ids=[application.pk], actor=system, now=house, business_date=DAY)
        make_loan(customer, LoanPlan(DAY, **plan), now=house)
        return customer

    return make


Owe = Callable[..., Customer]


def assess(now: datetime, day: date) -> int:
    return reassessments.reassess_due(business_date=day, now=now)


class TestPlan:
    def test_a_borrower_comes_due_by_the_interval_of_his_grade(self, owe: Owe, house: datetime) -> None:
        customer = owe()
        assert assess(house, DAY) == 0
        plan = AssessmentPlan.objects.get()
        assert (plan.customer, plan.grade, plan.assessed_date, plan.due_date) == (customer, "A", DAY, YEAR_LATER)
        assert assess(house, YEAR_LATER - timedelta(days=1)) == 0
        assert assess(house, YEAR_LATER) == 1

    def test_other_intervals_hold_for_everybody_from_their_day_on(self, owe: Owe, house: datetime) -> None:
        owe()
        assess(house, DAY)
        shorter = {"A": 1, "B": 1, "C": 1, "D": 1, "E": 1}
        Parameter.objects.create(
            rule_code=reassessments.PARAMETER, value=shorter, valid_from=date(2026, 3, 20), source="t"
        )
        assert assess(house, date(2026, 3, 19)) == 0
        assert AssessmentPlan.objects.get().due_date == YEAR_LATER
        assert assess(house, date(2026, 3, 20)) == 0
        assert AssessmentPlan.objects.get().due_date == date(2026, 4, 2)

    def test_a_new_loan_is_an_assessment_of_its_own(self, owe: Owe, house: datetime) -> None:
        customer = owe()
        assess(house, DAY)
        later = house + timedelta(days=60)
        newer = make_loan(customer, LoanPlan(later.date()), now=later)
        assess(later, later.date())
        plan = AssessmentPlan.objects.get()
        assert (plan.loan, plan.assessed_date, plan.due_date) == (newer, later.date(), date(2027, 5, 1))

    def test_who_owes_nothing_any_more_leaves_it_when_he_comes_due(self, owe: Owe, house: datetime) -> None:
        owe()
        assess(house, DAY)
        Loan.objects.update(state="SETTLED")
        assert assess(house, YEAR_LATER) == 0
        assert not AssessmentPlan.objects.exists() and not Reassessment.objects.exists()


class TestAssessment:
    def test_the_result_stands_beside_the_old_grade_with_its_reasons(self, owe: Owe, house: datetime) -> None:
        customer = owe(dpd=40, bucket="M2", principal=Decimal("30000.00"))
        FinancialProfile.objects.filter(customer=customer).update(employment_years=0, monthly_debt_payment=9000)
        later = house.replace(year=2027)
        assess(later, DAY)
        assert assess(later, YEAR_LATER) == 1
        row = Reassessment.objects.get()
        record = DecisionRecord.objects.get()
        assert (row.grade_before, row.movement, row.facts_date) == ("A", "WORSE", DAY)
        assert row.grade > "A" and record.score is not None and row.score < record.score
        assert "OVERDUE_HERE" in row.reason_codes
        facts = orjson.loads(row.inputs)["facts"]
        assert (facts["employment_years"], facts["own_is_overdue"], facts["bureau_score"]) == (0, True, 720)
        # It can be judged again to the same answer, by the versions that it names.
        rules = get_rule_set_of(row.scorecard_id, row.table_id)
        again = judge(rules.scorecard, rules.table, facts)
        assert (again.grade, again.reasons) == (row.grade, tuple(row.reason_codes))
        plan = AssessmentPlan.objects.get()
        assert (plan.grade, plan.score, plan.assessed_date) == (row.grade, row.score, YEAR_LATER)
        assert plan.due_date == row.next_date > YEAR_LATER

    def test_a_grade_that_fell_is_work_of_the_rm_and_moves_the_tier(self, owe: Owe, rm: User, house: datetime) -> None:
        customer = owe(dpd=40, bucket="M2")
        assess(house.replace(year=2027), YEAR_LATER)
        item = WorkItem.objects.get(kind="risk.grade_fell")
        row = Reassessment.objects.get()
        assert (item.customer, item.assignee) == (customer, rm.staff_member)
        assert render_text(item.reason_code, item.params).startswith(
            f"Assessed again: the grade fell from A to {row.grade}"
        )
        assert TimelineEntry.objects.filter(text_code="risk.grade_fell").count() == 1
        customer.refresh_from_db()
        assert (customer.risk_tier, customer.labels["risk_tier"]["reason"]["grade"]) == ("HIGH", row.grade)

    def test_run_twice_it_changes_nothing(self, owe: Owe, house: datetime) -> None:
        owe(dpd=40, bucket="M2")
        assert assess(house, YEAR_LATER) == 1
        before = AssessmentPlan.objects.values().get(), WorkItem.objects.count(), TimelineEntry.objects.count()
        assert assess(house, YEAR_LATER) == 0
        assert (
            AssessmentPlan.objects.values().get(),
            WorkItem.objects.count(),
            TimelineEntry.objects.count(),
        ) == before
        assert Reassessment.objects.count() == 1

    def test_a_grade_that_stays_is_nobodys_work(self, owe: Owe, house: datetime) -> None:
        owe(paid=12)
        assess(house, YEAR_LATER)
        assert Reassessment.objects.get().movement == "SAME"
        assert not WorkItem.objects.filter(kind="risk.grade_fell").exists()

    def test_it_cannot_be_changed(self, owe: Owe, house: datetime) -> None:
        owe()
        assess(house, YEAR_LATER)
        for sql in ("UPDATE risk_reassessment SET grade = 'A'", "DELETE FROM risk_reassessment"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)

    def test_batches_ask_no_more_for_each_borrower(
        self, owe: Owe, house: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owe(dpd=40, bucket="M2")
        with CaptureQueriesContext(connection) as one:
            assess(house, YEAR_LATER)
        for _n in range(3):
            owe(dpd=40, bucket="M2")
        with CaptureQueriesContext(connection) as three:
            assert assess(house, YEAR_LATER) == 3
        assert len(three) <= len(one)
        for _n in range(2):
            owe()
        monkeypatch.setattr(reassessments, "_AT_ONCE", 1)
        assert assess(house, YEAR_LATER) == 2


class TestFailures:
    def test_who_cannot_be_judged_stays_due_and_is_tried_again(self, owe: Owe, rm: User, house: datetime) -> None:
        customer = owe(is_judged=False)
        for day in (YEAR_LATER, YEAR_LATER + timedelta(days=1)):
            assert assess(house, day) == 0
        plan = AssessmentPlan.objects.get()
        assert (plan.failure_code, plan.due_date, plan.customer) == ("FACTS_MISSING", YEAR_LATER, customer)
        item = WorkItem.objects.get(kind="risk.assessment_failed")
        assert item.assignee == rm.staff_member and "2027-03-02" in render_text(item.reason_code, item.params)
        assert not Reassessment.objects.exists()

    def test_what_kept_him_is_over_when_he_is_judged(self, owe: Owe, house: datetime) -> None:
        owe()
        assess(house, DAY)
        AssessmentPlan.objects.update(failure_code="INPUTS_INVALID")
        customer = Customer.objects.get()
        WorkItem.objects.create(
            group="RISK", kind="risk.assessment_failed", reason_code="risk.assessment_failed", customer=customer,
            key=f"risk.assessment_failed:{customer.pk}", raised_at=house,
        )  # fmt: skip
        assert assess(house, YEAR_LATER) == 1
        assert AssessmentPlan.objects.get().failure_code == ""
        assert WorkItem.objects.get(kind="risk.assessment_failed").state == "DROPPED"

    def test_without_rules_nobody_is_judged(self, owe: Owe, house: datetime) -> None:
        owe()
        assess(house, DAY)
        for model in (Scorecard, DecisionTable):
            model.objects.update(state="RETIRED", retired_at=house)
        assert assess(house, YEAR_LATER) == 0
        assert AssessmentPlan.objects.get().failure_code == "RULES_MISSING"

    def test_intervals_that_are_none_stop_the_step(self, owe: Owe, house: datetime) -> None:
        owe()
        Parameter.objects.filter(rule_code=reassessments.PARAMETER).update(value={"A": 12})
        with pytest.raises(ValueError, match="each grade"), transaction.atomic():
            assess(house, YEAR_LATER)
        assert not AssessmentPlan.objects.exists()


def test_each_sees_his_own_borrowers_only(owe: Owe, rm: User, house: datetime) -> None:
    owe(dpd=40, bucket="M2")
    assess(house, YEAR_LATER)
    for user, count in ((rm, 1), (make_staff("rm"), 0), (make_staff("risk-officer"), 1)):
        access = get_access(user)
        assert access is not None
        assert list_reassessments(access, movement="WORSE").count() == count
        assert list_plans(access, until=YEAR_LATER + timedelta(days=400)).count() == count


def test_all_are_scored_again_however_many_batches_that_takes(
    owe: Owe, house: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _n in range(3):
        owe()
    monkeypatch.setattr(rescoring, "_AT_ONCE", 1)
    assert rescoring.rescore_borrowers(business_date=DAY, now=house) == 3
    assert Rescore.objects.count() == 3


def test_another_income_is_scored_at_once(owe: Owe, house: datetime, system: User) -> None:
    borrower, other = owe(), owe()
    FinancialProfile.objects.create(
        customer=borrower, as_of_date=DAY + timedelta(days=1), source="RM", monthly_income="1500.00"
    )
    batch = [
        CustomerFactsChanged(borrower.pk, ("monthly_income", "occupation")),
        CustomerFactsChanged(other.pk, ("occupation",)),
    ]
    rescore_facts(batch, EventContext(1, house, DAY, "key", system))
    row = Rescore.objects.get()
    assert row.customer == borrower and row.score < row.previous_score, "what no rule sees scores nobody"
