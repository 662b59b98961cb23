"""Two people decide what the rules would not."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.errors import NotFound, Refused
from core.models import AuditEntry, User
from customers.models import WorkItem
from lending.models import Application, Offer
from lending.operations.applications import withdraw_application
from risk.models import BureauReport, Review
from risk.operations import decisions, reviews
from risk.queries.decisions import access_review, list_reviews
from tests.fixtures.borrowers import make_application, make_borrower, make_staff
from tests.risk.conftest import DAY


@pytest.fixture
def officer(house: datetime) -> User:
    return make_staff("risk-officer")


@pytest.fixture
def manager(house: datetime) -> User:
    return make_staff("risk-manager")


@pytest.fixture
def referred(house: datetime, system: User, receive_report: Callable[..., BureauReport]) -> Application:
    application = make_application(make_borrower(now=house), now=house, business_date=DAY)
    receive_report(application, query_count_3_months=14)
    decisions.decide_applications(application_ids=[application.pk], actor=system, now=house, business_date=DAY)
    application.refresh_from_db()
    assert application.state == "REFERRED"
    return application


def propose(application: Application, actor: User, now: datetime, **changes: Any) -> Review:
    return reviews.propose_review(
        **{
            "application_id": application.pk,
            "outcome": "APPROVE",
            "grade": "C",
            "approved_amount": Decimal("20000.00"),
            "reason_codes": [],
            "note": "queries were for one car",
            "actor": actor,
            "now": now,
            **changes,
        }
    )


def open_work(kind: str) -> list[str]:
    return list(WorkItem.objects.filter(kind=kind, state="OPEN").values_list("right", flat=True))


def test_a_proposal_confirmed_by_another_person_decides(
    referred: Application, officer: User, manager: User, house: datetime
) -> None:
    review = propose(referred, officer, house)
    assert open_work("risk.review") == [] and open_work("risk.review_confirm") == ["lending.confirm_review"]
    reviews.confirm_review(review_id=review.pk, note="agreed", actor=manager, now=house, business_date=DAY)
    referred.refresh_from_db()
    assert (referred.state, referred.grade, referred.approved_amount) == ("APPROVED", "C", Decimal("20000.00"))
    assert referred.annual_rate == Decimal("0.088"), "the rate follows from the grade"
    assert referred.reason_codes == ["REVIEWED"] and referred.score is not None
    assert Offer.objects.get(application=referred).amount == Decimal("20000.00")
    assert open_work("risk.review_confirm") == []
    actions = (
        AuditEntry.objects.filter(action__startswith="risk.review").order_by("id").values_list("action", flat=True)
    )
    assert list(actions) == ["risk.review_proposed", "risk.review_confirmed"]


def test_a_refusal_tells_its_reasons(referred: Application, officer: User, manager: User, house: datetime) -> None:
    review = propose(
        referred, officer, house, outcome="DECLINE", grade="", approved_amount=None, reason_codes=["UNDECLARED_DEBT"]
    )
    reviews.confirm_review(review_id=review.pk, note="", actor=manager, now=house, business_date=DAY)
    referred.refresh_from_db()
    assert (referred.state, referred.reason_codes) == ("DECLINED", ["UNDECLARED_DEBT", "REVIEWED"])


def test_nobody_confirms_himself(referred: Application, manager: User, house: datetime) -> None:
    review = propose(referred, manager, house)
    with pytest.raises(reviews.OwnReview):
        reviews.confirm_review(review_id=review.pk, note="", actor=manager, now=house, business_date=DAY)
    with pytest.raises(reviews.OwnReview):
        reviews.send_back_review(review_id=review.pk, note="no", actor=manager, now=house)
    referred.refresh_from_db()
    review.refresh_from_db()
    assert (referred.state, review.state) == ("REFERRED", "PROPOSED")


def test_the_database_refuses_one_person_in_both_roles(referred: Application, manager: User, house: datetime) -> None:
    review = propose(referred, manager, house)
    with pytest.raises(IntegrityError, match="review_by_another_person"), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(state="CONFIRMED", checker=manager, checked_at=house)
    with pytest.raises(IntegrityError, match="review_decided_has_checker"), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(state="CONFIRMED")


def test_rights_are_needed(referred: Application, officer: User, house: datetime) -> None:
    rm = make_staff("rm")
    with pytest.raises(Refused):
        propose(referred, rm, house)
    assert not Review.objects.exists()
    review = propose(referred, officer, house)
    other_officer = make_staff("risk-officer")
    with pytest.raises(Refused):
        reviews.confirm_review(review_id=review.pk, note="", actor=other_officer, now=house, business_date=DAY)
    assert Review.objects.get().state == "PROPOSED"


def test_a_proposal_sent_back_can_be_made_anew(
    referred: Application, officer: User, manager: User, house: datetime
) -> None:
    first = propose(referred, officer, house)
    with pytest.raises(reviews.ProposalInvalid):
        reviews.send_back_review(review_id=first.pk, note=" ", actor=manager, now=house)
    reviews.send_back_review(review_id=first.pk, note="which car?", actor=manager, now=house)
    referred.refresh_from_db()
    assert referred.state == "REFERRED"
    item = WorkItem.objects.get(kind="risk.review", state="OPEN")
    assert (item.reason_code, item.params["note"]) == ("risk.review_sent_back", "which car?")
    with pytest.raises(reviews.ReviewDecided):
        reviews.confirm_review(review_id=first.pk, note="", actor=manager, now=house, business_date=DAY)
    second = propose(referred, officer, house)
    assert [review.pk for review in list_reviews(referred)] == [second.pk, first.pk]


def test_one_proposal_at_a_time(referred: Application, officer: User, manager: User, house: datetime) -> None:
    propose(referred, officer, house)
    with pytest.raises(reviews.ReviewPending):
        propose(referred, manager, house)
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": "REFER"}, "outcome"),
        ({"grade": "Z"}, "grade"),
        ({"grade": ""}, "grade"),
        ({"approved_amount": None}, "approved_amount"),
        ({"approved_amount": Decimal("30000.01")}, "approved_amount"),
        ({"approved_amount": Decimal("30100.00")}, "approved_amount"),
        ({"approved_amount": Decimal("900.00")}, "approved_amount"),
        ({"note": "  "}, "note"),
        ({"reason_codes": ["BECAUSE"]}, "reason_codes"),
        ({"outcome": "DECLINE", "approved_amount": None, "grade": ""}, "reason_codes"),
    ],
)
def test_a_proposal_must_fit(
    changes: dict[str, Any], field: str, referred: Application, officer: User, house: datetime
) -> None:
    with pytest.raises(reviews.ProposalInvalid) as caught:
        propose(referred, officer, house, **changes)
    assert list(caught.value.fields) == [field]
    assert not Review.objects.exists()
    assert open_work("risk.review") == ["lending.review_application"]


def test_only_referred_applications_are_reviewed(
    officer: User, manager: User, referred: Application, house: datetime
) -> None:
    fresh = make_application(make_borrower(now=house), now=house, business_date=DAY)
    with pytest.raises(reviews.ReviewNotWanted):
        propose(fresh, officer, house)
    review = propose(referred, officer, house)
    withdraw_application(application_id=referred.pk, customer_id=referred.customer_id, now=house)
    with pytest.raises(reviews.ReviewNotWanted):
        reviews.confirm_review(review_id=review.pk, note="", actor=manager, now=house, business_date=DAY)
    reviews.drop_review(application_id=referred.pk, actor=manager, now=house)
    review.refresh_from_db()
    assert review.state == "VOID"
    assert not WorkItem.objects.filter(kind__startswith="risk.review", state="OPEN").exists()


def test_reviews_stay_within_scope(referred: Application, officer: User, house: datetime) -> None:
    review = propose(referred, officer, house)
    assert access_review(officer, review.public_id) == review
    with pytest.raises(NotFound):
        access_review(make_staff("rm"), review.public_id)
    with pytest.raises(Refused):
        access_review(make_staff("operations"), review.public_id)
