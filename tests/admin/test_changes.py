"""One person asks for a change, another one approves it; nothing changes before."""

import json
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from core import parameters
from core.models import AuditEntry, Parameter
from lending.models import Product
from messaging.models import Template
from staff.models import Approval, Role, StaffMember

pytestmark = pytest.mark.django_db


def told(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def ask(client: Client, row, **values: object):
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return client.post(address, {**form_of(client, address), **values})


def form_of(client: Client, address: str) -> dict[str, object]:
    """Return what the page's form holds, as a browser would send it."""
    context = client.get(address).context
    data: dict[str, object] = {}
    for field in context["adminform"].form:
        value = field.value()
        data[field.html_name] = "" if value is None else value
    for formset in context["inline_admin_formsets"]:
        form = formset.formset.management_form
        data |= {form.add_prefix(name): form[name].value() for name in form.fields}
    return {name: value for name, value in data.items() if value is not False}


def decide(client: Client, action: str = "approve_selected"):
    ids = list(Approval.objects.filter(state="PENDING").values_list("pk", flat=True))
    return client.post(reverse("admin:staff_approval_changelist"), {"action": action, "_selected_action": ids})


def test_a_parameter_gets_a_new_value_from_a_date_on(enter: Callable[..., Client]) -> None:
    maker, checker = enter("operations"), enter("manager")
    row = Parameter.objects.filter(rule_code="lending.lpr_1y").order_by("-valid_from")[0]
    wanted = {"value": '"0.0290"', "valid_from": "2026-04-20", "source": "LPR 2026-04-20", "reason": "new LPR"}
    assert "second person" in told(ask(maker, row, **wanted))
    assert parameters.get_value("lending.lpr_1y", on=date(2026, 5, 1)) == row.value
    assert "approved" in told(decide(checker))
    assert parameters.get_value("lending.lpr_1y", on=date(2026, 4, 19)) == row.value
    assert parameters.get_value("lending.lpr_1y", on=date(2026, 4, 20)) == "0.0290"
    assert AuditEntry.objects.filter(action="core.parameter_set").count() == 1


@pytest.mark.parametrize(("change", "said"), [
    ({"value": '"three"'}, "form"), ({"value": "3"}, "form"), ({"value": '{"a": 1}'}, "form"),
    ({"valid_from": "2026-03-01"}, "closed"), ({"source": "   "}, ""),
])  # fmt: skip
def test_a_parameter_that_could_not_stand_is_refused_at_once(
    enter: Callable[..., Client], change: dict[str, str], said: str
) -> None:
    row = Parameter.objects.filter(rule_code="lending.lpr_1y").order_by("-valid_from")[0]
    count = Parameter.objects.count()
    wanted = {"value": '"0.0290"', "valid_from": "2026-04-20", "source": "LPR", "reason": "r", **change}
    assert said in told(ask(enter("operations"), row, **wanted))
    assert not Approval.objects.exists()
    assert Parameter.objects.count() == count


def test_nobody_approves_what_he_asked_for(enter: Callable[..., Client], house: datetime) -> None:
    maker = enter("operations")
    maker.user.staff_member.roles.add(Role.objects.get(code="manager"))  # type: ignore[attr-defined]
    product = Product.objects.get(code="xinyong-debx")
    ask(maker, product, amount_max="150000.00", reason="less")
    assert "yourself" in told(decide(maker))
    assert Approval.objects.get().state == "PENDING"
    product.refresh_from_db()
    assert str(product.amount_max) == "200000.00"


def test_a_product_changes_by_two_people(enter: Callable[..., Client]) -> None:
    product = Product.objects.get(code="xinyong-debx")
    maker = enter("operations")
    ask(maker, product, amount_max="150000.00", reason="less")
    assert Approval.objects.get().payload == {"amount_max": "150000.00"}
    assert "already waits" in told(ask(maker, product, amount_max="100000.00", reason="less"))
    decide(enter("manager"))
    product.refresh_from_db()
    assert str(product.amount_max) == "150000.00"
    assert AuditEntry.objects.get(action="lending.product_changed").data["before"] == {"amount_max": "200000.00"}


@pytest.mark.parametrize("rates", ['{"A": "12"}', '{"A": 0.1}', '["0.1"]', '{"A": "x"}'])
def test_rates_that_are_none_are_refused(enter: Callable[..., Client], rates: str) -> None:
    product = Product.objects.get(code="xinyong-debx")
    ask(enter("operations"), product, rate_by_grade=rates, reason="r")
    assert not Approval.objects.exists()
    before = product.rate_by_grade
    product.refresh_from_db()
    assert product.rate_by_grade == before


def test_a_rejected_change_changes_nothing(enter: Callable[..., Client]) -> None:
    product = Product.objects.get(code="xinyong-debx")
    ask(enter("operations"), product, name="x", reason="r")
    assert "rejected" in told(decide(enter("manager"), "reject_selected"))
    product.refresh_from_db()
    assert product.name != "x"


def test_rights_of_a_role_need_a_second_person(enter: Callable[..., Client]) -> None:
    role = Role.objects.get(code="service-agent")
    ask(enter("operations"), role, rights=["customers.view", "operations.approve"], reason="r")
    role.refresh_from_db()
    assert "operations.approve" not in role.rights
    decide(enter("manager"))
    role.refresh_from_db()
    assert role.rights == ["customers.view", "operations.approve"]


def test_a_member_changes_roles_by_two_people(enter: Callable[..., Client]) -> None:
    maker = enter("operations")
    member = StaffMember.objects.get(user=maker.user)  # type: ignore[attr-defined]
    roles = [role.pk for role in Role.objects.filter(code__in=["rm", "auditor"])]
    ask(maker, member, roles=roles, reason="r")
    assert [role.code for role in member.roles.all()] == ["operations"]
    decide(enter("manager"))
    assert sorted(role.code for role in member.roles.all()) == ["auditor", "rm"]


def test_a_text_gets_a_new_version(enter: Callable[..., Client]) -> None:
    text = Template.objects.get(code="please-sign", channel="SMS", language="zh-hans")
    maker = enter("operations")
    assert "Nothing fills in" in told(ask(maker, text, body="请签{surprise}", reason="r"))
    ask(maker, text, body="请签署{number}", reason="r")
    decide(enter("manager"))
    rows = Template.objects.filter(code="please-sign", channel="SMS", language="zh-hans").order_by("version")
    assert [(row.version, row.is_active, row.body) for row in rows] == [
        (1, False, text.body),
        (2, True, "请签署{number}"),
    ]


def test_who_only_approves_or_audits_asks_for_nothing(enter: Callable[..., Client]) -> None:
    product = Product.objects.get(code="xinyong-debx")
    address = reverse("admin:lending_product_change", args=[product.pk])
    for role in ("manager", "auditor"):
        assert enter(role).post(address, {"name": "x", "reason": "r"}).status_code == 403
    assert "approved" not in told(decide(enter("auditor")))
    assert not Approval.objects.exists()


def test_payloads_are_json(enter: Callable[..., Client]) -> None:
    ask(enter("operations"), Product.objects.get(code="xinyong-debx"), periods_allowed="3,6", reason="r")
    assert json.loads(json.dumps(Approval.objects.get().payload)) == {"periods_allowed": [3, 6]}
