"""The watch over the book of somebody who left, and what his customers are told."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock, outbox
from core.models import AuditEntry
from customers.models import BankCard, ChannelPreference, Customer, Handover, LeaverWatch, Notice, WorkItem
from customers.operations.ownership import start_handover
from ledger.models import PaymentOrder
from messaging.models import Message
from messaging.operations.seed import ensure_templates
from risk.operations.leavers import watch_leavers
from risk.operations.seed import seed_leaver_limits
from risk.rules.leavers import LeaverLimits, judge_leaver, scale_usual
from tests.customers.operations.desk import Desk, make_customer, make_desk, make_member

DAY = date(2026, 3, 2)
LIMITS = LeaverLimits(Decimal(2), Decimal("10000.00"), 3)
amounts = st.decimals(0, 10**6, places=2)


def judge(outflow: str, usual: str, exits: int = 0, usual_exits: str = "0") -> tuple[str, ...]:
    return judge_leaver(Decimal(outflow), Decimal(usual), exits, Decimal(usual_exits), LIMITS)


def test_what_is_unusual() -> None:
    assert judge("16000.00", "8000.00") == ()
    assert judge("16000.01", "8000.00") == ("OUTFLOW",)
    assert judge("9999.99", "0.00") == ()
    assert judge("0.00", "0.00", 2) == () and judge("0.00", "0.00", 3) == ("EXITS",)
    assert judge("0.00", "0.00", 4, "2") == () and judge("20000.00", "1.00", 5, "2") == ("OUTFLOW", "EXITS")
    assert scale_usual(Decimal("9000.00"), 90, 7) == Decimal("700.00")


@given(amounts, amounts, amounts, st.integers(0, 50), st.integers(0, 50))
def test_more_is_never_less_unusual(
    outflow: Decimal, more: Decimal, usual: Decimal, exits: int, more_exits: int
) -> None:
    before = judge_leaver(outflow, usual, exits, Decimal(1), LIMITS)
    after = judge_leaver(outflow + more, usual, exits + more_exits, Decimal(1), LIMITS)
    assert set(before) <= set(after)


@pytest.fixture
def desk(db: None, now: datetime, set_business_date: Any) -> Desk:
    set_business_date(DAY)
    seed_leaver_limits(DAY, now)
    ensure_templates(DAY, now)
    desk = make_desk()
    for _number in range(6):
        customer = make_customer(desk.rm, now)
        ChannelPreference.objects.create(customer=customer, channels=["SMS"])
    return desk


def leave(desk: Desk, now: datetime) -> Handover:
    ids = list(Customer.objects.filter(rm=desk.rm).values_list("pk", flat=True))
    return start_handover(
        giver_id=desk.rm.pk,
        plan={desk.other.pk: ids},
        is_leaving=True,
        note="",
        actor=desk.lead.user,
        now=now,
        business_date=DAY,
    )


def withdraw(customer: Customer, amount: str, day: date, now: datetime, status: str = "SUCCEEDED") -> None:
    number = PaymentOrder.objects.count()
    card = BankCard.objects.create(customer=customer, number_index=f"card-{number}", tail="0018", asked_at=now)
    PaymentOrder.objects.create(
        card=card,
        number=f"PO-{number}",
        kind="WITHDRAWAL",
        status=status,
        customer=customer,
        amount=Decimal(amount),
        gateway="bank",
        purpose="x",
        authorisation="x",
        idempotency_key=f"k{number}",
        business_date=day,
        created_at=now,
    )


def test_unusual_outflow_raises_the_alarm_once(desk: Desk, now: datetime) -> None:
    officer = make_member("risk-officer", desk.place, None)
    customers = list(Customer.objects.filter(rm=desk.rm).order_by("pk"))
    outsider = make_customer(desk.stranger, now)
    withdraw(customers[0], "9000.00", DAY - timedelta(days=10), now)
    withdraw(customers[0], "99999.00", DAY - timedelta(days=91), now)
    leave(desk, now)
    withdraw(customers[1], "9999.00", DAY, now)
    withdraw(customers[2], "50000.00", DAY, now, "FAILED")
    withdraw(outsider, "70000.00", DAY, now)
    assert watch_leavers(DAY, 0, 0, now) == 1
    watch = LeaverWatch.objects.get()
    assert (watch.outflow, watch.usual_outflow, watch.exits) == (Decimal("9999.00"), Decimal("100.00"), 0)
    assert watch.alarmed_at is None and not WorkItem.objects.exists()
    withdraw(customers[2], "1.00", DAY + timedelta(days=1), now)
    for _night in range(2):
        watch_leavers(DAY + timedelta(days=1), 0, 0, now + timedelta(days=1))
    watch.refresh_from_db()
    assert (watch.outflow, watch.usual_outflow) == (Decimal("10000.00"), Decimal("200.00"))
    assert watch.alarmed_at == now + timedelta(days=1)
    assert set(WorkItem.objects.values_list("assignee_id", "right")) == {
        (desk.lead.pk, ""),
        (None, "risk.handle_alerts"),
    }
    alarmed = set(Notice.objects.filter(kind="risk.leaver").values_list("member_id", flat=True))
    assert alarmed == {desk.lead.pk, officer.pk}
    assert AuditEntry.objects.filter(action="risk.leaver_alarm").count() == 1
    assert watch_leavers(DAY + timedelta(days=91), 0, 0, now) == 0


def test_lost_customers_are_compared_with_the_house(desk: Desk, now: datetime) -> None:
    ids = list(Customer.objects.filter(rm=desk.rm).values_list("pk", flat=True))
    leave(desk, now)
    lost = {"stage": "LOST", "labels": {"stage": {"at": now.isoformat()}}}
    Customer.objects.filter(pk__in=ids[:3]).update(**lost)
    Customer.objects.filter(pk=ids[3]).update(stage="LOST", labels={"stage": {"at": "2025-01-01"}})
    for _number in range(4):
        make_customer(desk.stranger, now)
    watch_leavers(DAY, 0, 0, now)
    watch = LeaverWatch.objects.get()
    assert watch.exits == 3 and watch.alarmed_at == now


def test_customers_are_told_of_the_new_adviser_within_their_hours(desk: Desk, now: datetime) -> None:
    late = clock.at(DAY, 22)
    closed = Customer.objects.filter(rm=desk.rm).first()
    assert closed is not None
    Customer.objects.filter(pk=closed.pk).update(status="CLOSED", identity_index="x")
    with clock.use_clock(late):
        handover = leave(desk, late)
        outbox.drain()
        outbox.drain()
    messages = Message.objects.filter(template__code="new-adviser")
    assert messages.count() == 5 and closed.pk not in messages.values_list("customer_id", flat=True)
    # At ten in the evening nothing goes out before the morning.
    assert {row.send_after.astimezone(clock.SHANGHAI).hour for row in messages} == {8}
    assert str(desk.other) in messages[0].text
    handover.refresh_from_db()
    assert handover.told == 5
