"""The bureau is asked once, with consent and purpose, and whatever it does the application goes on."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from core import clock, outbox
from core.errors import Refused
from core.models import AuditEntry, EventDelivery, User
from customers.models import Consent, Customer, WorkItem
from integrations.models import OutboundCall
from integrations.sandbox.client import SandboxControl
from lending.models import Application
from lending.operations.applications import withdraw_application
from risk.models import BureauReport, DecisionRecord
from risk.operations import bureau
from tests.fixtures.borrowers import make_application, make_borrower, make_staff
from tests.risk.conftest import DAY, GOOD_REPORT, make_answer

IDENTITY = "110101199003070038"


@pytest.fixture
def borrower(house: datetime) -> Customer:
    return make_borrower(now=house, identity_number=IDENTITY)


def deliver(start: datetime, *, minutes: int = 5) -> None:
    """Deliver what is due, minute by minute, so that postponed deliveries come again."""
    for minute in range(minutes + 1):
        with clock.use_clock(start + timedelta(minutes=minute)):
            outbox.drain()


class TestThroughTheSandbox:
    def test_asked_once_and_decided(self, borrower: Customer, house: datetime, sandbox: SandboxControl) -> None:
        sandbox.set_profiles({IDENTITY: GOOD_REPORT})
        application = make_application(borrower, now=house, business_date=DAY)
        deliver(house)
        report = BureauReport.objects.get(application=application)
        assert report.state == BureauReport.State.RECEIVED
        assert report.reference.startswith("CR") and str(report.cost) == "2.00"
        assert report.consent is not None and report.consent.purpose == "CREDIT_QUERY"
        application.refresh_from_db()
        assert (application.state, application.outcome) == ("APPROVED", "APPROVE")
        call = OutboundCall.objects.get(operation="query_report")
        assert call.attempt_count == 1 and call.idempotency_key == f"report-{report.public_id}"

    def test_an_outage_is_waited_out(self, borrower: Customer, house: datetime, sandbox: SandboxControl) -> None:
        sandbox.set_profiles({IDENTITY: GOOD_REPORT})
        sandbox.behave("bureau", fail_next=2)
        application = make_application(borrower, now=house, business_date=DAY)
        deliver(house)
        application.refresh_from_db()
        report = BureauReport.objects.get(application=application)
        assert (application.state, report.attempts) == ("APPROVED", 3)

    def test_an_answer_lost_on_the_way_is_not_paid_twice(
        self, borrower: Customer, house: datetime, sandbox: SandboxControl
    ) -> None:
        sandbox.set_profiles({IDENTITY: GOOD_REPORT})
        sandbox.behave("bureau", lose_answer_next=1)
        application = make_application(borrower, now=house, business_date=DAY)
        deliver(house)
        report = BureauReport.objects.get(application=application)
        assert report.state == BureauReport.State.RECEIVED
        assert OutboundCall.objects.get(operation="query_report").attempt_count == 2

    def test_a_long_outage_ends_with_a_person(
        self, borrower: Customer, house: datetime, sandbox: SandboxControl
    ) -> None:
        sandbox.behave("bureau", fail_next=50)
        application = make_application(borrower, now=house, business_date=DAY)
        deliver(house)
        application.refresh_from_db()
        report = BureauReport.objects.get(application=application)
        assert (report.state, report.attempts) == ("UNAVAILABLE", bureau.ATTEMPTS_AT_MOST)
        assert (application.state, application.reason_codes) == ("REFERRED", ["BUREAU_UNAVAILABLE"])
        assert WorkItem.objects.get(kind="risk.review").state == WorkItem.State.OPEN
        assert not EventDelivery.objects.filter(handler__startswith="risk.", state="PENDING").exists()

        sandbox.reset()
        sandbox.set_profiles({IDENTITY: GOOD_REPORT})
        bureau.retry_bureau_query(application_id=application.pk, actor=make_staff("risk-officer"), now=house)
        deliver(house + timedelta(minutes=10))
        report.refresh_from_db()
        application.refresh_from_db()
        assert report.state == BureauReport.State.RECEIVED
        assert application.state == "REFERRED", "the answer is for the reviewers, the decision stands"
        assert DecisionRecord.objects.count() == 1

    def test_a_refusal_ends_with_a_person(self, borrower: Customer, house: datetime, sandbox: SandboxControl) -> None:
        sandbox.behave("bureau", refuse_next=1, refuse_code="SUBJECT_LOCKED")
        application = make_application(borrower, now=house, business_date=DAY)
        deliver(house)
        application.refresh_from_db()
        report = BureauReport.objects.get(application=application)
        assert (report.state, report.failure_code) == ("REFUSED", "SUBJECT_LOCKED")
        assert application.state == "REFERRED"


class TestQuery:
    def test_without_consent_nothing_is_asked(self, borrower: Customer, house: datetime, system: User) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        Consent.objects.filter(customer=borrower, purpose="CREDIT_QUERY").update(withdrawn_at=house)
        report = bureau.open_bureau_query(application_id=application.pk, actor=system, now=house, business_date=DAY)
        assert (report.state, report.failure_code) == ("REFUSED", "CONSENT_MISSING")
        with clock.use_clock(house):
            outbox.drain()
        application.refresh_from_db()
        assert (application.state, application.reason_codes) == ("REFERRED", ["CONSENT_MISSING"])
        assert not OutboundCall.objects.exists()

    def test_a_withdrawn_application_is_not_asked_about(
        self, borrower: Customer, house: datetime, system: User
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        withdraw_application(application_id=application.pk, customer_id=borrower.pk, now=house)
        report = bureau.open_bureau_query(application_id=application.pk, actor=system, now=house, business_date=DAY)
        assert (report.state, report.failure_code) == ("REFUSED", "APPLICATION_ENDED")

    def test_one_query_an_application(self, borrower: Customer, house: datetime, system: User) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        first = bureau.open_bureau_query(application_id=application.pk, actor=system, now=house, business_date=DAY)
        again = bureau.open_bureau_query(application_id=application.pk, actor=system, now=house, business_date=DAY)
        assert first.pk == again.pk
        with pytest.raises(IntegrityError), transaction.atomic():
            BureauReport.objects.create(
                customer=borrower, application=application, purpose=first.purpose, asked_at=house, asked_by=system
            )

    def test_a_second_answer_changes_nothing(
        self, borrower: Customer, house: datetime, system: User, receive_report: Callable[..., BureauReport]
    ) -> None:
        report = receive_report(make_application(borrower, now=house, business_date=DAY))
        bureau.record_bureau_report(report_id=report.pk, answer=make_answer(house, score=300), actor=system, now=house)
        assert not bureau.record_bureau_failure(report_id=report.pk, code="X", actor=system, now=house)
        bureau.record_bureau_refusal(report_id=report.pk, code="X", actor=system, now=house)
        after = BureauReport.objects.get(pk=report.pk)
        assert (after.state, after.report, after.attempts) == ("RECEIVED", report.report, 1)

    def test_a_fresh_report_is_used_again(
        self, borrower: Customer, house: datetime, system: User, receive_report: Callable[..., BureauReport]
    ) -> None:
        first = receive_report(make_application(borrower, now=house, business_date=DAY))
        second = make_application(borrower, now=house, business_date=DAY)
        reused = bureau.open_bureau_query(
            application_id=second.pk, actor=system, now=house + timedelta(days=6), business_date=DAY
        )
        assert (reused.state, reused.reused_from_id, str(reused.cost)) == ("RECEIVED", first.pk, "0")
        assert reused.report == first.report
        third = make_application(borrower, now=house, business_date=DAY)
        asked = bureau.open_bureau_query(
            application_id=third.pk, actor=system, now=house + timedelta(days=8), business_date=DAY
        )
        assert asked.state == BureauReport.State.ASKED

    def test_the_report_is_encrypted_and_the_query_audited(
        self, borrower: Customer, house: datetime, receive_report: Callable[..., BureauReport]
    ) -> None:
        report = receive_report(make_application(borrower, now=house, business_date=DAY))
        with connection.cursor() as cursor:
            cursor.execute("SELECT report FROM risk_bureaureport WHERE id = %s", [report.pk])
            stored = cursor.fetchone()[0]
        assert "overdue_count" in report.report and "overdue_count" not in stored
        entry = AuditEntry.objects.get(action="risk.bureau_queried")
        assert entry.is_sensitive_read
        assert entry.data["purpose"] == "LOAN_APPROVAL" and entry.data["consent"] == report.consent_id

    def test_only_reviewers_ask_again_and_only_after_a_failure(
        self, borrower: Customer, house: datetime, receive_report: Callable[..., BureauReport]
    ) -> None:
        application = make_application(borrower, now=house, business_date=DAY)
        receive_report(application)
        Application.objects.filter(pk=application.pk).update(state="REFERRED")
        with pytest.raises(bureau.BureauQueryNotOpen):
            bureau.retry_bureau_query(application_id=application.pk, actor=make_staff("risk-officer"), now=house)
        BureauReport.objects.update(state="UNAVAILABLE")
        with pytest.raises(Refused):
            bureau.retry_bureau_query(application_id=application.pk, actor=make_staff("rm"), now=house)
        assert BureauReport.objects.get().state == "UNAVAILABLE"
