"""Manual review of referred applications: one person proposes, another one confirms."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.models import User
from customers.models import WorkItem
from customers.operations import history
from lending.models import Application
from lending.operations.decisions import Decided, record_decisions
from lending.queries.terms import Quoter
from risk.models import Review
from risk.operations.decisions import REVIEW_URGENCY, raise_reviews, review_key
from risk.operations.tiers import refresh_risk_tiers
from risk.queries.locks import lock_application, lock_review
from risk.reasons import REASONS, REVIEWED
from risk.rules.tables import Outcome
from staff import rights
from staff.queries import access_right


class ReviewNotWanted(BusinessError):
    """The application does not wait for a review."""

    code = "review_not_wanted"
    message = _("This application does not wait for a manual review.")


class ReviewPending(BusinessError):
    """A proposal waits for confirmation already."""

    code = "review_pending"
    message = _("A proposal for this application waits for confirmation already.")


class ReviewDecided(BusinessError):
    """The proposal is no longer open."""

    code = "review_decided"
    message = _("This proposal has been decided already.")


class OwnReview(BusinessError):
    """The maker tried to be the checker."""

    code = "own_review"
    message = _("You made this proposal yourself, so another person has to confirm it.")


class ProposalInvalid(InvalidInput):
    """The proposal does not fit the application or its product."""

    code = "proposal_invalid"


def confirm_key(application_id: int) -> str:
    """Return the key of the work item that asks for a confirmation."""
    return f"risk.review_confirm:{application_id}"


@transaction.atomic
def propose_review(
    *,
    application_id: int,
    outcome: str,
    grade: str,
    approved_amount: Decimal | None,
    reason_codes: list[str],
    note: str,
    actor: User,
    now: datetime,
) -> Review:
    """Propose to approve or decline a referred application.

    The rate follows from the grade: the same risk has the same price whoever reviews it. Raises Refused,
    ReviewNotWanted, ReviewPending, ProposalInvalid.
    """
    access_right(actor, rights.REVIEW_APPLICATION)
    application = lock_application(application_id)
    if application.state != Application.State.REFERRED:
        raise ReviewNotWanted
    if Review.objects.filter(application=application, state=Review.State.PROPOSED).exists():
        raise ReviewPending
    is_approval = outcome == Outcome.APPROVE
    _check_proposal(application, outcome, grade, approved_amount, reason_codes, note)
    review = Review.objects.create(
        application=application,
        outcome=outcome,
        grade=grade,
        annual_rate=Decimal(application.product.rate_by_grade[grade]) if is_approval else None,
        approved_amount=approved_amount if is_approval else None,
        reason_codes=reason_codes,
        note=note,
        maker=actor,
        proposed_at=now,
    )
    audit.record(
        actor=actor,
        action="risk.review_proposed",
        target=review,
        data={"application": application.number, "outcome": outcome, "grade": grade, "amount": approved_amount},
        reason=note[:300],
        now=now,
    )
    history.end_work(key=review_key(application.pk), now=now, actor=actor)
    history.raise_work(
        group=WorkItem.Group.APPROVAL,
        kind="risk.review_confirm",
        reason_code="risk.review_proposed",
        params={"number": application.number, "maker": str(actor), "outcome": outcome},
        key=confirm_key(application.pk),
        now=now,
        customer_id=application.customer_id,
        right=rights.CONFIRM_REVIEW,
        urgency=REVIEW_URGENCY,
        url=f"/applications/{application.public_id}/",
    )
    return review


def _check_proposal(
    application: Application,
    outcome: str,
    grade: str,
    approved_amount: Decimal | None,
    reason_codes: list[str],
    note: str,
) -> None:
    product = application.product
    fields: dict[str, list[object]] = {}
    if outcome not in {Outcome.APPROVE, Outcome.DECLINE}:
        fields["outcome"] = [_("Choose to approve or to decline.")]
    if outcome == Outcome.APPROVE:
        if grade not in product.rate_by_grade:
            fields["grade"] = [_("Choose one of: %(grades)s.") % {"grades": ", ".join(sorted(product.rate_by_grade))}]
        if (
            approved_amount is None
            or not product.amount_min <= approved_amount <= application.amount
            or approved_amount % product.amount_step
        ):
            fields["approved_amount"] = [
                _("From %(least)s to %(greatest)s yuan in steps of %(step)s.")
                % {"least": product.amount_min, "greatest": application.amount, "step": product.amount_step}
            ]
    if unknown := [code for code in reason_codes if code not in REASONS]:
        fields["reason_codes"] = [_("Unknown reasons: %(codes)s.") % {"codes": ", ".join(unknown)}]
    elif outcome == Outcome.DECLINE and not reason_codes:
        fields["reason_codes"] = [_("A refusal needs at least one reason that the customer is told.")]
    if not note.strip():
        fields["note"] = [_("Say on which grounds.")]
    if fields:
        raise ProposalInvalid(fields=fields)  # type: ignore[arg-type]


@transaction.atomic
def confirm_review(*, review_id: int, note: str, actor: User, now: datetime, business_date: date) -> Review:
    """Confirm another person's proposal; the application is decided with it.

    Raises Refused, OwnReview, ReviewDecided, ReviewNotWanted.
    """
    review, application = _lock_for_check(review_id, actor)
    _decide(review, Review.State.CONFIRMED, note=note, actor=actor, now=now)
    decided = Decided(
        outcome=review.outcome,
        reason_codes=[*review.reason_codes, REVIEWED],
        grade=review.grade or application.grade,
        score=application.score,
        annual_rate=review.annual_rate,
        approved_amount=review.approved_amount,
        rule_version=application.rule_version,
    )
    record_decisions([(application, decided)], Quoter(), actor=actor, now=now, business_date=business_date)
    audit.record(
        actor=actor,
        action="risk.review_confirmed",
        target=review,
        data={"application": application.number, "outcome": review.outcome},
        reason=note[:300],
        now=now,
    )
    history.end_work(key=confirm_key(application.pk), now=now, actor=actor)
    refresh_risk_tiers(customer_ids=[application.customer_id], now=now)
    return review


@transaction.atomic
def send_back_review(*, review_id: int, note: str, actor: User, now: datetime) -> Review:
    """Refuse another person's proposal with the reason; the application waits for a new one.

    Raises Refused, OwnReview, ReviewDecided, ReviewNotWanted, ProposalInvalid.
    """
    if not note.strip():
        raise ProposalInvalid(fields={"note": [_("Say why.")]})
    review, application = _lock_for_check(review_id, actor)
    _decide(review, Review.State.SENT_BACK, note=note, actor=actor, now=now)
    audit.record(actor=actor, action="risk.review_sent_back", target=review, reason=note[:300], now=now)
    history.end_work(key=confirm_key(application.pk), now=now, actor=actor)
    raise_reviews([application], now=now, note=note)
    return review


@transaction.atomic
def drop_review(*, application_id: int, actor: User, now: datetime) -> None:
    """End what waits on an application that its borrower withdrew."""
    lock_application(application_id)
    Review.objects.filter(application_id=application_id, state=Review.State.PROPOSED).update(state=Review.State.VOID)
    for key in (review_key(application_id), confirm_key(application_id)):
        history.end_work(key=key, now=now, actor=actor, state=WorkItem.State.DROPPED)


def _lock_for_check(review_id: int, actor: User) -> tuple[Review, Application]:
    access_right(actor, rights.CONFIRM_REVIEW)
    application = lock_application(Review.objects.values_list("application_id", flat=True).get(pk=review_id))
    review = lock_review(review_id)
    if review.state != Review.State.PROPOSED:
        raise ReviewDecided
    if review.maker_id == actor.pk:
        raise OwnReview
    if application.state != Application.State.REFERRED:
        raise ReviewNotWanted
    return review, application


def _decide(review: Review, state: str, *, note: str, actor: User, now: datetime) -> None:
    review.state = state
    review.checker = actor
    review.checked_at = now
    review.check_note = note
    review.save(update_fields=["state", "checker", "checked_at", "check_note"])
