"""A house with one late loan and those who work on it, on Monday 2026-03-02."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from core import outbox
from core.models import User
from lending.models import Loan
from lending.operations import seed as lending_seed
from service.operations.seed import seed_contact_limits
from staff.operations import ensure_standard_roles
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan, make_staff
from tests.fixtures.kept import DAY, NOW, Kept


def seed_house() -> None:
    """Seed roles, parameters and products."""
    ensure_standard_roles(now=NOW)
    lending_seed.seed_parameters(DAY, NOW)
    lending_seed.seed_products(DAY, NOW)
    seed_contact_limits(DAY, NOW)


@pytest.fixture(scope="module")
def _seeds_of_service(kept: Kept) -> None:
    kept.build(seed_house)


@pytest.fixture
def house(
    kept: Kept, _seeds_of_service: None, db: None, now: datetime, set_business_date: Callable[[date], None]
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
def rm(house: datetime) -> User:
    """The RM of the late borrower."""
    return make_staff("rm")


@pytest.fixture
def late_loan(house: datetime, rm: User) -> Loan:
    """A loan one day past due."""
    return make_loan(make_borrower(now=house, rm=rm), LoanPlan(DAY - timedelta(days=31), dpd=1, bucket="M1"), now=house)
