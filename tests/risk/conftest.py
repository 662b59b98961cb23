"""A house with products, rules and staff on Monday 2026-03-02."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from bench.reports import GOOD_REPORT
from core import outbox
from core.models import User
from integrations.ports import CreditReport
from lending.models import Application
from lending.operations import seed as lending_seed
from risk.models import BureauReport
from risk.operations import bureau
from risk.operations.seed import ensure_standard_rules, seed_loss_parameters
from staff.operations import ensure_standard_roles
from tests.fixtures.kept import DAY, NOW, Kept
from tests.fixtures.sandbox import sandbox, sandbox_process  # noqa: F401 - fixtures


def seed_house() -> None:
    """Seed roles, parameters, products and rules."""
    ensure_standard_roles(now=NOW)
    lending_seed.seed_parameters(DAY, NOW)
    lending_seed.seed_products(DAY, NOW)
    ensure_standard_rules(now=NOW)
    seed_loss_parameters(DAY, NOW)


@pytest.fixture(scope="module")
def _seeds_of_risk(kept: Kept) -> None:
    kept.build(seed_house)


@pytest.fixture
def house(
    kept: Kept, _seeds_of_risk: None, db: None, now: datetime, set_business_date: Callable[[date], None]
) -> datetime:
    """Return the instant at which a seeded house stands."""
    kept.start(None, seed_house)
    set_business_date(DAY)
    return now


@pytest.fixture
def system(db: None) -> User:
    """The system's own user."""
    return outbox.system_user()


@pytest.fixture
def receive_report(house: datetime, system: User) -> Callable[..., BureauReport]:
    """Return a function that opens an application's query and records an answer, as the handler does."""

    def receive(application: Application, **changes: Any) -> BureauReport:
        report = bureau.open_bureau_query(application_id=application.pk, actor=system, now=house, business_date=DAY)
        bureau.record_bureau_report(report_id=report.pk, answer=make_answer(house, **changes), actor=system, now=house)
        report.refresh_from_db()
        return report

    return receive


def make_answer(now: datetime, **changes: Any) -> CreditReport:
    """Return a report as the bureau's adapter does."""
    from integrations.adapters.bureau import _read_report

    raw = {
        "report_number": f"CR{now:%Y%m%d%H%M%S%f}",
        "reported_at": now.isoformat(),
        "valid_until": "2026-04-01",
        "cost": "2.00",
        **GOOD_REPORT,
        **changes,
    }
    return _read_report("query", raw)
