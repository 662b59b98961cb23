"""The morning's summary: to whom, with what, once."""

from datetime import date, datetime, timedelta

import pytest

from core import clock
from core.models import OutboxEvent, Parameter
from customers.models import ContactPlan, Lead, Notice, Promise, WorkItem
from customers.operations.history import raise_work
from customers.operations.today import switch_digest
from messaging.models import Message
from messaging.operations.digests import send_digests
from tests.customers.operations.desk import Desk, make_customer, make_desk, make_member
from tests.pictures import unchanged

DAY = date(2026, 3, 2)
MORNING = clock.at(DAY, 8)


@pytest.fixture
def desk(standard_house: None) -> Desk:
    """A desk whose RM has one of everything, and what does not count."""
    desk = make_desk()
    customer = make_customer(desk.rm, MORNING)
    for hours in (-30, 5, 30):
        Promise.objects.create(
            customer=customer, text="x", due_at=MORNING + timedelta(hours=hours), member=desk.rm, made_at=MORNING
        )
    for hours in (-1, 3):
        ContactPlan.objects.create(
            customer=customer,
            member=desk.rm,
            channel="CALL",
            purpose="x",
            planned_at=MORNING + timedelta(hours=hours),
            created_at=MORNING,
        )
    for number, state in enumerate(("NEW", "WORKING")):
        Lead.objects.create(
            number=f"L-{number}", role="BORROWER", method="CONSULTATION", owner=desk.rm, state=state, created_at=MORNING
        )
    for number in range(3):
        raise_work(
            group=WorkItem.Group.RISK,
            kind="x",
            reason_code="x",
            params={},
            key=f"r{number}",
            now=MORNING,
            assignee_id=desk.rm.pk,
        )
    WorkItem.objects.filter(key="r0").update(snoozed_until=MORNING + timedelta(days=1))
    desk.rm.user.email = "rm@example.com"
    desk.rm.user.save()
    return desk


def test_each_rm_gets_one_summary_a_day(desk: Desk) -> None:
    assert send_digests(business_date=DAY, now=MORNING) == 1
    notice = Notice.objects.get()
    assert (notice.member, notice.url) == (desk.rm, "/")
    assert notice.params == {"promises": 2, "contacts": 1, "leads": 1, "alerts": 2}
    mail = Message.objects.get()
    assert (mail.address, mail.customer_id, mail.channel) == ("rm@example.com", None, "MAIL")
    assert "2项" in mail.text and "2026-03-02" in mail.text
    assert OutboxEvent.objects.filter(name="messaging.message_queued").count() == 1
    with unchanged():
        assert send_digests(business_date=DAY, now=MORNING + timedelta(hours=3)) == 0
    assert send_digests(business_date=DAY + timedelta(days=1), now=MORNING + timedelta(days=1)) == 1
    assert (Notice.objects.count(), Message.objects.count()) == (2, 2)


@pytest.mark.parametrize("now", [MORNING - timedelta(minutes=1), clock.at(date(2026, 3, 7), 10)])
def test_none_before_the_hour_and_none_on_a_rest_day(desk: Desk, now: datetime) -> None:
    with unchanged():
        assert send_digests(business_date=now.date(), now=now) == 0


def test_the_hour_is_a_parameter(desk: Desk) -> None:
    Parameter.objects.filter(rule_code="customers.digest_hour").update(value=10)
    with unchanged():
        assert send_digests(business_date=DAY, now=MORNING + timedelta(hours=1)) == 0
    assert send_digests(business_date=DAY, now=MORNING + timedelta(hours=2)) == 1


def test_who_switched_it_off_has_left_or_has_no_book_gets_none(desk: Desk) -> None:
    switch_digest(user=desk.rm.user, is_on=False)
    with unchanged():
        assert send_digests(business_date=DAY, now=MORNING) == 0
    switch_digest(user=desk.rm.user, is_on=True)
    desk.rm.is_active = False
    desk.rm.save()
    with unchanged():
        assert send_digests(business_date=DAY, now=MORNING) == 0


def test_the_queries_do_not_grow_with_the_colleagues(desk: Desk, django_assert_max_num_queries: object) -> None:
    for _number in range(20):
        member = make_member("rm", desk.place, desk.team)
        Lead.objects.create(
            number=f"LX-{member.pk}", role="BORROWER", method="CONSULTATION", owner=member, created_at=MORNING
        )
    # One notice each; everything that is counted and mailed is one statement for all.
    with django_assert_max_num_queries(16 + 21):  # type: ignore[operator]
        assert send_digests(business_date=DAY, now=MORNING) == 21
