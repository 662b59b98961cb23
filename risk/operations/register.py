"""The risk register, incidents and drills, and the legal reviews that hold things back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.changes import reviewables
from core.errors import BusinessError, InvalidInput
from core.models import User
from customers.models import WorkItem
from customers.operations import history
from lending.rules.periods import add_months
from risk.models import Incident, LegalReview, RiskEntry, RiskReview
from risk.queries.figures import access_monitoring
from staff import rights

STEP: Final = "risk.reviews"
STEP_ORDER: Final = 746
_URGENCY: Final = 45


class EntryInvalid(InvalidInput):
    """Something of an entry is missing or out of bounds."""

    code = "register_entry_invalid"


class EntryClosed(BusinessError):
    """The entry is closed."""

    code = "register_entry_closed"
    message = _("This entry is closed.")


class ReviewWaits(BusinessError):
    """The same thing is being reviewed already."""

    code = "legal_review_waits"
    message = _("The lawyers look at this already.")


class ReviewDecided(BusinessError):
    """The review is over."""

    code = "legal_review_decided"
    message = _("This review is decided.")


class OwnReview(BusinessError):
    """The reviewer asked himself."""

    code = "legal_review_own"
    message = _("You asked for this yourself, so another person has to decide.")


class UnderLegalReview(BusinessError):
    """What is under review, or was objected to, cannot go live."""

    code = "under_legal_review"
    message = _("The legal review of %(title)s is open or ended with an objection.")
    next_step = _("It can go live as soon as the review is cleared.")


@transaction.atomic
def save_entry(*, entry: RiskEntry, note: str, actor: User, now: datetime) -> RiskEntry:
    """Enter a risk with its first grading. Raises Refused, EntryInvalid."""
    access_monitoring(actor, rights.MANAGE_RISK)
    entry.created_at = now
    _check(entry)
    entry.save()
    _keep_review(entry, note=note or str(_("entered")), actor=actor, now=now)
    audit.record(actor=actor, action="risk.entry_made", target=entry, data={"grade": entry.grade}, now=now)
    return entry


@transaction.atomic
def review_entry(
    *,
    entry_id: int,
    likelihood: int,
    impact: int,
    response: str,
    plan: str,
    note: str,
    closes: bool,
    actor: User,
    now: datetime,
    business_date: date,
) -> RiskEntry:
    """Look at a risk again: grade it anew, or close it; the next look is due after its months.

    Raises Refused, EntryClosed, EntryInvalid.
    """
    access_monitoring(actor, rights.MANAGE_RISK)
    entry = RiskEntry.objects.select_for_update(no_key=True).get(pk=entry_id)
    if entry.is_closed:
        raise EntryClosed
    if not note.strip():
        raise EntryInvalid(fields={"note": [_("Say why.")]})
    entry.likelihood, entry.impact, entry.response, entry.plan = likelihood, impact, response, plan
    entry.review_date = add_months(business_date, entry.review_months, business_date.day)
    entry.is_closed = closes
    _check(entry)
    entry.save()
    _keep_review(entry, note=note.strip(), actor=actor, now=now)
    history.end_work(key=_entry_key(entry.pk), now=now, actor=actor)
    audit.record(actor=actor, action="risk.entry_reviewed", target=entry, data={"grade": entry.grade}, now=now)
    return entry


def _check(row: RiskEntry | Incident) -> None:
    try:
        row.full_clean(validate_unique=False, validate_constraints=True)
    except ValidationError as error:
        raise EntryInvalid(fields={name: list(texts) for name, texts in error.message_dict.items()}) from error


def _keep_review(entry: RiskEntry, *, note: str, actor: User, now: datetime) -> None:
    RiskReview.objects.create(
        entry=entry,
        likelihood=entry.likelihood,
        impact=entry.impact,
        response=entry.response,
        note=note,
        next_date=entry.review_date,
        at=now,
        actor=actor,
    )


def _entry_key(entry_id: int) -> str:
    return f"risk.entry:{entry_id}"


def remind_of_reviews(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Run as a step of the close: put every risk whose review is due on its owner's list."""
    due = list(RiskEntry.objects.filter(is_closed=False, review_date__lte=business_date))
    history.raise_work_bulk(
        [
            history.WorkItemRow(
                group=WorkItem.Group.RISK,
                kind="risk.entry",
                reason_code="risk.entry_due",
                key=_entry_key(entry.pk),
                raised_at=now,
                params={"title": entry.title, "day": entry.review_date.isoformat()},
                assignee_id=entry.owner_id,
                urgency=_URGENCY,
                url=f"/risk/register/{entry.public_id}/",
            )
            for entry in due
        ]
    )
    return len(due)


