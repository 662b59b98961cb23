from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from core.errors import NotFound
from core.models import AuditEntry, User
from core.registries import reversals
from customers.models import ReversibleAct
from customers.operations.undo import UndoTooLate, remember_act, take_back

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


def test_an_act_of_an_unknown_kind_is_not_kept(now: datetime, actor: User) -> None:
    with pytest.raises(KeyError):
        remember_act(kind="test.unknown", payload={}, count=1, actor=actor, now=now)
    assert not ReversibleAct.objects.exists()


def test_strangers_cannot_undo(client: Client) -> None:
    assert client.post("/undo/abc/").status_code == 302
