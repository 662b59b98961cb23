"""A house with one late loan and those who work on it, on Monday 2026-03-02."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from core import clock, outbox
from core.models import User
from lending.models import Loan
from lending.operations import seed as lending_seed
from service.operations.seed import seed_contact_limits
from staff.operations import ensure_standard_roles
from tests.fixtures.borrowers import LoanPlan, make_borrower, make_loan, make_staff

DAY = date(2026, 3, 2)


@pytest.fixture
def house(db: None, now: datetime, set_business_date: Callable[[date], None]) -> datetime:
    """Seed roles, parameters and products, and return the instant."""
    set_business_date(DAY)
    ensure_standard_roles(now=clock.now())
    lending_seed.seed_parameters(DAY, now)
    lending_seed.seed_products(DAY, now)
    seed_contact_limits(DAY, now)
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
