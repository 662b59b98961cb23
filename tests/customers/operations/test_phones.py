"""A log-in moves to another phone only when its holder says so."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.api.tokens import issue_token
from core.models import ApiToken, AuditEntry, User
from core.outbox import drain
from customers.models import Customer, FieldClaim, PhoneChange
from customers.operations import phones, registration
from customers.operations.facts import set_facts
from customers.queries.own import find_user_by_phone
from messaging.models import Message
from staff import rights
from tests.api.people import Caller
from tests.customers.operations.desk import make_customer
from tests.customers.operations.workday import NOW, Workday, desk, refuse
from tests.pictures import unchanged

__all__ = ["desk"]

NEW = "13911112222"


@pytest.fixture
def customer(desk: Workday) -> Customer:
    user = User.objects.create(username="c-phone", kind=User.Kind.CUSTOMER)
    return make_customer(desk.rm, NOW, user=user, identity_number="11010519491231002X", identity_index="own")


def ask(customer: Customer, desk: Workday, **given: Any) -> PhoneChange | None:
    return phones.ask_phone_change(
        **{
            "customer_id": customer.pk,
            "phone": NEW,
            "reason": "号码停用",
            "actor": desk.rm.user,
            "now": NOW,
            **given,
        }
    )


def code_for(phone: str, now: datetime) -> str:
    return registration.ask_code(phone=phone, purpose="PHONE", now=now).code


def confirm(code: str, tail: str) -> Any:
    return Caller().call("post", "auth/phone/", {"phone": NEW, "code": code, "identity_tail": tail})


def test_the_old_number_is_told_and_the_new_one_is_no_log_in_yet(desk: Workday, customer: Customer) -> None:
    old = customer.phone
    change = ask(customer, desk)
    assert change is not None
    drain()
    message = Message.objects.get(template__code="phone-change-asked")
    assert (message.address, message.channel, message.customer_id) == (old, "SMS", customer.pk)
    assert "2222" in message.text and NEW not in message.text
    assert find_user_by_phone(NEW) is None and find_user_by_phone(old) == customer.user
    entry = AuditEntry.objects.get(action="customers.phone_change_asked")
    assert (entry.reason, entry.actor_id) == ("号码停用", desk.rm.user_id)
    assert NEW not in str(entry.data)
    change.refresh_from_db()
    assert change.old_phone == "" and change.phone == NEW


def test_its_holder_confirms_the_new_number_and_is_logged_out_elsewhere(desk: Workday, customer: Customer) -> None:
    old = customer.phone
    issue_token(user=customer.user, scopes=["customer"], now=NOW)
    ask(customer, desk)
    assert confirm(code_for(NEW, NOW), "31002x").status_code == 204
    assert find_user_by_phone(NEW) == customer.user and find_user_by_phone(old) is None
    assert not ApiToken.objects.filter(user=customer.user).exists()
    change = PhoneChange.objects.get()
    assert (change.phone, change.confirmed_at) == ("", NOW)
    assert Customer.objects.get(pk=customer.pk).phone == NEW
    # The old number hears of it even when the change was quicker than the message.
    drain()
    assert Message.objects.get(template__code="phone-change-asked").address == old


def test_who_does_not_hold_it_guesses_five_times(desk: Workday, customer: Customer) -> None:
    ask(customer, desk)
    code = code_for(NEW, NOW)
    for _try in range(5):
        assert confirm(code, "000000").json()["code"] == "nothing_to_confirm"
    assert confirm(code, "31002X").json()["code"] == "nothing_to_confirm"
    assert PhoneChange.objects.get().dropped_at == NOW
    assert find_user_by_phone(NEW) is None


def test_a_wrong_code_or_a_late_one_confirms_nothing(desk: Workday, customer: Customer) -> None:
    ask(customer, desk, now=NOW - phones.LIFETIME)
    code = code_for(NEW, NOW)
    with unchanged():
        assert confirm(code, "31002X").json()["code"] == "nothing_to_confirm"
    ask(customer, desk)
    assert confirm("000000" if code != "000000" else "111111", "31002X").json()["code"] == "wrong_code"
    assert find_user_by_phone(NEW) is None


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"reason": " "}, "invalid_facts"),
        ({"reason": "x" * 201}, "invalid_facts"),
        ({"phone": "12345"}, "invalid_facts"),
        ({"phone": ""}, "invalid_facts"),
    ],
)
def test_a_wish_without_reason_or_number_is_refused(
    desk: Workday, customer: Customer, given: dict[str, Any], error: str
) -> None:
    refuse(error, ask, customer=customer, desk=desk, **given)


def test_the_number_of_another_customer_is_refused(desk: Workday, customer: Customer) -> None:
    refuse("value_taken", ask, customer=customer, desk=desk, phone=desk.customer.phone)
    refuse("no_log_in", ask, customer=desk.customer, desk=desk)


def test_the_present_number_withdraws_and_a_later_wish_replaces(desk: Workday, customer: Customer) -> None:
    first = ask(customer, desk)
    second = ask(customer, desk, phone="13911113333")
    assert first is not None and second is not None
    assert PhoneChange.objects.get(pk=first.pk).dropped_at == NOW
    assert ask(customer, desk, phone=customer.phone) is None
    assert not PhoneChange.objects.filter(dropped_at__isnull=True).exists()


def test_no_other_way_changes_the_phone_of_a_log_in(desk: Workday, customer: Customer) -> None:
    given: dict[str, Any] = {"customer_id": customer.pk, "values": {"phone": NEW}, "now": NOW}
    refuse("log_in_phone", set_facts, source="RM", actor=desk.rm.user, **given)
    set_facts(source="PARTNER:acme", actor=None, **given)
    assert Customer.objects.get(pk=customer.pk).phone == customer.phone
    assert FieldClaim.objects.filter(customer=customer, field="phone", source="PARTNER:acme").count() == 1


def test_staff_ask_for_it_within_their_scope(desk: Workday, customer: Customer) -> None:
    path = f"staff/customers/{customer.public_id}/phone/"
    body = {"phone": NEW, "reason": "号码停用"}

    def caller(user: User, *scopes: str) -> Caller:
        return Caller(token=issue_token(user=user, scopes=list(scopes), now=NOW)["token"])

    stranger = caller(desk.stranger.user, rights.EDIT_CUSTOMERS)
    narrow = caller(desk.rm.user, rights.VIEW_CUSTOMERS)
    with unchanged():
        assert stranger.call("post", path, body).status_code == 404
        assert narrow.call("post", path, body).status_code == 403
    answer = caller(desk.rm.user, rights.EDIT_CUSTOMERS).call("post", path, body)
    assert answer.status_code == 202, answer.content
    assert datetime.fromisoformat(answer.json()["expires_at"]) == NOW + timedelta(days=7)


def test_the_profile_asks_for_a_reason(desk: Workday, customer: Customer, client: Any) -> None:
    client.force_login(desk.rm.user)
    url = f"/customers/{customer.public_id}/profile/phone/"
    assert 'name="reason"' in client.get(url).content.decode()
    with unchanged(but=["core_session", "django_session"]):
        assert client.post(url, {"value": NEW, "seen": ""}).status_code == 422
    answer = client.post(url, {"value": NEW, "seen": "", "reason": "号码停用"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "2222" in answer.content.decode()
    assert PhoneChange.objects.get().asked_by == desk.rm.user
