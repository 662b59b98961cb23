"""The nightly health: facts into parts, low parts into work, recovery ends it."""

from datetime import timedelta
from typing import Any

from core import outbox
from customers.models import Contact, ContactPlan, Customer, Health, Lead, Promise, WorkItem
from customers.operations import health
from customers.queries.health import read_health
from segmentation.operations.attributes import refresh_attributes
from tests.customers.operations.desk import make_customer
from tests.customers.operations.workday import NOW, TODAY, Workday, desk

__all__ = ["desk"]


def judge() -> int:
    return health.judge_health(TODAY, 0, 0, NOW)


def plan(desk: Workday, days_ago: int, **given: Any) -> ContactPlan:
    at = NOW - timedelta(days=days_ago)
    return ContactPlan.objects.create(
        customer=desk.customer, member=desk.rm, channel="CALL", purpose="回访", planned_at=at, created_at=at, **given
    )


def promise(desk: Workday, state: str) -> Promise:
    return Promise.objects.create(
        customer=desk.customer,
        member=desk.rm,
        text="回电",
        due_at=NOW - timedelta(days=5),
        made_at=NOW - timedelta(days=9),
        state=state,
        closed_at=NOW,
    )


def test_nothing_known_is_healthy(desk: Workday) -> None:
    assert judge() == 0
    assert read_health(desk.customer.pk)[0] == 100
    assert not Health.objects.exists() and not WorkItem.objects.filter(kind=health.WORK).exists()


def test_low_parts_are_work_with_their_reason_until_they_recover(desk: Workday, client: Any) -> None:
    contact = Contact.objects.create(
        customer=desk.customer, member=desk.rm, channel="CALL", result="REACHED", at=NOW - timedelta(days=20)
    )
    plan(desk, 20, state="DONE", contact=contact)
    missed = [plan(desk, days) for days in (10, 9, 8)]
    promise(desk, "KEPT")
    Lead.objects.create(
        number="LD-H", customer=desk.customer, owner=desk.rm, role="BORROWER", method="PHONE",
        created_at=NOW - timedelta(days=30), answer_due_at=NOW - timedelta(days=29), answered_at=NOW - timedelta(days=28),
        state="CONVERTED",
    )  # fmt: skip
    assert judge() == 1
    score, parts = read_health(desk.customer.pk)
    assert {part.code: part.points for part in parts} == {
        "first_response": 5, "contacts": 6, "promises": 25, "cases": 15, "overdue": 20,
    }  # fmt: skip
    assert score == 71
    items = WorkItem.objects.filter(kind=health.WORK, state="OPEN", assignee=desk.rm)
    assert set(items.values_list("reason_code", flat=True)) == {
        "customers.health.contacts",
        "customers.health.first_response",
    }
    assert judge() == 1 and items.count() == 2
    client.force_login(desk.rm.user)
    page = client.get(f"/customers/{desk.customer.public_id}/").content.decode()
    assert 'id="health"' in page and "6 / 25" in page
    ContactPlan.objects.filter(pk__in=[row.pk for row in missed]).update(state="DROPPED")
    judge()
    assert list(items.values_list("reason_code", flat=True)) == ["customers.health.first_response"]
    Lead.objects.update(answer_due_at=NOW)
    assert judge() == 0
    assert not items.exists() and not Health.objects.exists()


def test_the_list_is_filtered_by_it(desk: Workday, client: Any) -> None:
    healthy = make_customer(desk.rm, NOW, name="周健康")
    Customer.objects.filter(pk=desk.customer.pk).update(name="吴有恙")
    promise(desk, "BROKEN")
    judge()
    assert read_health(desk.customer.pk)[0] == 75
    refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW)
    outbox.drain()
    client.force_login(desk.rm.user)
    low = client.get("/customers/?where=health:max:80").content.decode()
    high = client.get("/customers/?where=health:min:81").content.decode()
    assert "吴有恙" in low and healthy.name not in low
    assert "吴有恙" not in high and healthy.name in high
