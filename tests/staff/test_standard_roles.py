"""Standard roles of an installation that is there already."""

from datetime import datetime

import pytest

from core.models import AuditEntry
from staff import rights
from staff.models import Role
from staff.operations import apply_role, ensure_standard_roles
from tests.fixtures.borrowers import make_staff
from tests.pictures import unchanged

pytestmark = pytest.mark.django_db


def invent(monkeypatch: pytest.MonkeyPatch, right: str) -> None:
    name, scope, granted = rights.STANDARD_ROLES["rm"]
    monkeypatch.setitem(rights.STANDARD_ROLES, "rm", (name, scope, [*granted, right]))


def test_a_right_that_was_invented_since_reaches_the_roles_that_are_there(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_standard_roles(now=now)
    role = Role.objects.get(code="rm")
    actor = make_staff("operations")
    kept = [right for right in role.rights if right != rights.UNMASK] + [rights.AUDIT]
    apply_role(target_id=str(role.pk), values={"rights": kept}, actor=actor, now=now)
    invent(monkeypatch, "customers.invented")
    ensure_standard_roles(now=now)
    role.refresh_from_db()
    assert role.rights == [*kept, "customers.invented"]
    entry = AuditEntry.objects.get(action="staff.role_offered")
    assert entry.data == {"added": ["customers.invented"]}


def test_what_an_administrator_took_away_stays_away(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    invent(monkeypatch, "customers.invented")
    ensure_standard_roles(now=now)
    Role.objects.filter(code="rm").update(rights=[rights.VIEW_CUSTOMERS])
    with unchanged():
        ensure_standard_roles(now=now)
    assert Role.objects.get(code="rm").rights == [rights.VIEW_CUSTOMERS]


def test_a_role_of_the_house_is_left_alone(now: datetime) -> None:
    Role.objects.create(code="archivist", name="档案", scope="OWN", rights=[])
    ensure_standard_roles(now=now)
    assert Role.objects.get(code="archivist").rights == []
