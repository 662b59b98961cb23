"""Members of staff who log in to the admin."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client

from core.models import User
from tests.fixtures.borrowers import make_staff

DAY = date(2026, 3, 2)


@pytest.fixture
def house(
    standard_house: None, now: datetime, frozen_clock: datetime, set_business_date: Callable[[date], None]
) -> datetime:
    """A new installation on a fixed day."""
    set_business_date(DAY)
    return now


@pytest.fixture
def enter(house: datetime) -> Callable[[str], Client]:
    """Return a function that logs in a member of staff with a role; `.user` of the client is who he is."""

    def run(role: str, *, is_staff: bool = True) -> Client:
        user = make_staff(role)
        User.objects.filter(pk=user.pk).update(is_staff=is_staff)
        client = Client(headers={"accept-language": "en"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.user = user  # type: ignore[attr-defined]
        return client

    return run
