"""A small year with a shock: the nightly steps themselves, on loans written down instead of lived through."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from core import clock, seeding
from customers.models import Customer
from lending.models import Instalment, Loan, LoanState
from lending.operations.closing import aging
from risk.models import AlertRule
from risk.operations import indicators, warnings
from simulation.lendingclub import BookLoan
from simulation.shock import ShockPlan, make_book, principal_paid
from simulation.shock_report import build_report, judge_alerts
from simulation.workspace.watching import KEPT_YEAR
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan

FIRST = date(2025, 6, 2)
PLAN = ShockPlan(FIRST, FIRST + timedelta(days=240), FIRST + timedelta(days=90))


def test_principal_that_instalments_repay() -> None:
    assert principal_paid(Decimal(10_000), Decimal("0.12"), 12, 3) == Decimal("2389.20")
    assert principal_paid(Decimal(10_000), Decimal("0.12"), 12, 0) == Decimal("0.00")


def make_book_loan(row: int) -> BookLoan:
    return BookLoan(
        row=row, month=row % 3, amount=Decimal(10_000), periods=36, annual_rate=Decimal("0.2"), sub_grade="A1",
        purpose="CONSUMPTION", purpose_text="", monthly_income=Decimal(10_000), monthly_debt=Decimal(0),
        employment_years=5, housing="RENT", bureau={}, status="", instalment=Decimal(1), balance=Decimal(0),
        paid_principal=Decimal(0), paid_interest=Decimal(0), paid_late_fees=Decimal(0),
    )  # fmt: skip


def test_the_shock_makes_many_fail_and_the_seed_decides_who() -> None:
    loans = [make_book_loan(row) for row in range(400)]
    book = make_book(loans, PLAN, seed=7)
    assert book == make_book(loans, PLAN, seed=7) != make_book(loans, PLAN, seed=8)
    calm = make_book(loans, ShockPlan(PLAN.first_date, PLAN.last_date, PLAN.shock_date, shocked=PLAN.calm), seed=7)
    failed, usual = (sum(loan.status == "Late (31-120 days)" for loan in one) for one in (book, calm))
    assert usual < 30 < 60 < failed < 150
    assert {loan.annual_rate for loan in book} == {Decimal("0.12")}


def test_alerts_are_judged_by_the_loss() -> None:
    loss = date(2026, 6, 1)
    right, false, late = judge_alerts([date(2026, 4, 1), date(2025, 11, 1), date(2026, 6, 2)], loss)
    assert (right.lead_days, right.is_false) == (61, False)
    assert (false.lead_days, false.is_false) == (None, True)
    assert (late.lead_days, late.is_false) == (None, False)
    assert judge_alerts([date(2026, 4, 1)], None)[0].is_false


def test_the_year_of_the_demo_world_is_what_the_command_printed() -> None:
    kept = json.loads(KEPT_YEAR.read_text(encoding="utf-8"))
    given, result = kept["assumptions"], kept["result"]
    assert set(kept) == {"assumptions", "result"} and (given["loans"], given["seed"]) == (result["loans"], 7)
    assert (given["calm"], given["shocked"]) == (PLAN.calm, PLAN.shocked)
    loss, shock = (date.fromisoformat(text) for text in (result["loss_date"], given["shock_date"]))
    alerts = result["alerts"]
    days = [date.fromisoformat(alert["day"]) for alert in alerts]
    judged = judge_alerts(days, loss)
    assert [(one.lead_days, one.is_false) for one in judged] == [(a["lead_days"], a["is_false"]) for a in alerts]
    assert result["lead_days"] == max((loss - day).days for day in days if day >= shock)
    assert result["false_alarms"] == sum(one.is_false for one in judged)
    assert [row["day"] for row in result["days"]] == sorted(row["day"] for row in result["days"])
    assert given["first_date"] <= result["days"][0]["day"] and result["days"][-1]["day"] <= given["last_date"]


@pytest.fixture
def house(db: None, set_business_date: Callable[[date], None]) -> datetime:
    now = clock.at(FIRST, 10)
    seeding.run_seeds(business_date=FIRST, now=now)
    set_business_date(FIRST)
    AlertRule.objects.update(min_denominator=0)
    # Eight borrowers of one product are always concentrated.
    AlertRule.objects.filter(indicator__in=["top_borrowers", "product_share", "region_share"]).update(is_active=False)
    return now


def live(loans: list[Loan], stops: dict[int, date], house: datetime) -> None:
    """Let the days pass: who pays does so on his due date, who has stopped does not; every fifth close looks for warnings."""
    day = FIRST
    while day <= PLAN.last_date:
        now = clock.at(day, 23)
        payers = [loan.pk for loan in loans if day < stops.get(loan.pk, date.max)]
        due = Instalment.objects.filter(loan__in=payers, due_date=day, paid_at=None)
        due.update(principal_paid=Decimal("1000.00"), interest_paid=Decimal("100.00"), paid_at=now)
        for loan in loans:
            oldest = loan.instalments.filter(paid_at=None).order_by("n").values_list("due_date", flat=True).first()
            if oldest is not None and (day - oldest).days in (0, 1):
                LoanState.objects.filter(loan=loan).update(oldest_unpaid_due_date=oldest, next_due_date=oldest)
        aging.age(day, 0, 2**62, now)
        indicators.run_step(day, 0, 0, now)
        if (day - FIRST).days % 5 == 0:
            warnings.search_warnings(business_date=day, now=now)
        day += timedelta(days=1)


def test_alerts_come_before_the_loss(house: datetime) -> None:
    borrowers: list[Customer] = [make_borrower(now=house) for _one in range(8)]
    loans = [make_loan(who, LoanPlan(FIRST - timedelta(days=n)), now=house) for n, who in enumerate(borrowers)]
    stops = {loan.pk: PLAN.shock_date for loan in loans[:3]}
    live(loans, stops, house)
    report = build_report(PLAN)
    assert report["loans"] == 8
    assert report["bad_loans"] == report["warned_loans"] == 3
    assert report["first_alert_date"] < report["loss_date"]
    assert report["lead_days"] >= 30
    assert report["false_alarms"] == 0
    assert report["warning_lead_days"] >= 14
    assert report["days"][0]["bad"] == 0 and report["days"][-1]["bad"] == 3
