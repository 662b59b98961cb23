"""A contact planned with many customers at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import ContactPlan, Customer, Notice
from customers.operations.diary.contacts import ContactInvalid
from customers.operations.diary.planning import NobodyToPlanFor, plan_contacts
from customers.operations.undo import take_back
from tests.customers.operations.desk import Desk, make_customer, make_desk
from tests.pictures import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def plan(desk: Desk, ids: list[int], now: datetime, **more: Any) -> tuple[int, Any]:
    given = {"channel": "CALL", "purpose": " ask ", "planned_at": now + timedelta(days=1), **more}
    return plan_contacts(customer_ids=ids, actor=desk.lead.user, now=now, **given)


def test_each_stands_with_his_own_rm_who_is_told_once(desk: Desk, now: datetime) -> None:
    mine = [make_customer(desk.rm, now) for _n in range(3)]
    theirs, nobodys, merged = (make_customer(desk.other, now) for _n in range(3))
    Customer.objects.filter(pk=nobodys.pk).update(rm=None)
    Customer.objects.filter(pk=merged.pk).update(merged_into=theirs)
    ids = [row.pk for row in (*mine, theirs, nobodys, merged)]
    count, act = plan(desk, ids, now)
    assert count == act.count == 4
    assert sorted(ContactPlan.objects.values_list("customer_id", "member_id", "purpose")) == sorted(
        [*((row.pk, desk.rm.pk, "ask") for row in mine), (theirs.pk, desk.other.pk, "ask")]
    )
    told = {notice.member_id: notice.params["count"] for notice in Notice.objects.all()}
    assert told == {desk.rm.pk: 3, desk.other.pk: 1}
    done = ContactPlan.objects.get(customer=theirs)
    ContactPlan.objects.filter(pk=done.pk).update(state="DROPPED")
    take_back(public_id=act.public_id, actor=desk.lead.user, now=now)
    assert set(ContactPlan.objects.values_list("state", flat=True)) == {"DROPPED"}


@pytest.mark.parametrize(
    "wrong", [{"channel": "PIGEON"}, {"purpose": " "}, {"purpose": "x" * 201}, {"planned_at": None}]
)
def test_what_cannot_be_planned_changes_nothing(desk: Desk, now: datetime, wrong: dict[str, Any]) -> None:
    customer = make_customer(desk.rm, now)
    with unchanged(), pytest.raises(ContactInvalid) as refused:
        plan(desk, [customer.pk], now, **({"planned_at": now} if "planned_at" in wrong else wrong))
    assert list(refused.value.fields) == list(wrong)


def test_customers_of_nobody_are_refused(desk: Desk, now: datetime) -> None:
    customer = make_customer(desk.rm, now)
    Customer.objects.filter(pk=customer.pk).update(rm=None)
    with unchanged(), pytest.raises(NobodyToPlanFor):
        plan(desk, [customer.pk], now)


def test_the_statements_do_not_grow_with_the_customers(desk: Desk, now: datetime) -> None:
    ids = [make_customer(desk.rm, now).pk for _n in range(20)]
    counted = []
    for some in (ids[:1], ids):
        with CaptureQueriesContext(connection) as found:
            plan(desk, some, now)
        counted.append(len(found))
    assert counted[0] == counted[1] <= 12
