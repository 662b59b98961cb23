"""A house with its reference data on Monday 2026-03-02."""

import pytest

from core import seeding
from tests.lending.operations.books import set_business_date
from tests.lending.operations.markets import DAY, at


@pytest.fixture
def house(db: None) -> None:
    """Seed roles, parameters, products, rules and templates."""
    set_business_date(DAY)
    seeding.run_seeds(business_date=DAY, now=at())
