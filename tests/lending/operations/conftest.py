"""A house with its reference data on Monday 2026-03-02."""

import pytest

from tests.lending.operations.books import set_business_date
from tests.lending.operations.markets import DAY


@pytest.fixture
def house(standard_house: None) -> None:
    """Stand on the day of the seeds: roles, parameters, products, rules and templates."""
    set_business_date(DAY)
