"""Marketing goes only to who agreed and is a customer; contract messages go to everybody."""

from datetime import date, datetime, timedelta

import pytest

from core import clock
from core.models import OutboxEvent
from customers.models import Consent, Customer, TimelineEntry
from messaging.models import Channel, Kind, Message, Template
from messaging.operations import sending
from messaging.texts import say_reason
from messaging.web.views import MessageFilter, narrow
from segmentation.models import Labels
from tests.web.conftest import NOW, TODAY

BACK = TODAY + timedelta(days=40)


@pytest.fixture
def customer(db: None) -> Customer:
    found = Customer.objects.create(
        number="C-1", name="王小明", phone="13800138000", status="REGISTERED", registered_at=NOW
    )
    for code, kind in (("spring", Kind.MARKETING), ("due", Kind.NOTICE)):
        Template.objects.create(code=code, kind=kind, channel=Channel.SMS, language="zh-hans", body="您好")
    Consent.objects.create(
        customer=found, purpose="MARKETING", notice_version="1", channel="app", given_at=NOW, evidence_hash="h"
    )
    return found


def decline(customer: Customer, back: date = BACK) -> None:
    Labels.objects.update_or_create(
        customer_id=customer.pk,
        defaults={"version": "t", "told_at": NOW, "non_customer": "DECLINED", "reentry_date": back},
    )


def send(customer: Customer, code: str, now: datetime = NOW) -> Message:
    message = sending.send_message(customer_id=customer.pk, code=code, params={}, dedup_key=f"{code}:{now}", now=now)
    assert message is not None
    return message


def test_a_non_customer_is_left_out_of_marketing_until_his_re_entry(customer: Customer) -> None:
    decline(customer)
    left_out = send(customer, "spring")
    assert (left_out.state, left_out.reason) == ("SUPPRESSED", f"non_customer {BACK}")
    assert str(BACK) in say_reason(left_out.reason)
    assert not OutboxEvent.objects.exists() and not TimelineEntry.objects.exists()
    form = MessageFilter({"reason": ["non_customer"]})
    assert form.is_valid() and list(narrow(Message.objects.all(), form.cleaned_data)) == [left_out]
    # What his contract asks for goes all the same; on the day of his re-entry marketing does, too.
    assert send(customer, "due").state == "QUEUED"
    assert send(customer, "spring", clock.at(BACK, 10)).state == "QUEUED"


def test_what_waited_for_the_morning_is_looked_at_again(customer: Customer) -> None:
    night, morning = clock.at(TODAY, 22), clock.at(TODAY + timedelta(days=1), 9)
    waits, notice = send(customer, "spring", night), send(customer, "due", night)
    assert (waits.state, waits.reason) == ("QUEUED", "")
    decline(customer)
    assert sending.release_due(now=morning) == 1
    waits.refresh_from_db()
    notice.refresh_from_db()
    assert (waits.state, waits.reason) == ("SUPPRESSED", f"non_customer {BACK}")
    assert (notice.state, notice.reason) == ("QUEUED", "released")
    again = send(customer, "spring", clock.at(BACK, 22))
    Consent.objects.update(withdrawn_at=morning)
    assert sending.release_due(now=clock.at(BACK + timedelta(days=1), 9)) == 0
    again.refresh_from_db()
    assert (again.state, again.reason) == ("SUPPRESSED", "no_marketing_consent")
