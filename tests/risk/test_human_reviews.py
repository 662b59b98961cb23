"""A person looks at what rules decided, because the customer asked for it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core.errors import NotFound, Refused
from core.models import User
from core.outbox import EventContext
from customers.models import TimelineEntry, WorkItem
from lending import notices
from lending.events import ApplicationDecided
from lending.models import Application
from lending.operations.applications import NotOpen
from messaging.models import Message
from messaging.operations.seed import ensure_templates
from risk.models import BureauReport, HumanReviewRequest
from risk.operations import human_reviews, reviews
from risk.operations.decisions import decide_applications
from risk.queries.decisions import explain_to_customer
from tests.fixtures.borrowers import make_application, make_borrower, make_staff
from tests.risk.conftest import DAY


@pytest.fixture
def decided(receive_report: Callable[..., BureauReport], house: datetime, system: User) -> Callable[..., Application]:
    ensure_templates(DAY, house)

    def decide(**report: Any) -> Application:
        application = make_application(make_borrower(now=house), now=house, business_date=DAY)
        receive_report(application, **report)
        decide_applications(application_ids=[application.pk], actor=system, now=house, business_date=DAY)
        return Application.objects.select_related("customer").get(pk=application.pk)

    return decide


def ask(application: Application, now: datetime, **given: Any) -> HumanReviewRequest:
    values = {"application_id": application.pk, "customer_id": application.customer_id, "text": "请再看一下"}
    return human_reviews.ask_human_review(**{**values, **given}, now=now, business_date=DAY)


def answer(request: HumanReviewRequest, actor: User, now: datetime, **given: Any) -> HumanReviewRequest:
    values = {"is_reopened": False, "answer": "收入证明不足"}
    return human_reviews.answer_human_review(request_id=request.pk, actor=actor, now=now, **{**values, **given})


def test_the_customer_learns_why_and_what_would_have_to_be_different(
    decided: Callable[..., Application], house: datetime
) -> None:
    application = decided(is_overdue_now=True)
    told = explain_to_customer(application)
    assert told["is_automatic"] and told["may_ask_for_a_person"] and told["notice"]
    assert next(reason["code"] for reason in told["reasons"]) == "OVERDUE_ELSEWHERE"
    assert told["what_would_change"] and all(flip["outcome"] != "DECLINE" for flip in told["what_would_change"])
    assert all(flip["text"] != "Ask us for the reasons." for flip in told["what_would_change"])
    ask(application, house)
    told = explain_to_customer(application)
    assert not told["may_ask_for_a_person"] and told["human_review"]["state"] == "OPEN"


def test_the_request_is_work_with_a_clock(decided: Callable[..., Application], house: datetime) -> None:
    request = ask(decided(is_overdue_now=True), house)
    # Fifteen working days after Monday 2 March 2026.
    assert request.due_date == date(2026, 3, 23)
    work = WorkItem.objects.get(kind="risk.human_review")
    assert (work.state, work.due_at.date()) == ("OPEN", request.due_date)


def test_an_answer_upholds_and_is_told(decided: Callable[..., Application], house: datetime) -> None:
    application = decided(is_overdue_now=True)
    request = answer(ask(application, house), make_staff("risk-officer"), house)
    application.refresh_from_db()
    assert (request.state, application.state) == ("UPHELD", "DECLINED")
    assert WorkItem.objects.get(kind="risk.human_review").state == "DONE"
    assert Message.objects.filter(template__code="human-review-answered", customer=application.customer).count() == 1
    with pytest.raises(human_reviews.RequestAnswered):
        answer(request, make_staff("risk-officer"), house)


def test_a_refusal_that_does_not_hold_goes_to_two_people(decided: Callable[..., Application], house: datetime) -> None:
    application = decided(is_overdue_now=True)
    officer = make_staff("risk-officer")
    answer(ask(application, house), officer, house, is_reopened=True, answer="征信已更正")
    application.refresh_from_db()
    assert (application.state, application.ended_at) == ("REFERRED", None)
    review = reviews.propose_review(
        application_id=application.pk,
        outcome="APPROVE",
        grade="C",
        approved_amount=application.amount,
        reason_codes=[],
        note="g",
        actor=officer,
        now=house,
    )
    reviews.confirm_review(review_id=review.pk, note="", actor=make_staff("risk-manager"), now=house, business_date=DAY)
    application.refresh_from_db()
    assert application.state == "APPROVED"
    assert not explain_to_customer(application)["is_automatic"]


def test_every_turn_of_an_application_has_its_line(decided: Callable[..., Application], house: datetime) -> None:
    application = decided(is_overdue_now=True)
    officer, later = make_staff("risk-officer"), house + timedelta(hours=1)
    answer(ask(application, house), officer, later, is_reopened=True)
    review = reviews.propose_review(
        application_id=application.pk,
        outcome="DECLINE",
        grade="",
        approved_amount=None,
        reason_codes=["OVERDUE_ELSEWHERE"],
        note="g",
        actor=officer,
        now=later,
    )
    reviews.confirm_review(review_id=review.pk, note="", actor=make_staff("risk-manager"), now=later, business_date=DAY)
    lines = TimelineEntry.objects.filter(customer=application.customer, text_code__startswith="lending.application_")
    assert list(lines.order_by("pk").values_list("text_code", flat=True))[-3:] == [
        "lending.application_declined",
        "lending.application_reopened",
        "lending.application_declined",
    ]


def test_refused_requests_leave_nothing(decided: Callable[..., Application], house: datetime) -> None:
    referred, declined = decided(query_count_3_months=15), decided(is_overdue_now=True)
    with pytest.raises(human_reviews.NothingToReview):
        ask(referred, house)
    with pytest.raises(NotFound):
        ask(declined, house, customer_id=referred.customer_id)
    assert not HumanReviewRequest.objects.exists() and not WorkItem.objects.filter(kind="risk.human_review").exists()
    ask(declined, house)
    with pytest.raises(human_reviews.ReviewAsked):
        ask(declined, house)
    assert HumanReviewRequest.objects.count() == 1


def test_only_reviewers_answer_and_they_say_something(decided: Callable[..., Application], house: datetime) -> None:
    request = ask(decided(), house)
    with pytest.raises(Refused):
        answer(request, make_staff("rm"), house)
    with pytest.raises(human_reviews.AnswerMissing):
        answer(request, make_staff("risk-officer"), house, answer="  ")
    with pytest.raises(NotOpen):
        answer(request, make_staff("risk-officer"), house, is_reopened=True)
    request.refresh_from_db()
    assert request.state == "OPEN" and not Message.objects.filter(template__code="human-review-answered").exists()


def test_a_refusal_is_told_once_a_day_and_again_when_people_refuse_later(
    decided: Callable[..., Application], house: datetime, system: User
) -> None:
    application = decided(is_overdue_now=True)
    event = ApplicationDecided(
        application_id=application.pk, customer_id=application.customer_id, outcome="DECLINE", grade=""
    )

    def tell(now: datetime) -> int:
        notices.tell_decision(event, EventContext(1, now, DAY, "k", system))
        return Message.objects.filter(template__code="application-declined").count()

    # However often, and however late, it is delivered.
    assert [tell(house), tell(house + timedelta(days=2))] == [1, 1]
    Application.objects.filter(pk=application.pk).update(decided_at=house + timedelta(hours=3))
    assert tell(house + timedelta(hours=3)) == 1
    Application.objects.filter(pk=application.pk).update(decided_at=house + timedelta(days=4))
    assert tell(house + timedelta(days=4)) == 2
