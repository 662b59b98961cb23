"""Doors for events: an application gets its report and its decision, arrears get their alert."""

from core.outbox import EventContext, handles
from customers.events import CustomerFactsChanged
from integrations import connect
from integrations.ports import BureauPurpose, CreditQuery, FinalRefusal, TemporaryFailure
from lending.events import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    BucketChanged,
    LoanCured,
    LoanSettled,
)
from risk.events import BureauQueryAsked, BureauReportReceived
from risk.models import BureauReport
from risk.operations import alerts, bureau, decisions, rescoring, reviews, tiers


@handles(ApplicationSubmitted, name="risk.query_bureau", outside=True)
def query_bureau(event: ApplicationSubmitted, context: EventContext) -> None:
    """Ask the bureau about the applicant."""
    report = bureau.open_bureau_query(
        application_id=event.application_id,
        actor=context.actor,
        now=context.now,
        business_date=context.business_date,
    )
    _ask(report.pk, context)


@handles(BureauQueryAsked, name="risk.query_bureau_again", outside=True)
def query_bureau_again(event: BureauQueryAsked, context: EventContext) -> None:
    """Ask the bureau once more, because somebody wants it."""
    _ask(event.report_id, context)


def _ask(report_id: int, context: EventContext) -> None:
    report = BureauReport.objects.select_related("customer").get(pk=report_id)
    if report.state != BureauReport.State.ASKED:
        return
    query = CreditQuery(
        query_id=f"report-{report.public_id}",
        consent_id=str(report.consent_id),
        purpose=BureauPurpose.LOAN_APPROVAL,
        holder_name=report.customer.name,
        identity_number=report.customer.identity_number,
    )
    try:
        answer = connect.credit_bureau().query_report(query)
    except FinalRefusal as refusal:
        bureau.record_bureau_refusal(report_id=report.pk, code=refusal.code, actor=context.actor, now=context.now)
    except TemporaryFailure as failure:
        if bureau.record_bureau_failure(report_id=report.pk, code=failure.code, actor=context.actor, now=context.now):
            raise
    else:
        bureau.record_bureau_report(report_id=report.pk, answer=answer, actor=context.actor, now=context.now)


@handles(BureauReportReceived, name="risk.decide", batch=decisions.AT_ONCE)
def decide(batch: list[BureauReportReceived], context: EventContext) -> None:
    """Decide the applications by rule."""
    decisions.decide_applications(
        application_ids=[event.application_id for event in batch],
        actor=context.actor,
        now=context.now,
        business_date=context.business_date,
    )


@handles(ApplicationWithdrawn, name="risk.drop_review")
def drop_review(event: ApplicationWithdrawn, context: EventContext) -> None:
    """End the review of a withdrawn application."""
    reviews.drop_review(application_id=event.application_id, actor=context.actor, now=context.now)


@handles(BucketChanged, name="risk.alert_arrears")
def alert_arrears(event: BucketChanged, context: EventContext) -> None:
    """Raise, sharpen or end the alert of a loan."""
    if event.to_bucket == "M0":
        alerts.clear_loan_alert(loan_id=event.loan_id, actor=context.actor, now=context.now)
    else:
        alerts.raise_loan_alert(
            loan_id=event.loan_id,
            from_bucket=event.from_bucket,
            bucket=event.to_bucket,
            dpd=event.dpd,
            overdue_amount=event.overdue_amount,
            actor=context.actor,
            now=context.now,
            business_date=context.business_date,
        )
    tiers.refresh_risk_tiers(customer_ids=[event.customer_id], now=context.now)


@handles(LoanCured, name="risk.end_arrears_alert")
def end_arrears_alert(event: LoanCured, context: EventContext) -> None:
    """End the alert of a loan that is up to date again."""
    alerts.clear_loan_alert(loan_id=event.loan_id, actor=context.actor, now=context.now)
    tiers.refresh_risk_tiers(customer_ids=[event.customer_id], now=context.now)


@handles(LoanSettled, name="risk.end_settled_alert")
def end_settled_alert(event: LoanSettled, context: EventContext) -> None:
    """End the alert of a loan that is paid off."""
    alerts.clear_loan_alert(loan_id=event.loan_id, actor=context.actor, now=context.now)
    tiers.refresh_risk_tiers(customer_ids=[event.customer_id], now=context.now)


@handles(BucketChanged, name="risk.rescore")
def rescore(event: BucketChanged, context: EventContext) -> None:
    """Score a borrower again as soon as he is late, later, or late no more."""
    rescoring.rescore_borrowers(business_date=context.business_date, now=context.now, customer_ids=[event.customer_id])


@handles(CustomerFactsChanged, name="risk.rescore_facts", batch=200)
def rescore_facts(batch: list[CustomerFactsChanged], context: EventContext) -> None:
    """Score borrowers again whose income, debts, work or home are others now."""
    moved = {event.customer_id for event in batch if rescoring.SCORED_FACTS.intersection(event.fields)}
    rescoring.rescore_borrowers(business_date=context.business_date, now=context.now, customer_ids=moved)
