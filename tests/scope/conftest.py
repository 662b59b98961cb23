"""One world for all tests of a module: each looks at it and leaves it as it was."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation

from core import clock
from tests.scope.people import NOW, World
from tests.scope.world import build_world


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world, in a transaction that is thrown away."""
    with django_db_blocker.unblock(), transaction.atomic(), clock.use_clock(NOW):
        yield build_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(built: World, db: None) -> Iterator[World]:
    """The world as it was built; what a test does to it is undone within the transaction of the module."""
    with clock.use_clock(NOW), translation.override("en"):
        yield built
