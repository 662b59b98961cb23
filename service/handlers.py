"""Doors for events: a case follows the arrears of its loan."""

from core.outbox import EventContext, handles
from customers.events import OwnersChanged
from lending.events import BucketChanged, LoanCured, LoanSettled
from service.models import CollectionCase
from service.operations import cases


@handles(BucketChanged, name="service.follow_bucket")
def follow_bucket(event: BucketChanged, context: EventContext) -> None:
    """Open, move or close the case of a loan."""
    if event.to_bucket == "M0":
        _close(event.loan_id, CollectionCase.Closure.CURED, context)
        return
    cases.follow_bucket(
        loan_id=event.loan_id,
        bucket=event.to_bucket,
        dpd=event.dpd,
        overdue_amount=event.overdue_amount,
        now=context.now,
        business_date=context.business_date,
    )


@handles(LoanCured, name="service.close_cured_case")
def close_cured_case(event: LoanCured, context: EventContext) -> None:
    """Close the case of a loan that is up to date again."""
    _close(event.loan_id, CollectionCase.Closure.CURED, context)


@handles(LoanSettled, name="service.close_settled_case")
def close_settled_case(event: LoanSettled, context: EventContext) -> None:
    """Close the case of a loan that is paid off."""
    _close(event.loan_id, CollectionCase.Closure.SETTLED, context)


@handles(OwnersChanged, name="service.follow_owner")
def follow_owner(event: OwnersChanged, context: EventContext) -> None:
    """Let the collection cases of a customer go along to his new RM."""
    cases.follow_owners(batch=event.batch)


def _close(loan_id: int, closure: str, context: EventContext) -> None:
    cases.close_case(
        loan_id=loan_id,
        closure=closure,
        actor=context.actor,
        now=context.now,
        business_date=context.business_date,
    )
