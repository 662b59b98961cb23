"""Lists of leads: sound rows become leads, the others say why not, and all of it is taken back."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.fields import blind_index
from customers.models import AcquisitionCost, AssignmentRule, Contact, Customer, Lead
from customers.operations import leads, undo
from customers.operations.leads import TakenList
from tests.customers.operations.test_intake import phone_of
from tests.customers.operations.workday import NOW, Workday, desk, refuse
from tests.pictures import unchanged

__all__ = ["desk"]


def make_list(*rows: str) -> bytes:
    return "\n".join(["姓名,手机号,公司", *rows]).encode()


def take_in(desk: Workday, raw: bytes, **given: Any) -> TakenList:
    return leads.take_in_list(
        **{
            "method": "PHONE",
            "role": "BORROWER",
            "origin": {"call_list": "三月名单"},
            "raw": raw,
            "cost": Decimal(0),
            "actor": desk.manager.user,
            "now": NOW,
            **given,
        }
    )


def test_sound_rows_become_leads_and_the_others_say_why(desk: Workday) -> None:
    known = phone_of(90)
    Customer.objects.filter(pk=desk.customer.pk).update(phone=known, phone_index=blind_index(known, "phone"))
    take_in(desk, make_list(f"已有,{phone_of(91)},"))
    taken = take_in(
        desk,
        make_list(
            f"李雷,{phone_of(1)},长城厂", f"王五,{known},", f"赵六,{phone_of(91)},", "钱七,123,", "孙八,,",
            f"重复,{phone_of(1)},", f"{'长' * 61},{phone_of(5)},",
        ),
        cost=Decimal("300.00"),
    )  # fmt: skip
    assert taken.taken == 1
    assert [(row.line, row.reason) for row in taken.refused] == [
        (3, "customer"), (4, "open_lead"), (5, "not_a_phone"), (6, "no_phone"), (7, "twice"), (8, "too_long"),
    ]  # fmt: skip
    lead = Lead.objects.get(name="李雷")
    assert (lead.method, lead.company, lead.origin, lead.phone) == (
        "PHONE",
        "长城厂",
        {"call_list": "三月名单"},
        phone_of(1),
    )
    assert lead.score == sum(part["points"] for part in lead.score_reasons) > 0 and lead.answer_due_at is not None
    cost = AcquisitionCost.objects.get()
    assert (cost.method, cost.amount, cost.note) == ("PHONE", Decimal("300.00"), "三月名单")


def test_the_rules_share_a_list_out_in_few_statements(desk: Workday, django_assert_max_num_queries: Any) -> None:
    AssignmentRule.objects.create(name="电话", team=desk.team, sources=["lead:PHONE"], way="IN_TURN")
    with django_assert_max_num_queries(30):
        taken = take_in(desk, make_list(*(f"王{n},{phone_of(n)}," for n in range(1, 301))))
    assert taken.taken == 300
    assert {Lead.objects.filter(owner=member).count() for member in (desk.rm, desk.other, desk.lead)} == {100}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"method": "CHAIN"}, "lead_incomplete"),
        ({"origin": {}}, "lead_incomplete"),
        ({"origin": {"call_list": "x", "stand": "y"}}, "lead_incomplete"),
        ({"role": "BOTH"}, "lead_incomplete"),
        ({"cost": Decimal(-1)}, "lead_incomplete"),
        ({"raw": b""}, "unreadable_file"),
        ({"raw": "甲,乙\n1,2".encode()}, "unreadable_file"),
    ],
)
def test_what_is_no_list_is_refused(desk: Workday, given: dict[str, Any], error: str) -> None:
    refuse(error, take_in, desk=desk, **{"raw": make_list(f"李雷,{phone_of(1)},"), **given})


def test_a_list_is_taken_back_but_for_whom_somebody_has_called(desk: Workday) -> None:
    taken = take_in(desk, make_list(f"李雷,{phone_of(1)},", f"韩梅,{phone_of(2)},"), cost=Decimal(10))
    assert taken.act is not None
    called = Lead.objects.get(name="李雷")
    Contact.objects.create(lead=called, member=desk.rm, channel="CALL", result="REACHED", at=NOW)
    undo.take_back(public_id=taken.act.public_id, actor=desk.manager.user, now=NOW)
    assert list(Lead.objects.all()) == [called] and AcquisitionCost.objects.count() == 1


def test_the_page_takes_an_exhibitions_list(desk: Workday, client: Any) -> None:
    client.force_login(desk.rm.user)
    url = "/leads/list/?method=EXHIBITION"
    assert "event" in client.get(url).content.decode()

    def send(**given: Any) -> Any:
        file = SimpleUploadedFile("list.csv", make_list("李雷,,长城厂", ",12,"))
        return client.post(url, {"file": file, "role": "INVESTOR", "event": "金融展", **given})

    with unchanged(but=["django_session"]):
        assert send(event="").status_code == 422
    page = send(list_cost="200").content.decode()
    assert 'id="outcome"' in page and Lead.objects.get().owner == desk.rm
    assert AcquisitionCost.objects.get().amount == Decimal(200)
