"""Figures of a business date with published definitions, and what happens when they pass a limit."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from core import close, seeding
from core.errors import BusinessError
from core.models import AuditEntry, BusinessDate, OutboxEvent, User
from core.registries import indicators as registry
from customers.models import WorkItem
from lending.models import Listing, Loan, Product
from lending.operations.applications import ProductNotAvailable
from lending.operations.products import pause_product, resume_product
from risk.models import Alert, AlertRule, IndicatorValue
from risk.operations import alerts, indicators
from risk.queries import indicators as figures
from risk.rules.limits import AlertLimits, Passing, judge_values
from tests.fixtures.borrowers import LoanPlan, make_application, make_borrower, make_loan
from tests.risk.conftest import DAY

PRODUCT = "xinyong-debx"


@pytest.fixture
def product(house: datetime) -> Product:
    AlertRule.objects.update(min_denominator=0)
    return Product.objects.get(code=PRODUCT)


def book(now: datetime, *, late: int, good: int) -> list[Loan]:
    """Make loans of 12 x (1000 + 100); the late ones have missed the first instalment by 10 days."""
    loans = []
    for number in range(late + good):
        is_late = number < late
        start = DAY - timedelta(days=40 if is_late else 20)
        plan = LoanPlan(start, dpd=10 if is_late else 0, bucket="M1" if is_late else "M0")
        loans.append(make_loan(make_borrower(now=now), plan, now=now))
    return loans


def values(code: str) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    return {row[0]: row[1:] for row in registry.get(code).compute(DAY)}


class TestFigures:
    def test_overdue_ratio_is_missed_over_owed(self, product: Product, house: datetime) -> None:
        book(house, late=1, good=3)
        # One instalment of 1 100 missed; four loans owe 13 200 each.
        expected = (Decimal("0.020833"), Decimal("1100.00"), Decimal("52800.00"))
        assert values("overdue_ratio") == {PRODUCT: expected, "": expected}

    def test_a_part_payment_and_a_waiver_count(self, product: Product, house: datetime) -> None:
        loan = book(house, late=1, good=0)[0]
        loan.instalments.filter(n=1).update(principal_paid=Decimal("400.00"), interest_waived=Decimal("30.00"))
        assert values("overdue_ratio")[""][1] == Decimal("670.00")

    def test_what_falls_due_today_is_overdue_once_the_day_is_over(self, product: Product, house: datetime) -> None:
        make_loan(make_borrower(now=house), LoanPlan(DAY - timedelta(days=30)), now=house)
        assert values("overdue_ratio")[""][1] == Decimal("1100.00")
        make_loan(make_borrower(now=house), LoanPlan(DAY - timedelta(days=29)), now=house)
        assert values("overdue_ratio")[""][1] == Decimal("1100.00")

    def test_par30_counts_whole_loans_beyond_thirty_days(self, product: Product, house: datetime) -> None:
        borrower = make_borrower(now=house)
        for dpd, bucket in ((30, "M1"), (31, "M2"), (0, "M0")):
            make_loan(borrower, LoanPlan(DAY - timedelta(days=61), dpd=dpd, bucket=bucket), now=house)
        assert values("par30")[""] == (Decimal("0.333333"), Decimal("12000.00"), Decimal("36000.00"))

    def test_first_payment_default_counts_first_instalments_only(self, product: Product, house: datetime) -> None:
        borrower = make_borrower(now=house)
        first_due = DAY - timedelta(days=10)
        start = first_due - timedelta(days=30)
        make_loan(borrower, LoanPlan(start, dpd=10, bucket="M1"), now=house)
        make_loan(borrower, LoanPlan(start, paid=1, paid_dates={1: first_due + timedelta(days=7)}), now=house)
        make_loan(borrower, LoanPlan(start, paid=1, paid_dates={1: first_due + timedelta(days=8)}), now=house)
        make_loan(borrower, LoanPlan(DAY - timedelta(days=36), dpd=6, bucket="M1"), now=house)
        make_loan(borrower, LoanPlan(DAY - timedelta(days=127), dpd=97, bucket="M4"), now=house)
        assert values("first_payment_default")[""] == (Decimal("0.666667"), Decimal(2), Decimal(3))

    def test_funding_failure_counts_listings_that_ended_within_thirty_days(
        self, product: Product, house: datetime
    ) -> None:
        book(house, late=0, good=3)
        first, second, third = Listing.objects.order_by("pk")
        Listing.objects.filter(pk=first.pk).update(state="FAILED")
        Listing.objects.filter(pk=second.pk).update(ended_at=house - timedelta(days=30))
        Listing.objects.filter(pk=third.pk).update(ended_at=house - timedelta(days=29))
        assert values("funding_failure")[""] == (Decimal("0.5"), Decimal(1), Decimal(2))

    def test_an_empty_book_has_no_figures(self, product: Product) -> None:
        assert [row for code in ("overdue_ratio", "par30") for row in registry.get(code).compute(DAY)] == []
        assert figures.compute_funding_failure(DAY) == []


@pytest.mark.parametrize(
    ("value", "denominator", "is_open", "passing"),
    [
        ("0.0800", 1000, False, Passing.NOTHING),
        ("0.0801", 1000, False, Passing.RAISE),
        ("0.0801", 99, False, Passing.NOTHING),
        ("0.0700", 1000, True, Passing.NOTHING),
        ("0.0900", 1000, True, Passing.NOTHING),
        ("0.0600", 1000, True, Passing.CLEAR),
        ("0.0000", 0, True, Passing.CLEAR),
        ("0.0700", 1000, False, Passing.NOTHING),
    ],
)
def test_two_limits_keep_an_alert_from_fluttering(
    value: str, denominator: int, is_open: bool, passing: Passing
) -> None:
    limits = AlertLimits(Decimal("0.08"), Decimal("0.06"), Decimal(100))
    assert judge_values([(Decimal(value), Decimal(denominator))], limits, is_open=is_open) is passing


@pytest.mark.parametrize(
    ("latest", "is_open", "passing"),
    [
        (["0.09", "0.09", "0.09"], False, Passing.RAISE),
        (["0.09", "0.09", "0.07"], False, Passing.NOTHING),
        (["0.09", "0.09"], False, Passing.NOTHING),
        (["0.05", "0.06"], True, Passing.CLEAR),
        (["0.05", "0.07"], True, Passing.NOTHING),
        (["0.05"], True, Passing.NOTHING),
    ],
)
def test_a_limit_may_ask_for_days_in_a_row(latest: list[str], is_open: bool, passing: Passing) -> None:
    limits = AlertLimits(Decimal("0.08"), Decimal("0.06"), raise_days=3, clear_days=2)
    assert judge_values([(Decimal(value), Decimal(1)) for value in latest], limits, is_open=is_open) is passing


def test_of_some_figures_little_is_bad() -> None:
    limits = AlertLimits(Decimal("1.0"), Decimal("1.2"), is_low_bad=True)
    for value, is_open, passing in (
        ("0.99", False, Passing.RAISE),
        ("1.00", False, Passing.NOTHING),
        ("1.19", True, Passing.NOTHING),
        ("1.20", True, Passing.CLEAR),
    ):
        assert judge_values([(Decimal(value), Decimal(1))], limits, is_open=is_open) is passing


class TestStep:
    def run(self, house: datetime, day: date = DAY) -> int:
        return indicators.run_step(day, 0, 0, house)

    def test_over_its_limit_a_product_is_paused_and_somebody_called(self, product: Product, house: datetime) -> None:
        book(house, late=2, good=0)
        assert self.run(house) > 0
        product.refresh_from_db()
        assert product.state == Product.State.PAUSED
        assert "8.33% > 8.00%" in product.paused_reason
        alert = Alert.objects.get(rule__indicator="overdue_ratio")
        assert (alert.state, alert.severity, alert.measure_taken) == ("OPEN", "HIGH", "PAUSE_PRODUCT")
        assert alert.params["numerator"] == "2200.00" and alert.params["limit"] == "8.00%"
        item = WorkItem.objects.get(kind="risk.alert", reason_code="risk.above.overdue_ratio")
        assert (item.group, item.right) == ("RISK", "risk.handle_alerts")
        assert OutboxEvent.objects.filter(name="risk.alert_raised").exists()
        assert AuditEntry.objects.filter(action="lending.product_paused").count() == 1
        with pytest.raises(ProductNotAvailable):
            make_application(make_borrower(now=house), now=house, business_date=DAY, product=product)

    def test_run_twice_it_changes_nothing(self, product: Product, house: datetime) -> None:
        book(house, late=2, good=0)
        self.run(house)
        before = (
            list(IndicatorValue.objects.order_by("code", "dimension").values_list("code", "dimension", "value")),
            list(Alert.objects.values_list("key", "state")),
            WorkItem.objects.count(),
            AuditEntry.objects.count(),
        )
        self.run(house)
        after = (
            list(IndicatorValue.objects.order_by("code", "dimension").values_list("code", "dimension", "value")),
            list(Alert.objects.values_list("key", "state")),
            WorkItem.objects.count(),
            AuditEntry.objects.count(),
        )
        assert before == after

    def test_between_the_limits_nothing_moves_and_below_both_it_is_over(
        self, product: Product, house: datetime
    ) -> None:
        loans = book(house, late=2, good=0)
        self.run(house)
        loans[0].instalments.filter(n=1).update(principal_paid=Decimal("500.00"))
        self.run(house, DAY + timedelta(days=1))
        product.refresh_from_db()
        assert IndicatorValue.objects.get(
            code="overdue_ratio", dimension=PRODUCT, business_date__gt=DAY
        ).value < Decimal("0.08")
        assert product.state == Product.State.PAUSED and Alert.objects.exclude(state="CLOSED").exists()
        loans[0].instalments.filter(n=1).update(
            principal_paid=Decimal("1000.00"), interest_paid=Decimal("100.00"), paid_at=house
        )
        self.run(house, DAY + timedelta(days=2))
        product.refresh_from_db()
        alert = Alert.objects.get(rule__indicator="overdue_ratio")
        assert (product.state, product.paused_reason) == (Product.State.ACTIVE, "")
        assert (alert.state, alert.closure, alert.measure_taken) == ("CLOSED", "RECOVERED", "NONE")
        assert alert.closed_by is not None and alert.closed_by.username == "system"
        assert not WorkItem.objects.filter(reason_code="risk.above.overdue_ratio", state="OPEN").exists()

    def test_a_product_that_people_paused_stays_paused(self, product: Product, house: datetime, system: User) -> None:
        pause_product(product_id=product.pk, reason="audit", actor=system, now=house)
        loans = book(house, late=2, good=0)
        self.run(house)
        assert Alert.objects.get(rule__indicator="overdue_ratio").measure_taken == "NONE"
        for loan in loans:
            loan.instalments.filter(n=1).update(
                principal_paid=Decimal("1000.00"), interest_paid=Decimal("100.00"), paid_at=house
            )
        self.run(house, DAY + timedelta(days=1))
        product.refresh_from_db()
        assert (product.state, product.paused_reason) == (Product.State.PAUSED, "audit")
        assert Alert.objects.get(rule__indicator="overdue_ratio").state == "CLOSED"

    def test_a_freeze_stops_every_product_and_ends_with_its_alert(
        self, product: Product, house: datetime, system: User
    ) -> None:
        loans = book(house, late=2, good=0)
        other = Product.objects.exclude(pk=product.pk).filter(state="ACTIVE").order_by("pk")
        shut, free = other[0], other[1]
        # Said in the words of a freeze, and yet no freeze.
        pause_product(product_id=shut.pk, reason="全平台冻结 · 审计", actor=system, now=house)
        AlertRule.objects.exclude(indicator="overdue_ratio", measure="PAUSE_PRODUCT").update(is_active=False)
        AlertRule.objects.create(
            name="freeze", indicator="overdue_ratio", raise_above="0.01", clear_at="0.005", measure="FREEZE"
        )
        self.run(house)
        assert not Product.objects.filter(state="ACTIVE").exists()
        assert set(Alert.objects.values_list("dimension", "measure_taken")) == {
            ("", "FREEZE"),
            (PRODUCT, "PAUSE_PRODUCT"),
        }
        # The house recovers, the product alone does not: its own alert holds it from then on.
        lift = Alert.objects.get(measure_taken="FREEZE")
        alerts.clear_alert(alert_id=lift.pk, value="0.00%", actor=system, now=house)
        states = dict(Product.objects.values_list("pk", "state"))
        assert (states[product.pk], states[shut.pk], states[free.pk]) == ("PAUSED", "PAUSED", "ACTIVE")
        assert Alert.objects.get(dimension=PRODUCT).measure_taken == "PAUSE_PRODUCT"
        loans[0].instalments.filter(n=1).update(paid_at=house)
        loans[1].instalments.filter(n=1).update(paid_at=house)
        AlertRule.objects.filter(name="freeze").update(is_active=False)
        self.run(house, DAY + timedelta(days=1))
        assert Product.objects.get(pk=product.pk).state == "ACTIVE"

    def test_a_freeze_holds_until_the_last_alert_lets_go(self, product: Product, house: datetime, system: User) -> None:
        book(house, late=2, good=0)
        AlertRule.objects.exclude(indicator="overdue_ratio", measure="PAUSE_PRODUCT").update(is_active=False)
        self.run(house)
        limits = {"indicator": "par30", "raise_above": "0.9", "clear_at": "0.1", "measure": "FREEZE"}
        now, rules = house, [AlertRule.objects.create(name=name, **limits) for name in ("one", "two")]
        figure = IndicatorValue(code="par30", dimension="", value=1, numerator=1, denominator=1, business_date=DAY)
        raised = [
            alerts.raise_indicator_alert(
                rule=rule, value=figure, limit=Decimal("0.9"), product=None, actor=system, now=now, business_date=DAY
            )
            for rule in rules
        ]
        assert [alert.measure_taken for alert in raised] == ["FREEZE", "FREEZE"]
        # The product's own figure recovers while the house is frozen.
        own = Alert.objects.get(measure_taken="PAUSE_PRODUCT")
        alerts.clear_alert(alert_id=own.pk, value="0.00%", actor=system, now=now)
        assert not Product.objects.filter(state="ACTIVE").exists()
        alerts.clear_alert(alert_id=raised[0].pk, value="0", actor=system, now=now)
        assert not Product.objects.filter(state="ACTIVE").exists()
        alerts.clear_alert(alert_id=raised[1].pk, value="0", actor=system, now=now)
        assert Product.objects.get(pk=product.pk).state == "ACTIVE" and not Product.objects.filter(state="PAUSED")

    def test_a_thin_book_raises_nothing(self, product: Product, house: datetime) -> None:
        AlertRule.objects.update(min_denominator=1_000_000)
        book(house, late=2, good=0)
        self.run(house)
        assert not Alert.objects.exists()
        assert IndicatorValue.objects.filter(code="overdue_ratio", dimension=PRODUCT).exists()

    def test_a_rule_may_watch_the_total_or_be_switched_off(self, product: Product, house: datetime) -> None:
        book(house, late=2, good=0)
        AlertRule.objects.all().delete()
        total = AlertRule.objects.create(
            name="total", indicator="overdue_ratio", raise_above=Decimal("0.01"), clear_at=Decimal("0.01")
        )
        AlertRule.objects.create(
            name="off", indicator="overdue_ratio", dimension="*", raise_above=0, clear_at=0, is_active=False
        )
        self.run(house)
        assert [(alert.rule_id, alert.dimension) for alert in Alert.objects.all()] == [(total.pk, "")]

    def test_the_close_runs_it_before_the_date_moves(self, product: Product, house: datetime) -> None:
        names = [step.name for step in close.list_steps()]
        assert names.index("lending.age_loans") < names.index("risk.indicators") < names.index("advance_date")
        seeding.run_seeds(business_date=DAY, now=house)
        book(house, late=2, good=0)
        close.close_date(business_date=DAY, now=house)
        assert IndicatorValue.objects.filter(business_date=DAY, code="overdue_ratio").count() == 2
        assert BusinessDate.objects.get().value == DAY + timedelta(days=1)


class TestRefusals:
    def test_the_database_refuses_two_open_alerts_and_bad_limits(self, product: Product, house: datetime) -> None:
        common = {
            "kind": "INDICATOR",
            "key": "k",
            "severity": "LOW",
            "reason_code": "x",
            "raised_at": house,
            "business_date": DAY,
        }
        Alert.objects.create(**common)
        with pytest.raises(IntegrityError, match="alert_open_once"), transaction.atomic():
            Alert.objects.create(**common)
        with pytest.raises(IntegrityError, match="alert_rule_limits"), transaction.atomic():
            AlertRule.objects.create(name="a", indicator="par30", raise_above="0.05", clear_at="0.06")
        with pytest.raises(IntegrityError, match="alert_rule_limits"), transaction.atomic():
            AlertRule.objects.create(name="b", indicator="par30", raise_above="0.05")
        with pytest.raises(IntegrityError, match="indicator_once_a_day"), transaction.atomic():
            for _ in range(2):
                IndicatorValue.objects.create(business_date=DAY, code="c", value=1, numerator=1, denominator=1)

    def test_pausing_and_resuming_are_idempotent(self, product: Product, house: datetime, system: User) -> None:
        assert pause_product(product_id=product.pk, reason="a", actor=system, now=house)
        assert not pause_product(product_id=product.pk, reason="b", actor=system, now=house)
        product.refresh_from_db()
        assert product.paused_reason == "a"
        assert resume_product(product_id=product.pk, reason="c", actor=system, now=house)
        assert not resume_product(product_id=product.pk, reason="d", actor=system, now=house)
        assert issubclass(ProductNotAvailable, BusinessError)
