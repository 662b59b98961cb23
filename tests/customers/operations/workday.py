"""A desk at work on a Monday morning: one customer of an RM's, contacts with him, and acts that are refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from core import clock
from core.errors import BusinessError
from core.models import BusinessDate
from customers.models import Contact, Customer
from customers.operations import diary
from tests.customers.operations.desk import Desk, make_customer, make_desk
from tests.fixtures.kept import Kept, seed_house
from tests.pictures import unchanged

TODAY = date(2026, 3, 2)
NOW = clock.at(TODAY, 10)
NAMES = {"rm": "李静", "stranger": "张强", "manager": "周总"}


@dataclass
class Workday(Desk):
    """The desk and the customer whom its RM looks after."""

    customer: Customer


def open_desk() -> Workday:
    """Seed the house and open the desk."""
    seed_house()
    BusinessDate.objects.update_or_create(pk=1, defaults={"value": TODAY})
    made = make_desk()
    for place, name in NAMES.items():
        user = getattr(made, place).user
        user.display_name = name
        user.save(update_fields=["display_name"])
    customer = make_customer(made.rm, NOW, registered_at=NOW - timedelta(days=100))
    return Workday(**vars(made), customer=customer)


@pytest.fixture(scope="module")
def _kept_desk(kept: Kept) -> Workday | None:
    return kept.build(open_desk)


@pytest.fixture
def desk(kept: Kept, _kept_desk: Workday | None, db: None) -> Iterator[Workday]:
    """The desk on a Monday morning."""
    with clock.use_clock(NOW):
        yield kept.start(_kept_desk, open_desk)


def refuse(error: str, act: object, **params: object) -> None:
    """Assert that an act is refused with a code and changes not one row."""
    with unchanged(), pytest.raises(BusinessError) as caught:
        act(**params)  # type: ignore[operator]
    assert caught.value.code == error


def contact(desk: Workday, **params: object) -> Contact:
    """Record a call of the RM to his customer."""
    return diary.record_contact(
        **{"customer_id": desk.customer.pk, "channel": "CALL", "actor": desk.rm.user, "now": NOW, **params}
    )
