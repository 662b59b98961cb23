"""Who comes into the admin, and that every page of it opens."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.models import User
from tests.fixtures.borrowers import LoanPlan, make_application, make_borrower, make_loan

pytestmark = pytest.mark.django_db
OURS = {"core", "staff", "integrations", "customers", "messaging", "ledger", "lending", "risk", "service"}
PAGES = [model for model in admin.site._registry if model._meta.app_label in OURS]
SECRETS = ("15432.00", "13800138000", "110101199003070038", "6222020200112230018", "建国路1号")


def list_of(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")  # type: ignore[attr-defined]


def test_strangers_are_sent_to_the_one_log_in_page(house: datetime, client: Client) -> None:
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/?next=/admin/")


@pytest.mark.parametrize(("role", "is_staff", "status"), [
    ("operations", True, 200), ("manager", True, 200), ("auditor", True, 200),
    ("operations", False, 403), ("rm", True, 403), ("risk-officer", True, 403),
])  # fmt: skip
def test_only_who_configures_approves_or_audits_comes_in(
    enter: Callable[..., Client], role: str, is_staff: bool, status: int
) -> None:
    client = enter(role, is_staff=is_staff)
    for address in (reverse("admin:index"), reverse("admin:core_parameter_changelist"), reverse("admin:login")):
        answer = client.get(address, follow=True)
        assert answer.status_code == status, address


def test_customers_never_come_in(house: datetime) -> None:
    user = User.objects.create(username="c", kind=User.Kind.CUSTOMER, is_staff=True)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("admin:index")).status_code == 403


def test_a_second_factor_that_is_set_up_is_asked_for(enter: Callable[..., Client]) -> None:
    client = enter("operations")
    TOTPDevice.objects.create(user=client.user, name="phone", confirmed=True)  # type: ignore[attr-defined]
    assert client.get(reverse("admin:index")).status_code == 403


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
def test_every_list_opens_for_those_who_read_and_nobody_deletes(
    enter: Callable[..., Client], house: datetime, model: type
) -> None:
    borrower = make_borrower(now=house, income="15432.00", identity_number="110101199003070038")
    make_application(borrower, now=house, business_date=house.date())
    make_loan(borrower, LoanPlan(house.date()), now=house)
    client = enter("manager")
    answer = client.get(list_of(model))
    assert answer.status_code == 200
    text = answer.content.decode()
    row = model._default_manager.order_by("pk").first()  # type: ignore[attr-defined]
    if row is not None:
        names = (model._meta.app_label, model._meta.model_name)  # type: ignore[attr-defined]
        page = client.get(reverse("admin:{}_{}_change".format(*names), args=[row.pk]))
        assert page.status_code == 200
        text += page.content.decode()
        assert client.post(reverse("admin:{}_{}_delete".format(*names), args=[row.pk])).status_code == 403
    assert not [secret for secret in SECRETS if secret in text]
