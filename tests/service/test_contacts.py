"""Debtors are contacted within the hours and the number allowed; promises are kept or broken."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from core import clock, close, seeding
from core.errors import Refused
from core.models import OutboxEvent, Parameter, User
from customers.models import TimelineEntry, WorkItem
from lending.models import Loan, Repayment
from service.models import CollectionCase, CollectionContact, PromiseToPay
from service.operations import cases, contacts
from service.queries import list_contacts, list_promises
from service.rules import ContactLimits, find_contact_refusal
from tests.fixtures.borrowers import LoanPlan, make_loan, make_staff
from tests.service.conftest import DAY

LIMITS = ContactLimits(from_hour=8, to_hour=22, daily_limit=3)


def open_case(loan: Loan, now: datetime) -> CollectionCase:
    case = cases.follow_bucket(
        loan_id=loan.pk, bucket="M1", dpd=1, overdue_amount=Decimal("1100.00"), now=now, business_date=DAY
    )
    assert case is not None
    return case


@pytest.fixture
def case(late_loan: Loan, house: datetime) -> CollectionCase:
    return open_case(late_loan, house)


def call(case: CollectionCase, actor: User, now: datetime, **changes: Any) -> CollectionContact:
    return contacts.record_contact(
        **{
            "case_id": case.pk,
            "channel": "CALL",
            "outcome": "REACHED",
            "note": "will look",
            "actor": actor,
            "now": now,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("hour", "minute", "count", "refusal"),
    [
        (7, 59, 0, "quiet_hours"),
        (8, 0, 0, ""),
        (21, 59, 0, ""),
        (22, 0, 0, "quiet_hours"),
        (23, 30, 0, "quiet_hours"),
        (3, 0, 0, "quiet_hours"),
        (12, 0, 2, ""),
        (12, 0, 3, "daily_limit"),
    ],
)
def test_hours_and_number(hour: int, minute: int, count: int, refusal: str) -> None:
    assert find_contact_refusal(clock.at(DAY, hour, minute), count, LIMITS) == refusal


class TestContacts:
    def test_it_is_recorded_and_stands_on_the_timeline(self, case: CollectionCase, rm: User, house: datetime) -> None:
        contact = call(case, rm, house)
        assert (contact.number_of_day, contact.local_date) == (1, DAY)
        assert list(list_contacts(case)) == [contact]
        entry = TimelineEntry.objects.get(text_code="service.contact.REACHED")
        assert (entry.customer_id, entry.actor) == (case.customer_id, rm)

    @pytest.mark.parametrize("hour", [22, 23, 0, 7])
    def test_not_at_night(self, hour: int, case: CollectionCase, rm: User) -> None:
        with pytest.raises(contacts.QuietHours) as caught:
            call(case, rm, clock.at(DAY, hour))
        assert "8:00" in caught.value.sentence()
        assert not CollectionContact.objects.exists() and not TimelineEntry.objects.filter(kind="contact").exists()

    def test_the_hour_is_the_debtors(self, case: CollectionCase, rm: User) -> None:
        from datetime import UTC

        with pytest.raises(contacts.QuietHours):
            call(case, rm, clock.at(DAY, 22, 30).astimezone(UTC))
        call(case, rm, clock.at(DAY, 8, 30).astimezone(UTC))

    def test_three_times_a_day_over_all_loans_and_staff(
        self, case: CollectionCase, late_loan: Loan, rm: User, house: datetime
    ) -> None:
        second = make_loan(late_loan.borrower, LoanPlan(late_loan.start_date or DAY, dpd=1, bucket="M1"), now=house)
        other_case = open_case(second, house)
        call(case, rm, house)
        call(other_case, make_staff("team-lead"), house)
        call(case, rm, house)
        with pytest.raises(contacts.DailyLimit):
            call(other_case, rm, house)
        assert CollectionContact.objects.count() == 3
        call(case, rm, house, channel="SMS")
        call(case, rm, house + timedelta(days=1))

    def test_the_limits_are_dated_parameters(self, case: CollectionCase, rm: User, house: datetime) -> None:
        Parameter.objects.create(
            rule_code="service.contact_daily_limit", value="1", valid_from=DAY + timedelta(days=1), source="test"
        )
        call(case, rm, house)
        call(case, rm, house)
        call(case, rm, house + timedelta(days=1))
        with pytest.raises(contacts.DailyLimit):
            call(case, rm, house + timedelta(days=1))

    def test_a_hold_stops_everything(self, case: CollectionCase, rm: User, house: datetime) -> None:
        cases.hold_case(case_id=case.pk, reason="complaint", actor=rm, now=house)
        with pytest.raises(contacts.CaseOnHold):
            call(case, rm, house)
        with pytest.raises(contacts.CaseOnHold):
            contacts.take_promise(
                case_id=case.pk, amount=Decimal("1.00"), promised_date=DAY, actor=rm, now=house, business_date=DAY
            )
        assert not CollectionContact.objects.exists() and not PromiseToPay.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field"), [({"channel": "FAX"}, "channel"), ({"outcome": "?"}, "outcome"), ({"note": " "}, "note")]
    )
    def test_the_record_is_complete(
        self, changes: dict[str, Any], field: str, case: CollectionCase, rm: User, house: datetime
    ) -> None:
        with pytest.raises(contacts.ContactInvalid) as caught:
            call(case, rm, house, **changes)
        assert list(caught.value.fields) == [field]
        assert not CollectionContact.objects.exists()

    def test_the_right_is_needed(self, case: CollectionCase, house: datetime) -> None:
        with pytest.raises(Refused):
            call(case, make_staff("service-agent"), house)
        assert not CollectionContact.objects.exists()

    def test_a_record_cannot_be_changed(self, case: CollectionCase, rm: User, house: datetime) -> None:
        call(case, rm, house)
        for sql in ("UPDATE service_collectioncontact SET note = 'x'", "DELETE FROM service_collectioncontact"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_ten_people_at_once_call_three_times(case: CollectionCase, rm: User, house: datetime) -> None:
    barrier, refused = Barrier(10), []

    def ring() -> None:
        try:
            barrier.wait(timeout=30)
            call(case, rm, house)
        except contacts.DailyLimit as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=ring) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert CollectionContact.objects.count() == 3
    assert len(refused) == 7


class TestPromises:
    def promise(self, case: CollectionCase, rm: User, now: datetime, **changes: Any) -> PromiseToPay:
        return contacts.take_promise(
            **{
                "case_id": case.pk,
                "amount": Decimal("500.00"),
                "promised_date": DAY + timedelta(days=2),
                "actor": rm,
                "now": now,
                "business_date": DAY,
                **changes,
            }
        )

    @pytest.fixture
    def pay(self, late_loan: Loan) -> Callable[[str, datetime], None]:
        def run(amount: str, at: datetime) -> None:
            number = Repayment.objects.count() + 1
            Repayment.objects.create(
                loan=late_loan,
                kind="REPAYMENT",
                amount=Decimal(amount),
                fee=0,
                penalty=0,
                interest=0,
                principal=Decimal(amount),
                business_date=at.date(),
                received_at=at,
                transfer_id=number,
                idempotency_key=f"r{number}",
            )

        return run

    def judge(self, house: datetime, days: int) -> int:
        return contacts.judge_promises(DAY + timedelta(days=days), 0, 0, house + timedelta(days=days))

    def test_kept_as_soon_as_the_sum_is_there(
        self, case: CollectionCase, rm: User, house: datetime, pay: Callable[[str, datetime], None]
    ) -> None:
        pay("400.00", house - timedelta(minutes=1))
        promise = self.promise(case, rm, house)
        pay("300.00", house + timedelta(hours=1))
        assert self.judge(house, 0) == 0
        pay("200.00", house + timedelta(days=1))
        assert self.judge(house, 1) == 1
        promise.refresh_from_db()
        assert (promise.state, promise.paid) == ("KEPT", Decimal("500.00"))
        assert TimelineEntry.objects.filter(text_code="service.promise_kept").count() == 1
        assert not WorkItem.objects.filter(kind="service.promise_broken").exists()

    def test_broken_when_its_day_ends_without_it(
        self, case: CollectionCase, rm: User, house: datetime, pay: Callable[[str, datetime], None]
    ) -> None:
        promise = self.promise(case, rm, house)
        pay("499.99", house + timedelta(hours=1))
        assert self.judge(house, 1) == 0
        assert self.judge(house, 2) == 1
        assert self.judge(house, 3) == 0
        promise.refresh_from_db()
        assert (promise.state, promise.paid) == ("BROKEN", Decimal("499.99"))
        item = WorkItem.objects.get(kind="service.promise_broken")
        assert (item.group, item.assignee) == ("PROMISED", rm.staff_member)
        assert OutboxEvent.objects.get(name="service.promise_broken").payload["missing"] == "0.01"

    def test_one_at_a_time_and_only_sensible_ones(self, case: CollectionCase, rm: User, house: datetime) -> None:
        with pytest.raises(contacts.ContactInvalid):
            self.promise(case, rm, house, amount=Decimal("0.00"))
        with pytest.raises(contacts.ContactInvalid):
            self.promise(case, rm, house, promised_date=DAY - timedelta(days=1))
        first = self.promise(case, rm, house)
        with pytest.raises(contacts.PromiseOpen):
            self.promise(case, rm, house)
        assert list(list_promises(case)) == [first]

    def test_a_cured_loan_keeps_its_promise(
        self, case: CollectionCase, late_loan: Loan, rm: User, house: datetime, system: User
    ) -> None:
        promise = self.promise(case, rm, house)
        cases.close_case(loan_id=late_loan.pk, closure="CURED", actor=system, now=house, business_date=DAY)
        promise.refresh_from_db()
        assert promise.state == "KEPT"
        with pytest.raises(cases.CaseClosed):
            self.promise(case, rm, house)
        with pytest.raises(cases.CaseClosed):
            call(case, rm, house)

    def test_the_close_judges_them(self, case: CollectionCase, rm: User, house: datetime) -> None:
        names = [step.name for step in close.list_steps()]
        assert names.index("lending.auto_debit") < names.index("service.judge_promises") < names.index("advance_date")
        seeding.run_seeds(business_date=DAY, now=house)
        promise = self.promise(case, rm, house, promised_date=DAY)
        close.close_date(business_date=DAY, now=house + timedelta(hours=13))
        promise.refresh_from_db()
        assert promise.state == "BROKEN"
