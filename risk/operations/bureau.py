"""Asking the credit bureau once an application, with consent and purpose, and keeping what it said."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.models import User
from core.outbox import publish
from customers.models import Consent
from integrations.ports import BureauPurpose, CreditReport
from lending.models import Application
from risk.events import BureauQueryAsked, BureauReportReceived
from risk.models import BureauReport
from risk.queries.locks import lock_application, lock_report
from risk.reasons import CONSENT_MISSING
from staff import rights
from staff.queries import access_right

# With the outbox's pauses (2, 4, 8 … seconds) the fifth failure comes about half a minute after the first.
ATTEMPTS_AT_MOST = 5
# The bureau calls a report valid for a month; new debts within a week are what this house is willing to miss.
_REUSE_WITHIN = timedelta(days=7)


class BureauQueryNotOpen(BusinessError):
    """There is no failed query that could be repeated."""

    code = "bureau_query_not_open"
    message = _("The bureau was not asked in vain for this application.")


@transaction.atomic
def open_bureau_query(*, application_id: int, actor: User, now: datetime, business_date: date) -> BureauReport:
    """Store the intent to ask, once an application; a report of the last week is used again without asking.

    Without a live consent to the credit query nothing is asked: the row says REFUSED and a person decides.
    """
    application = lock_application(application_id)
    existing = BureauReport.objects.filter(application=application, purpose=BureauPurpose.LOAN_APPROVAL).first()
    if existing is not None:
        return existing
    consent = Consent.objects.filter(
        customer_id=application.customer_id, purpose=Consent.Purpose.CREDIT_QUERY, withdrawn_at__isnull=True
    ).first()
    report = BureauReport(
        customer_id=application.customer_id,
        application=application,
        consent=consent,
        purpose=BureauPurpose.LOAN_APPROVAL,
        asked_at=now,
        asked_by=actor,
    )
    if application.state != Application.State.SUBMITTED:
        # Withdrawn before anybody asked: there is no purpose left to ask for.
        report.state, report.failure_code = BureauReport.State.REFUSED, "APPLICATION_ENDED"
    elif consent is None:
        report.state, report.failure_code = BureauReport.State.REFUSED, CONSENT_MISSING
    else:
        _reuse(report, now=now, business_date=business_date)
    report.save()
    if report.state != BureauReport.State.ASKED:
        _finish(report, actor=actor, now=now)
    return report


def _reuse(report: BureauReport, *, now: datetime, business_date: date) -> None:
    fresh = (
        BureauReport.objects.filter(
            customer_id=report.customer_id,
            state=BureauReport.State.RECEIVED,
            reused_from__isnull=True,
            received_at__gte=now - _REUSE_WITHIN,
            valid_until_date__gte=business_date,
        )
        .order_by("-received_at")
        .first()
    )
    if fresh is None:
        return
    report.state = BureauReport.State.RECEIVED
    report.reused_from = fresh
    report.received_at = now
    report.reported_at = fresh.reported_at
    report.valid_until_date = fresh.valid_until_date
    report.reference = fresh.reference
    report.report = fresh.report


@transaction.atomic
def record_bureau_report(*, report_id: int, answer: CreditReport, actor: User, now: datetime) -> None:
    """Keep the bureau's answer; a second answer to the same query changes nothing."""
    report = lock_report(report_id)
    if report.state != BureauReport.State.ASKED:
        return
    report.state = BureauReport.State.RECEIVED
    report.attempts += 1
    report.received_at = now
    report.reported_at = answer.reported_at
    report.valid_until_date = answer.valid_until
    report.reference = answer.report_number
    report.cost = answer.cost
    report.report = _as_text(answer)
    report.save()
    _finish(report, actor=actor, now=now)


@transaction.atomic
def record_bureau_refusal(*, report_id: int, code: str, actor: User, now: datetime) -> None:
    """Note that the bureau refuses for good; a person decides."""
    report = lock_report(report_id)
    if report.state != BureauReport.State.ASKED:
        return
    report.state = BureauReport.State.REFUSED
    report.attempts += 1
    report.failure_code = code[:60]
    report.save(update_fields=["state", "attempts", "failure_code"])
    _finish(report, actor=actor, now=now)


@transaction.atomic
def record_bureau_failure(*, report_id: int, code: str, actor: User, now: datetime) -> bool:
    """Note a failed attempt and tell whether to try again; the last one gives up and a person decides."""
    report = lock_report(report_id)
    if report.state != BureauReport.State.ASKED:
        return False
    report.attempts += 1
    report.failure_code = code[:60]
    is_last = report.attempts >= ATTEMPTS_AT_MOST
    if is_last:
        report.state = BureauReport.State.UNAVAILABLE
    report.save(update_fields=["state", "attempts", "failure_code"])
    if is_last:
        _finish(report, actor=actor, now=now)
    return not is_last


@transaction.atomic
def retry_bureau_query(*, application_id: int, actor: User, now: datetime) -> BureauReport:
    """Ask again for an application in manual review whose bureau was not reached.

    The answer is for the reviewers: the automatic decision stands. Raises Refused, BureauQueryNotOpen.
    """
    access_right(actor, rights.REVIEW_APPLICATION)
    application = lock_application(application_id)
    report = BureauReport.objects.select_for_update(no_key=True).filter(application=application).first()
    if (
        report is None
        or report.state != BureauReport.State.UNAVAILABLE
        or application.state != Application.State.REFERRED
    ):
        raise BureauQueryNotOpen
    report.state = BureauReport.State.ASKED
    report.attempts = 0
    report.save(update_fields=["state", "attempts"])
    audit.record(actor=actor, action="risk.bureau_asked_again", target=report, now=now)
    publish(BureauQueryAsked(report_id=report.pk), now=now)
    return report


def _finish(report: BureauReport, *, actor: User, now: datetime) -> None:
    """Leave the trace that 征信业管理条例 22 asks for (who, when, what, what for), and go on to the decision."""
    audit.record(
        actor=actor,
        action="risk.bureau_queried",
        target=report,
        data={
            "state": report.state,
            "purpose": report.purpose,
            "consent": report.consent_id,
            "reference": report.reference,
            "cost": report.cost,
            "reused": report.reused_from_id is not None,
            "failure": report.failure_code,
        },
        is_sensitive_read=report.state == BureauReport.State.RECEIVED,
        now=now,
    )
    publish(
        BureauReportReceived(report_id=report.pk, application_id=report.application_id, customer_id=report.customer_id),
        now=now,
    )


def _as_text(answer: CreditReport) -> str:
    content: dict[str, Any] = asdict(answer)
    content["raw"] = dict(answer.raw)
    return orjson.dumps(content, default=str).decode()
