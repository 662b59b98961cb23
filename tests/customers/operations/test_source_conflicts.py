"""The tile and the list agree about whom sources disagree."""

from datetime import timedelta
from typing import Any

import pytest

from customers.models import Customer, FieldClaim
from customers.queries.imports import CONFLICT_CONDITION, count_quality
from staff.queries import get_access
from tests.customers.operations.desk import make_customer, make_member
from tests.customers.operations.workday import NOW, Workday, desk

__all__ = ["desk"]


def claim(customer: Customer, source: str, index: str, **given: Any) -> None:
    FieldClaim.objects.create(
        customer=customer, field=given.pop("field", "address"), source=source, value="x", value_index=index,
        as_of=NOW, **given,
    )  # fmt: skip


@pytest.mark.parametrize("role", ["rm", "data-officer"])
def test_the_tile_opens_exactly_whom_it_counts(desk: Workday, client: Any, role: str) -> None:
    own, agreed, settled, foreign = (
        make_customer(desk.rm if number < 3 else desk.stranger, NOW, name=f"王{name}")
        for number, name in enumerate(("冲突", "一致", "已定", "他人"))
    )
    for customer in (own, foreign):
        claim(customer, "RM", "a")
        claim(customer, "PARTNER:x", "b")
        claim(customer, "RM", "a", field="email")
        claim(customer, "PARTNER:x", "b", field="email")
    claim(agreed, "RM", "a")
    claim(agreed, "PARTNER:x", "a")
    claim(agreed, "IMPORT:y", "")
    claim(settled, "RM", "a")
    claim(settled, "PARTNER:x", "b", settled_at=NOW - timedelta(days=1))
    user = desk.rm.user if role == "rm" else make_member(role, desk.place, None).user
    expected = {own.name} if role == "rm" else {own.name, foreign.name}
    assert count_quality(get_access(user))["conflicts"] == len(expected)
    client.force_login(user)
    page = client.get(f"/customers/?where={CONFLICT_CONDITION}").content.decode()
    assert {one.name for one in (own, agreed, settled, foreign) if one.number in page or one.name in page} == expected
    others = client.get("/customers/?where=conflicts:is:no").content.decode()
    assert own.name not in others and agreed.name in others
