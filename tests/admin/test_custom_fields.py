"""A custom field is defined by one person and becomes active by another."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from customers.models import CustomField
from customers.queries.facts import list_fields
from tests.admin.test_changes import ask, decide, told

pytestmark = pytest.mark.django_db
ADD = "admin:customers_customfield_add"
GIVEN = {"code": "club", "label": "俱乐部", "label_en": "Club", "type": "CHOICE", "choices": "金,银", "place": "10"}


def test_defined_by_one_and_active_by_two(enter: Callable[..., Client]) -> None:
    maker, checker = enter("operations"), enter("manager")
    assert maker.get(reverse(ADD)).status_code == 200
    assert "second person" in told(maker.post(reverse(ADD), GIVEN))
    row = CustomField.objects.get()
    assert (row.choices, row.is_active) == (["金", "银"], False) and "custom.club" not in list_fields()
    ask(maker, row, is_active="on", choices="金,银,铜", reason="asked for by the team")
    row.refresh_from_db()
    assert not row.is_active
    decide(checker)
    row.refresh_from_db()
    assert row.is_active and row.choices == ["金", "银", "铜"] and "custom.club" in list_fields()
    assert AuditEntry.objects.filter(action="customers.custom_field_changed").count() == 1


@pytest.mark.parametrize(
    "change", [{"code": "俱乐部"}, {"code": "Club Card"}, {"choices": ""}, {"type": "TEXT"}, {"label": " "}]
)
def test_what_is_no_field_is_not_defined(enter: Callable[..., Client], change: dict[str, str]) -> None:
    maker = enter("operations")
    maker.post(reverse(ADD), {**GIVEN, **change})
    assert not CustomField.objects.exists()
    assert not AuditEntry.objects.filter(action="customers.custom_field_defined").exists()


def test_who_does_not_configure_defines_nothing(enter: Callable[..., Client]) -> None:
    for role in ("manager", "auditor", "rm"):
        assert enter(role, is_staff=True).post(reverse(ADD), GIVEN).status_code in {302, 403}
    assert not CustomField.objects.exists()
