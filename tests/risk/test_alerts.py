"""The life of an alert: indicator, threshold, alarm, owner, action, closure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core import clock, outbox
from core.errors import NotFound, Refused
from core.models import AuditEntry, User
from core.outbox import publish
from core.registries import frame_items
from customers.models import Customer, WorkItem
from lending.events import BucketChanged, LoanCured
from lending.models import Loan, LoanState, Product
from risk.models import Alert, AlertRule
from risk.operations import alerts, arrears, indicators
from risk.queries.alerts import access_alert, count_open_alerts, list_alerts
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan, make_staff
from tests.risk.conftest import DAY


@pytest.fixture
def officer(house: datetime) -> User:
    return make_staff("risk-officer")


@pytest.fixture
def paused(house: datetime) -> Alert:
    """An open alert whose measure paused the product."""
    AlertRule.objects.exclude(indicator="overdue_ratio").delete()
    AlertRule.objects.update(min_denominator=0)
    make_loan(make_borrower(now=house), LoanPlan(DAY - timedelta(days=40), dpd=10, bucket="M1"), now=house)
    indicators.run_step(DAY, 0, 0, house)
    return Alert.objects.get()


@pytest.fixture
def late_loan(house: datetime) -> Loan:
    rm = make_staff("rm")
    return make_loan(make_borrower(now=house, rm=rm), LoanPlan(DAY - timedelta(days=31), dpd=1, bucket="M1"), now=house)


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


class TestHandling:
    def test_taken_up_acted_on_and_closed(self, paused: Alert, officer: User, house: datetime) -> None:
        alerts.acknowledge_alert(alert_id=paused.pk, actor=officer, now=house)
        alerts.note_action(alert_id=paused.pk, text="called both borrowers", actor=officer, now=house)
        with pytest.raises(alerts.MeasureInForce):
            alerts.close_alert(alert_id=paused.pk, closure="HANDLED", note="one bad day", actor=officer, now=house)
        alerts.lift_measure(alert_id=paused.pk, reason="one bad day", actor=officer, now=house)
        assert Product.objects.get(code="xinyong-debx").state == "ACTIVE"
        with pytest.raises(alerts.NoMeasureInForce):
            alerts.lift_measure(alert_id=paused.pk, reason="again", actor=officer, now=house)
        alerts.close_alert(alert_id=paused.pk, closure="HANDLED", note="one bad day", actor=officer, now=house)
        paused.refresh_from_db()
        assert (paused.state, paused.closure, paused.closed_by) == ("CLOSED", "HANDLED", officer)
        assert paused.owner == officer.staff_member
        assert "called both borrowers" in paused.action_taken
        assert not WorkItem.objects.filter(kind="risk.alert", state="OPEN").exists()
        actions = set(AuditEntry.objects.filter(action__startswith="risk.").values_list("action", flat=True))
        assert {"risk.alert_raised", "risk.alert_taken_up", "risk.measure_lifted", "risk.alert_closed"} <= actions

    def test_a_lifted_measure_is_not_taken_again_while_the_alert_is_open(
        self, paused: Alert, officer: User, house: datetime
    ) -> None:
        alerts.lift_measure(alert_id=paused.pk, reason="checked", actor=officer, now=house)
        indicators.run_step(DAY + timedelta(days=1), 0, 0, house)
        assert Product.objects.get(code="xinyong-debx").state == "ACTIVE"
        assert Alert.objects.count() == 1

    def test_closed_too_early_it_comes_back(self, paused: Alert, officer: User, house: datetime) -> None:
        alerts.lift_measure(alert_id=paused.pk, reason="checked", actor=officer, now=house)
        alerts.close_alert(alert_id=paused.pk, closure="FALSE_ALARM", note="no", actor=officer, now=house)
        indicators.run_step(DAY + timedelta(days=1), 0, 0, house)
        assert list(Alert.objects.order_by("pk").values_list("state", flat=True)) == ["CLOSED", "OPEN"]
        assert Product.objects.get(code="xinyong-debx").state == "PAUSED"

    def test_assigned_to_somebody_entitled(self, paused: Alert, officer: User, house: datetime) -> None:
        manager, rm = make_staff("risk-manager"), make_staff("rm")
        alerts.assign_alert(alert_id=paused.pk, owner_id=manager.staff_member.pk, actor=officer, now=house)
        assert Alert.objects.get().owner == manager.staff_member
        with pytest.raises(alerts.OwnerNotEntitled):
            alerts.assign_alert(alert_id=paused.pk, owner_id=rm.staff_member.pk, actor=officer, now=house)
        assert Alert.objects.get().owner == manager.staff_member

    def test_without_the_right_nothing_happens(self, paused: Alert, house: datetime) -> None:
        rm = make_staff("rm")
        before = Alert.objects.values().get()
        acts: list[Callable[[], object]] = [
            lambda: alerts.acknowledge_alert(alert_id=paused.pk, actor=rm, now=house),
            lambda: alerts.assign_alert(alert_id=paused.pk, owner_id=rm.staff_member.pk, actor=rm, now=house),
            lambda: alerts.note_action(alert_id=paused.pk, text="x", actor=rm, now=house),
            lambda: alerts.lift_measure(alert_id=paused.pk, reason="x", actor=rm, now=house),
            lambda: alerts.close_alert(alert_id=paused.pk, closure="HANDLED", note="x", actor=rm, now=house),
        ]
        for act in acts:
            with pytest.raises(Refused):
                act()
        assert Alert.objects.values().get() == before

    def test_a_closing_needs_words(self, paused: Alert, officer: User, house: datetime) -> None:
        for closure, note in (("HANDLED", " "), ("RECOVERED", "x"), ("", "x")):
            with pytest.raises(alerts.NoteMissing):
                alerts.close_alert(alert_id=paused.pk, closure=closure, note=note, actor=officer, now=house)
        with pytest.raises(alerts.NoteMissing):
            alerts.note_action(alert_id=paused.pk, text="", actor=officer, now=house)
        assert Alert.objects.get().state == "OPEN"


class TestLoans:
    def test_on_the_first_day_the_rm_is_told_and_an_alert_stands(self, late_loan: Loan, house: datetime) -> None:
        change_bucket(late_loan, house)
        alert = Alert.objects.get()
        assert (alert.kind, alert.severity, alert.loan) == ("LOAN", "LOW", late_loan)
        item = WorkItem.objects.get(kind="risk.overdue")
        assert (item.group, item.assignee_id) == ("DUE", late_loan.borrower.rm_id)
        assert Customer.objects.get(pk=late_loan.borrower_id).risk_tier == "MIDDLE"

    def test_it_grows_with_the_bucket_and_ends_with_the_arrears(self, late_loan: Loan, house: datetime) -> None:
        change_bucket(late_loan, house)
        change_bucket(late_loan, house, old="M1", new="M2", dpd=31)
        alert = Alert.objects.get()
        assert (alert.severity, alert.params["dpd"]) == ("MIDDLE", 31)
        assert Customer.objects.get(pk=late_loan.borrower_id).risk_tier == "HIGH"
        change_bucket(late_loan, house, old="M2", new="M5", dpd=121)
        assert Alert.objects.get().severity == "CRITICAL"
        LoanState.objects.filter(loan=late_loan).update(dpd=0, bucket="M0")
        publish(LoanCured(loan_id=late_loan.pk, customer_id=late_loan.borrower_id), now=house)
        with clock.use_clock(house):
            outbox.drain()
        alert.refresh_from_db()
        assert (alert.state, alert.closure) == ("CLOSED", "RECOVERED")
        assert not WorkItem.objects.filter(kind="risk.overdue", state="OPEN").exists()
        assert Customer.objects.get(pk=late_loan.borrower_id).risk_tier == "UNKNOWN"

    def test_the_figures_of_open_work_grow_with_the_arrears(self, late_loan: Loan, house: datetime) -> None:
        change_bucket(late_loan, house)
        item = WorkItem.objects.get(kind="risk.overdue")
        LoanState.objects.filter(loan=late_loan).update(dpd=12, overdue_amount=Decimal("2040.50"))
        assert arrears.refresh_arrears(DAY, 0, 0, house) == 1
        assert arrears.refresh_arrears(DAY, 0, 0, house) == 0
        item.refresh_from_db()
        assert (item.params["amount"], item.params["dpd"]) == ("2040.50", 12)
        assert item.params["number"] == late_loan.number
        WorkItem.objects.update(state="DONE", params={})
        assert arrears.refresh_arrears(DAY, 0, 0, house) == 0

    def test_news_of_arrears_that_are_paid_already_raises_nothing(
        self, late_loan: Loan, house: datetime, system: User
    ) -> None:
        LoanState.objects.filter(loan=late_loan).update(dpd=0, bucket="M0")
        alert = alerts.raise_loan_alert(
            loan_id=late_loan.pk,
            from_bucket="M0",
            bucket="M1",
            dpd=1,
            overdue_amount=Decimal("1.00"),
            actor=system,
            now=house,
            business_date=DAY,
        )
        assert alert is None
        assert not Alert.objects.exists() and not WorkItem.objects.exists()

    def test_a_borrower_without_rm_is_everybodys_who_collects(self, house: datetime) -> None:
        loan = make_loan(make_borrower(now=house), LoanPlan(DAY - timedelta(days=31)), now=house)
        change_bucket(loan, house)
        item = WorkItem.objects.get(kind="risk.overdue")
        assert (item.assignee_id, item.right) == (None, "service.collect")


class TestScope:
    def test_each_sees_his_own(self, late_loan: Loan, paused: Alert, officer: User, house: datetime) -> None:
        change_bucket(late_loan, house)
        lead = make_staff("team-lead")
        assert list_alerts(officer).count() == count_open_alerts(officer) == 2
        assert list_alerts(lead).count() == count_open_alerts(lead) == 0
        Customer.objects.filter(pk=late_loan.borrower_id).update(rm=lead.staff_member)
        assert [alert.kind for alert in list_alerts(lead)] == ["LOAN"]
        assert access_alert(officer, paused.public_id) == paused
        with pytest.raises(NotFound):
            access_alert(lead, paused.public_id)
        with pytest.raises(Refused):
            list_alerts(make_staff("rm"))
        assert count_open_alerts(make_staff("rm")) == 0

    def test_the_frame_counts_open_alerts(self, paused: Alert, officer: User) -> None:
        item = frame_items.get("alerts")
        assert item(officer)["count"] == 1
        assert item(make_staff("rm")) is None

    def test_the_worst_open_alert_comes_first(
        self, late_loan: Loan, paused: Alert, officer: User, house: datetime, system: User
    ) -> None:
        change_bucket(late_loan, house, new="M5", dpd=125)
        assert [alert.severity for alert in list_alerts(officer)] == ["CRITICAL", "HIGH"]
        alerts.clear_loan_alert(loan_id=late_loan.pk, actor=system, now=house)
        assert [alert.state for alert in list_alerts(officer)] == ["OPEN", "CLOSED"]
        assert list_alerts(officer, state="CLOSED").count() == 1
