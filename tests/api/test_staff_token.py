"""Log-in of staff programs: password, second factor, lock-out, scopes."""

from datetime import datetime
from typing import Any

import pytest
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.models import User
from staff import rights
from tests.api.people import Caller
from tests.fixtures.borrowers import make_staff

PASSWORD = "a long password of one"


@pytest.fixture
def manager(seeded: datetime) -> User:
    user = make_staff("manager")
    user.set_password(PASSWORD)
    user.save()
    return user


def ask(user: User, password: str = PASSWORD, **more: str) -> Any:
    return Caller().call("post", "auth/staff-token/", {"username": user.username, "password": password, **more})


def test_the_scopes_are_the_rights(manager: User) -> None:
    answer = ask(manager).json()
    assert answer["scopes"] == sorted(rights.STANDARD_ROLES["manager"][2])
    assert Caller(token=answer["token"]).call("get", "staff/customers/").status_code == 200


def test_wrong_passwords_customers_and_leavers_are_refused(manager: User) -> None:
    assert ask(manager, "wrong").status_code == 401
    manager.staff_member.is_active = False
    manager.staff_member.save()
    refused = ask(manager)
    assert refused.status_code == 401 and refused.json()["code"] == "login_refused"
    customer = User.objects.create(username="c", kind=User.Kind.CUSTOMER)
    customer.set_password(PASSWORD)
    customer.save()
    assert ask(customer).status_code == 401


def test_a_second_factor_is_asked_for(manager: User) -> None:
    device = TOTPDevice.objects.create(user=manager, name="phone", confirmed=True)
    assert ask(manager).status_code == 401
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    assert ask(manager, otp=f"{totp.token():06d}").status_code == 200
    assert ask(manager, otp=f"{totp.token():06d}").status_code == 401


def test_too_many_failures_lock_the_door(manager: User, settings: Any) -> None:
    settings.AXES_ENABLED = True
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = ask(manager, "wrong")
    assert last.status_code == 429 and last.json()["code"] == "locked_out"
    assert last["Content-Type"] == "application/problem+json"
    assert ask(manager).status_code == 429


def test_an_expired_token_is_none(manager: User) -> None:
    from core.models import ApiToken

    token = ask(manager).json()["token"]
    ApiToken.objects.update(expiry=datetime(2020, 1, 1).astimezone())
    assert Caller(token=token).call("get", "staff/customers/").status_code == 401
