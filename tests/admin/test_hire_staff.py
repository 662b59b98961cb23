"""The first colleagues of a new installation."""

from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from core.models import User
from staff.models import StaffMember

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> None:
    call_command("hire_staff", *arguments, "--name", "吴燕", "--department", "运营部", stdout=StringIO())


def test_a_colleague_is_hired_and_comes_in(house: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P2PCRM_NEW_PASSWORD", "a-long-Passw0rd")
    run("wuyan", "--role", "operations", "--admin")
    member = StaffMember.objects.get(user__username="wuyan")
    assert (member.department.name, [role.code for role in member.roles.all()]) == ("运营部", ["operations"])
    client = Client()
    client.post("/login/", {"username": "wuyan", "password": "a-long-Passw0rd"})
    assert client.get(reverse("admin:index")).status_code == 200
    with pytest.raises(CommandError, match="taken"):
        run("wuyan", "--role", "rm")


@pytest.mark.parametrize(("role", "password", "said"), [("king", "a-long-Passw0rd", "role"), ("rm", "short", "10")])
def test_nobody_is_hired_by_halves(
    house: datetime, monkeypatch: pytest.MonkeyPatch, role: str, password: str, said: str
) -> None:
    monkeypatch.setenv("P2PCRM_NEW_PASSWORD", password)
    with pytest.raises(CommandError, match=said):
        run("x", "--role", role)
    assert not User.objects.filter(username="x").exists()
    assert not StaffMember.objects.exists()
