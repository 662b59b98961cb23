"""Human review on request: a customer whom rules decided about asks for a person, and is told what came of it."""

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.calendar import add_workdays
from core.clock import at
from core.errors import BusinessError, InvalidInput, NotFound
from core.models import User
from customers.models import WorkItem
from customers.operations import history
from lending.models import Application
from lending.operations.decisions import reopen_application
from messaging.operations.sending import send_message
from risk.models import DecisionRecord, HumanReviewRequest
from risk.operations.decisions import raise_reviews
from risk.queries.locks import lock_application
from risk.reasons import REVIEWED
from staff import rights
from staff.queries import access_right, scope_condition

_URGENCY: Final = 15
_LONGEST_TEXT: Final = 1000


class NothingToReview(BusinessError):
    """No rule decided alone, or a person is looking at it already."""

    code = "nothing_to_review"
    message = _("This application was not decided by rules alone, or a person is looking at it already.")


class ReviewAsked(BusinessError):
    """The customer has asked before."""

    code = "human_review_asked"
    message = _("You have asked for a review of this decision already.")


class RequestAnswered(BusinessError):
    """The request has its answer."""

    code = "human_review_answered"
    message = _("This request has been answered already.")


class AnswerMissing(InvalidInput):
    """The answer says nothing."""

    code = "human_review_answer_missing"
    message = _("Tell the customer what you found.")


@transaction.atomic
def ask_human_review(
    *, application_id: int, customer_id: int, text: str, now: datetime, business_date: date
) -> HumanReviewRequest:
    """Take a customer's request that a person looks at an automatic decision; the clock runs in working days.

    Raises NotFound, NothingToReview, ReviewAsked.
    """
    application = lock_application(application_id)
    if application.customer_id != customer_id:
        raise NotFound
    is_automatic = (
        application.outcome in {"APPROVE", "DECLINE"}
        and REVIEWED not in application.reason_codes
        and DecisionRecord.objects.filter(application=application).exists()
    )
    if not is_automatic:
        raise NothingToReview
    if HumanReviewRequest.objects.filter(application=application).exists():
        raise ReviewAsked
    due_date = add_workdays(business_date, parameters.get_int("risk.human_review_workdays", on=business_date))
    request = HumanReviewRequest.objects.create(
        application=application, text=text.strip()[:_LONGEST_TEXT], asked_at=now, due_date=due_date
    )
    audit.record(actor=application.customer.user, action="risk.human_review_asked", target=request, now=now)
    history.raise_work(
        group=WorkItem.Group.APPROVAL,
        kind="risk.human_review",
        reason_code="risk.human_review_asked",
        params={"number": application.number},
        key=_key(application.pk),
        now=now,
        customer_id=application.customer_id,
        right=rights.REVIEW_APPLICATION,
        urgency=_URGENCY,
        due_at=at(due_date, 18),
        url=f"/applications/{application.public_id}/",
    )
    _note(application, "risk.human_review_noted", now)
    return request


@transaction.atomic
def answer_human_review(
    *, request_id: int, is_reopened: bool, answer: str, actor: User, now: datetime
) -> HumanReviewRequest:
    """Tell the customer what a person found; a refusal that does not hold is opened again for review by two people.

    Raises Refused, NotFound, RequestAnswered, AnswerMissing, and NotOpen where nothing can be opened again.
    """
    access = access_right(actor, rights.REVIEW_APPLICATION)
    scope = scope_condition(access, rights.REVIEW_APPLICATION, "application__customer__rm")
    found = HumanReviewRequest.objects.filter(scope, pk=request_id).values_list("application_id", flat=True).first()
    if found is None:
        raise NotFound
    application = lock_application(found)
    request = HumanReviewRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    if request.state != HumanReviewRequest.State.OPEN:
        raise RequestAnswered
    if not answer.strip():
        raise AnswerMissing(fields={"answer": [AnswerMissing.message]})
    request.state = HumanReviewRequest.State.REOPENED if is_reopened else HumanReviewRequest.State.UPHELD
    request.answer = answer.strip()[:_LONGEST_TEXT]
    request.answered_by = actor
    request.answered_at = now
    request.save()
    if is_reopened:
        raise_reviews([reopen_application(application_id=application.pk, actor=actor, now=now)], now=now)
    audit.record(
        actor=actor,
        action="risk.human_review_answered",
        target=request,
        data={"application": application.number, "state": request.state},
        reason=request.answer[:300],
        now=now,
    )
    history.end_work(key=_key(application.pk), now=now, actor=actor)
    send_message(
        customer_id=application.customer_id,
        code="human-review-answered",
        params={"number": application.number},
        dedup_key=f"human-review:{request.pk}",
        now=now,
        reference=("lending.application", application.pk),
    )
    return request


def _key(application_id: int) -> str:
    return f"risk.human_review:{application_id}"


def _note(application: Application, text_code: str, now: datetime) -> None:
    history.add_timeline(
        customer_id=application.customer_id,
        kind="change",
        text_code=text_code,
        params={"number": application.number},
        at=now,
        key=f"{text_code}:{application.pk}",
        url=f"/applications/{application.public_id}/",
    )
