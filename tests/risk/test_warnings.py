"""Early warnings: found by pattern, refreshed, ended, judged; told once to whoever looks after the borrower."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Refused
from core.models import AuditEntry, User
from core.registries import warning_patterns
from customers.models import Contact, FinancialProfile, TimelineEntry, WorkItem
from lending.models import DebitAttempt, Loan, LoanState
from risk.models import WarningRule, WarningSignal
from risk.operations import monitoring, warnings
from risk.queries.warnings import describe_signal, list_records, list_watched_customers
from staff.queries import get_access
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan, make_staff
from tests.risk.conftest import DAY


@pytest.fixture
def rm(house: datetime) -> User:
    monitoring.seed_monitoring(DAY, house)
    return make_staff("rm")


@pytest.fixture
def loan(rm: User, house: datetime) -> Loan:
    """A loan ten days late."""
    plan = LoanPlan(DAY - timedelta(days=40), dpd=10, bucket="M1")
    return make_loan(make_borrower(now=house, rm=rm), plan, now=house)


def search(now: datetime, day: date = DAY) -> int:
    return warnings.search_warnings(business_date=day, now=now)


def live() -> dict[str, WarningSignal]:
    rows = WarningSignal.objects.filter(ended_date__isnull=True).select_related("rule")
    return {row.rule.pattern: row for row in rows}


def miss_debits(loan: Loan, days: int) -> None:
    for ago in range(days):
        DebitAttempt.objects.create(
            loan=loan, business_date=DAY - timedelta(days=ago), due_amount=Decimal("1100.00"), outcome="NOTHING"
        )


class TestPatterns:
    def test_a_loan_that_goes_wrong_is_noticed_with_its_figures(self, loan: Loan, house: datetime) -> None:
        miss_debits(loan, 3)
        loan.instalments.filter(n=1).update(interest_paid=Decimal("100.00"))
        search(house)
        found = live()
        assert set(found) == {"late", "debit_failed", "part_paid"}
        assert found["debit_failed"].figures == {"times": 3, "number": loan.number}
        assert found["part_paid"].figures == {"number": loan.number, "paid": "100.00", "due": "1100.00"}
        assert describe_signal(found["late"]) == f"Loan {loan.number} is 10 days past due, ¥0.00"

    def test_one_failed_debit_is_none(self, loan: Loan, house: datetime) -> None:
        miss_debits(loan, 1)
        search(house)
        assert set(live()) == {"late"}

    def test_instalments_paid_late_count(self, rm: User, house: datetime) -> None:
        start = DAY - timedelta(days=100)
        dates = {1: start + timedelta(days=32), 2: start + timedelta(days=62), 3: start + timedelta(days=91)}
        make_loan(make_borrower(now=house, rm=rm), LoanPlan(start, paid=3, paid_dates=dates), now=house)
        search(house)
        assert live()["late_before"].figures["times"] == 2

    def test_what_is_known_of_the_person_counts(self, rm: User, house: datetime) -> None:
        borrower = make_borrower(now=house, rm=rm)
        make_loan(borrower, LoanPlan(DAY - timedelta(days=5)), now=house)
        for ago in (1, 2, 3):
            Contact.objects.create(
                customer=borrower,
                channel="CALL",
                result="NOT_REACHED",
                at=house - timedelta(days=ago),
                member=rm.staff_member,
            )
        FinancialProfile.objects.filter(customer=borrower).update(as_of_date=DAY - timedelta(days=200))
        FinancialProfile.objects.create(
            customer=borrower, as_of_date=DAY, source="declared", monthly_debt_payment=Decimal("2500.00")
        )
        search(house)
        assert set(live()) == {"contact_lost", "debts_grew"}
        assert live()["debts_grew"].figures == {"before": "1000.00", "now": "2500.00"}

    def test_who_has_no_running_loan_is_left_alone(self, rm: User, house: datetime) -> None:
        borrower = make_borrower(now=house, rm=rm)
        for ago in (1, 2, 3):
            Contact.objects.create(
                customer=borrower, channel="CALL", result="NOT_REACHED", at=house - timedelta(days=ago),
                member=rm.staff_member,
            )  # fmt: skip
        search(house)
        assert live() == {}

    @pytest.mark.parametrize("key", [key for key, _pattern in warning_patterns.items()])
    def test_every_pattern_runs_on_an_empty_house(self, rm: User, house: datetime, key: str) -> None:
        WarningRule.objects.exclude(pattern=key).delete()
        assert WarningRule.objects.count() == 1
        assert search(house) == 0


class TestLife:
    def test_run_twice_it_changes_nothing(self, loan: Loan, house: datetime) -> None:
        miss_debits(loan, 3)
        search(house)
        before = list(WarningSignal.objects.order_by("pk").values())
        items = WorkItem.objects.count(), TimelineEntry.objects.count()
        assert search(house) == 0
        assert list(WarningSignal.objects.order_by("pk").values()) == before
        assert (WorkItem.objects.count(), TimelineEntry.objects.count()) == items

    def test_points_enough_put_the_borrower_on_his_rms_list_until_they_are_gone(
        self, loan: Loan, rm: User, house: datetime
    ) -> None:
        miss_debits(loan, 3)
        search(house)
        item = WorkItem.objects.get(kind="risk.warning")
        assert (item.customer, item.assignee, item.params["points"]) == (loan.borrower, rm.staff_member, 70)
        LoanState.objects.filter(loan=loan).update(dpd=0, bucket="M0")
        search(house, DAY + timedelta(days=1))
        assert live() == {}
        assert WorkItem.objects.get(kind="risk.warning").state == "DROPPED"

    def test_trouble_after_a_warning_proves_it_right_and_none_proves_it_wrong(
        self, loan: Loan, rm: User, house: datetime
    ) -> None:
        calm = make_loan(make_borrower(now=house, rm=rm), LoanPlan(DAY - timedelta(days=40), dpd=8), now=house)
        search(house)
        calm.instalments.update(paid_at=house)
        LoanState.objects.filter(loan=calm).update(dpd=0)
        due = loan.instalments.get(n=1).due_date
        search(house, due + timedelta(days=29))
        assert not WarningSignal.objects.exclude(outcome="").exists()
        search(house, due + timedelta(days=30))
        right = WarningSignal.objects.get(loan=loan, rule__pattern="late")
        assert (right.outcome, right.outcome_date) == ("HIT", due + timedelta(days=30))
        search(house, DAY + timedelta(days=60))
        assert WarningSignal.objects.get(loan=calm, rule__pattern="late").outcome == "MISS"
        record = next(row for row in list_records() if row.rule.pattern == "late")
        assert (record.raised, record.hits, record.misses, record.precision) == (2, 1, 1, Decimal("0.500000"))
        assert record.lead_days == (right.outcome_date - right.raised_date).days

    def test_a_reader_sees_his_own_book(self, loan: Loan, rm: User, house: datetime) -> None:
        search(house)
        access, other = get_access(rm), get_access(make_staff("rm"))
        assert access is not None and other is not None
        row = list_watched_customers(access).get()
        assert (row.pk, row.points, row.warnings) == (loan.borrower_id, 40, 1)
        assert not list_watched_customers(other).exists()


class TestRules:
    @pytest.mark.parametrize(
        "changes",
        [
            {"pattern": "nothing"},
            {"values": {"times; DROP TABLE": 1}},
            {"values": {"times": "1; DROP TABLE risk_alert"}},
            {"values": {"times": True}},
            {"values": {"times": -1}},
            {"values": ["times"]},
        ],
    )
    def test_no_rule_holds_anything_but_whole_numbers_of_its_pattern(
        self, rm: User, house: datetime, changes: dict[str, Any]
    ) -> None:
        rule = WarningRule.objects.get(pattern="debit_failed")
        before = WarningRule.objects.values().get(pk=rule.pk)
        for name, value in changes.items():
            setattr(rule, name, value)
        with pytest.raises(warnings.WarningRuleInvalid):
            warnings.save_warning_rule(rule=rule, changed=changes, actor=make_staff("operations"), now=house)
        assert WarningRule.objects.values().get(pk=rule.pk) == before

    def test_numbers_take_effect_and_leave_a_trace(self, loan: Loan, house: datetime) -> None:
        rule = WarningRule.objects.get(pattern="late")
        rule.values = {"dpd": 11}
        with pytest.raises(Refused):
            warnings.save_warning_rule(rule=rule, changed={}, actor=make_staff("rm"), now=house)
        assert WarningRule.objects.get(pattern="late").values == {}
        warnings.save_warning_rule(
            rule=rule, changed={"values": {"dpd": 11}}, actor=make_staff("operations"), now=house
        )
        search(house)
        assert live() == {} and AuditEntry.objects.filter(action="risk.warning_rule_saved").exists()
