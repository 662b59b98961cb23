from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from core import seeding
from core.errors import NotFound
from core.models import AuditEntry, User
from core.outbox import system_user
from core.registries import reversals
from customers.models import Customer, ReversibleAct
from customers.operations import ownership
from customers.operations.undo import UndoOvertaken, UndoTooLate, remember_act, take_back
from staff.operations import deactivate_member
from tests.fixtures.borrowers import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def reversed_payloads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    seen: list[dict[str, Any]] = []
    monkeypatch.setitem(reversals._items, "test.act", lambda *, payload, actor, now: seen.append(payload))
    yield seen


@pytest.fixture
def actor() -> User:
    return User.objects.create(username="undoer", kind=User.Kind.STAFF)


def test_an_act_is_taken_back_once(now: datetime, actor: User, reversed_payloads: list[dict[str, Any]]) -> None:
    act = remember_act(kind="test.act", payload={"ids": [1, 2]}, count=2, actor=actor, now=now)
    take_back(public_id=act.public_id, actor=actor, now=now + timedelta(seconds=9))
    assert reversed_payloads == [{"ids": [1, 2]}]
    with pytest.raises(UndoTooLate):
        take_back(public_id=act.public_id, actor=actor, now=now + timedelta(seconds=10))
    assert reversed_payloads == [{"ids": [1, 2]}]
    assert AuditEntry.objects.filter(action="customers.act_taken_back").count() == 1


def test_nobody_takes_back_anothers_act(now: datetime, actor: User, reversed_payloads: list[dict[str, Any]]) -> None:
    act = remember_act(kind="test.act", payload={}, count=1, actor=actor, now=now)
    other = User.objects.create(username="other", kind=User.Kind.STAFF)
    with pytest.raises(NotFound):
        take_back(public_id=act.public_id, actor=other, now=now)
    with pytest.raises(UndoTooLate):
        take_back(public_id=act.public_id, actor=actor, now=now + timedelta(hours=1))
    assert reversed_payloads == []
    assert ReversibleAct.objects.get().undone_at is None


def test_who_has_left_gets_nobody_back(now: datetime) -> None:
    seeding.run_seeds(business_date=now.date(), now=now)
    old, new = (make_staff("rm").staff_member for _ in range(2))
    customer = Customer.objects.create(number="C-U1", rm=old, registered_at=now)
    given: dict[str, Any] = {"actor": system_user(), "now": now}
    _count, act = ownership.change_owner_reversibly(
        customer_ids=[customer.pk], new_member_id=new.pk, pool_id=None, reason="ASSIGNED", note="", **given
    )
    assert act is not None
    deactivate_member(member_id=old.pk, **given)
    with pytest.raises(UndoOvertaken):
        take_back(public_id=act.public_id, **given)
    customer.refresh_from_db()
    assert customer.rm == new


def test_an_act_of_an_unknown_kind_is_not_kept(now: datetime, actor: User) -> None:
    with pytest.raises(KeyError):
        remember_act(kind="test.unknown", payload={}, count=1, actor=actor, now=now)
    assert not ReversibleAct.objects.exists()


def test_strangers_cannot_undo(client: Client) -> None:
    assert client.post("/undo/abc/").status_code == 302