@transaction.atomic
def save_incident(*, incident: Incident, actor: User, now: datetime) -> Incident:
    """Write up an incident or a drill, or more of it; a closed one stays as it is. Raises Refused, EntryInvalid."""
    access_monitoring(actor, rights.MANAGE_RISK)
    if incident.pk is not None and Incident.objects.select_for_update(no_key=True).get(pk=incident.pk).is_closed:
        raise EntryClosed
    incident.recorded_at = incident.recorded_at or now
    _check(incident)
    incident.save()
    audit.record(
        actor=actor, action="risk.incident_saved", target=incident, data={"closed": incident.is_closed}, now=now
    )
    return incident


@transaction.atomic
def ask_legal_review(
    *, kind: str, target_id: str, question: str, due_date: date, actor: User, now: datetime
) -> LegalReview:
    """Ask the lawyers about something; it cannot go live before they have answered.

    Raises Refused, EntryInvalid, ReviewWaits.
    """
    access_monitoring(actor, rights.MANAGE_RISK)
    titles: Mapping[str, str] = dict(reviewables.get(kind).list_titles()) if kind in reviewables else {}
    if target_id not in titles:
        raise EntryInvalid(fields={"target": [_("There is nothing of this kind to review.")]})
    if not question.strip():
        raise EntryInvalid(fields={"question": [_("Say what the lawyers should look at.")]})
    if LegalReview.objects.filter(kind=kind, target_id=target_id, state=LegalReview.State.OPEN).exists():
        raise ReviewWaits
    review = LegalReview.objects.create(
        kind=kind,
        target_id=target_id,
        title=titles[target_id][:160],
        question=question.strip(),
        asked_by=actor,
        asked_at=now,
        due_date=due_date,
    )
    history.raise_work(
        group=WorkItem.Group.APPROVAL,
        kind="risk.legal_review",
        reason_code="risk.legal_review",
        params={"title": review.title, "day": due_date.isoformat()},
        key=_review_key(review.pk),
        now=now,
        right=rights.MANAGE_RISK,
        urgency=_URGENCY,
        url=f"/risk/reviews/{review.public_id}/",
    )
    audit.record(actor=actor, action="risk.legal_review_asked", target=review, reason=question.strip()[:300], now=now)
    return review


def _review_key(review_id: int) -> str:
    return f"risk.legal_review:{review_id}"


@transaction.atomic
def decide_legal_review(*, review_id: int, is_cleared: bool, opinion: str, actor: User, now: datetime) -> LegalReview:
    """Answer a review as another person than the one who asked. Raises Refused, ReviewDecided, OwnReview, EntryInvalid."""
    access_monitoring(actor, rights.MANAGE_RISK)
    review = LegalReview.objects.select_for_update(no_key=True).get(pk=review_id)
    if review.state != LegalReview.State.OPEN:
        raise ReviewDecided
    if review.asked_by_id == actor.pk:
        raise OwnReview
    if not opinion.strip():
        raise EntryInvalid(fields={"opinion": [_("Give your opinion.")]})
    review.state = LegalReview.State.CLEARED if is_cleared else LegalReview.State.OBJECTED
    review.opinion, review.reviewer, review.decided_at = opinion.strip(), actor, now
    review.save(update_fields=["state", "opinion", "reviewer", "decided_at"])
    history.end_work(key=_review_key(review.pk), now=now, actor=actor)
    audit.record(actor=actor, action="risk.legal_review_decided", target=review, data={"state": review.state}, now=now)
    return review


def hold_under_review(kind: str, target_id: str) -> None:
    """Refuse to let something go live whose newest review is open or ended with an objection. Raises UnderLegalReview."""
    newest = LegalReview.objects.filter(kind=kind, target_id=target_id).order_by("-id").first()
    if newest is not None and newest.state != LegalReview.State.CLEARED:
        raise UnderLegalReview(title=newest.title)
