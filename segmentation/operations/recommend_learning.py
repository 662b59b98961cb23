"""Learning: asked for by people or by the week, carried out by a worker, kept as numbers with how they did on later data."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.models import User
from lending.rules.limits import RISK_GRADES, is_within_tier
from segmentation.models import Learning, Segment, Suggestion
from segmentation.operations import clusters, lookalikes, needs
from segmentation.queries.clusters import list_features, read_sample
from segmentation.queries.lookalikes import BEFORE, EVERYTHING
from segmentation.queries.recommend_material import Choice, Known, Slice, read_shares_sample, read_slice
from segmentation.rules.clusters import Middles
from segmentation.rules.comparable import Kind
from segmentation.rules.recommend import (
    PLAIN_WEIGHTS,
    SHOWN,
    Course,
    Hits,
    Lack,
    NothingLearned,
    Shares,
    Taste,
    fit_weights,
    measure,
    score,
    share_out,
)
from staff import rights
from staff.queries import access_right

# Finds groups among rows on the even scale; the worker brings it, so that no training library is ever near a request.
ClusterMaker = Callable[[list[tuple[float, ...]], dict[str, Kind]], Middles]
Learned = tuple[dict[str, Any], dict[str, Any]]
# Of how many choices the order of listings is learned, and on how many it is tested, at least.
_LEAST_CHOICES: Final = (60, 30)
_SLICE: Final = timedelta(days=30)
_SHARES: Final = timedelta(days=180)
# Beside the listing taken, so many others that suited and were open at that moment.
_RIVALS: Final = 99
_WEEK: Final = timedelta(days=6)
_FORGOTTEN: Final = timedelta(days=400)


class LearningWaits(BusinessError):
    """The same was asked for and is not done yet."""

    code = "learning_waits"
    message = _("This is being worked on already.")
    next_step = _("Wait until it is done; this takes a few moments.")


@transaction.atomic
def ask_learning(
    *,
    kind: str,
    actor: User | None,
    now: datetime,
    business_date: date,
    segment: Segment | None = None,
    basis: str = "",
) -> Learning:
    """Ask for a learning, which a worker takes up; nobody asks for those of the week. Raises Refused, LearningWaits."""
    if actor is not None:
        access_right(actor, rights.EDIT_SEGMENTS)
    if kind == Learning.Kind.LOOKALIKES:
        assert segment is not None, "look-alikes are those of a segment"
        basis = BEFORE if basis == BEFORE else EVERYTHING
    try:
        with transaction.atomic():
            learning = Learning.objects.create(
                kind=kind, segment=segment, basis=basis, business_date=business_date, asked_at=now, asked_by=actor
            )
    except IntegrityError as error:
        raise LearningWaits from error
    audit.record(actor=actor, action="segmentation.learning_asked", target=learning, data={"kind": kind}, now=now)
    return learning


def ask_weekly(*, now: datetime, business_date: date) -> list[Learning]:
    """Ask for what is learned anew each week, unless it was within it; forget what was shown long ago and never taken."""
    asked = []
    for kind in (Learning.Kind.LISTINGS, Learning.Kind.NEEDS):
        if not Learning.objects.filter(kind=kind, asked_at__gt=now - _WEEK).exists():
            asked.append(ask_learning(kind=kind, actor=None, now=now, business_date=business_date))
    Suggestion.objects.filter(accepted_at=None, last_shown_at__lt=now - _FORGOTTEN).delete()
    return asked


def list_asked() -> list[int]:
    """Return the learnings that wait for a worker."""
    return list(Learning.objects.filter(state=Learning.State.ASKED).order_by("pk").values_list("pk", flat=True))


def run_learning(*, learning_id: int, make: ClusterMaker, business_date: date, now: datetime) -> bool:
    """Carry a learning out, all of it or nothing; False when another worker is at it or it is finished.

    What fails by a fault is marked as such and raised, so that it is not tried for ever.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('segmentation.learning'), %s)", [learning_id])
                if not cursor.fetchone()[0]:
                    return False
            learning = Learning.objects.select_related("segment").get(pk=learning_id)
            if learning.state != Learning.State.ASKED:
                return False
            _learn(learning, make, business_date, now)
    except NothingLearned as found:
        _close(learning_id, Learning.State.FAILED, found.lack.value, now)
    except Exception:
        _close(learning_id, Learning.State.FAILED, "fault", now)
        raise
    return True


def _close(learning_id: int, state: str, lack: str, now: datetime) -> None:
    Learning.objects.filter(pk=learning_id).update(state=state, lack=lack, finished_at=now)


def _learn(learning: Learning, make: ClusterMaker, business_date: date, now: datetime) -> None:
    if learning.kind == Learning.Kind.LISTINGS:
        learning.content, learning.scores = learn_listings(now)
    elif learning.kind == Learning.Kind.NEEDS:
        learning.content, learning.scores = needs.learn_needs(business_date)
    elif learning.kind == Learning.Kind.CLUSTERS:
        features = list_features()
        middles = make(read_sample(features), features)
        learning.content, learning.scores = clusters.keep_clusters(learning, middles)
    else:
        learning.content, learning.scores = lookalikes.learn_lookalikes(learning)
    learning.state, learning.finished_at = Learning.State.DONE, now
    learning.save(update_fields=["content", "scores", "state", "finished_at"])
    if learning.kind == Learning.Kind.NEEDS:
        needs.tell_needs(learning=learning, business_date=business_date)


def learn_listings(now: datetime) -> Learned:
    """Learn the weights of the parts of a score from the choices of one month, test them on the month after it.

    Raises NothingLearned.
    """
    learned = read_slice(now - 2 * _SLICE, now - _SLICE)
    tested = read_slice(now - _SLICE, now)
    if len(learned.choices) < _LEAST_CHOICES[0] or len(tested.choices) < _LEAST_CHOICES[1]:
        raise NothingLearned(Lack.TOO_FEW)
    before = read_shares_sample(now - 2 * _SLICE - _SHARES, now - 2 * _SLICE)
    earlier = share_out(before or [learned.listings[choice.listing_id].traits for choice in learned.choices])
    weights = fit_weights([rows for rows, _bids in _line_up(learned, earlier)])
    shares = share_out(read_shares_sample(now - _SHARES, now))
    counted = _count_hits(tested, earlier, weights)
    scores = {
        **counted,
        "since": (now - _SLICE).date().isoformat(),
        "until": now.date().isoformat(),
        "learned_choices": len(learned.choices),
    }
    return {"weights": weights, "shares": shares}, scores


def _count_hits(tested: Slice, shares: Shares, weights: list[float]) -> dict[str, Any]:
    """Return hit rate and gain of the learned order, of taste alone, of what most had bid on, and of drawing lots."""
    orders = {"model": Hits(), "taste": Hits(), "popular": Hits()}
    choices, lots, rivals = 0, 0.0, 0
    for rows, bids in _line_up(tested, shares):
        orders["model"].add([score(row, weights) for row in rows])
        orders["taste"].add([score(row, PLAIN_WEIGHTS) for row in rows])
        orders["popular"].add(bids)
        choices += 1
        rivals += len(rows) - 1
        lots += min(SHOWN / len(rows), 1.0)
    if not choices:
        raise NothingLearned(Lack.TOO_FEW)
    found: dict[str, Any] = {name: hits.sum_up() for name, hits in orders.items()}
    found["lots"] = {"hit": round(lots / choices, 4)}
    return {**found, "choices": choices, "rivals": round(rivals / choices, 1)}


def _line_up(slice: Slice, shares: Shares) -> list[tuple[Any, list[float]]]:
    """Return for each choice the parts of the listing taken and of its rivals at that moment, with their bids so far."""
    found = []
    known = sorted(slice.listings.values(), key=lambda listing: listing.id)
    tastes: dict[int, Taste] = {}
    for choice in slice.choices:
        taste = tastes.get(choice.investor_id)
        if taste is None:
            taste = tastes[choice.investor_id] = Taste()
            for traits in slice.histories.get(choice.investor_id, ()):
                taste.add(traits)
        rivals = [listing for listing in known if _rivals(listing, choice)][:_RIVALS]
        if not rivals:
            continue
        courses = [_stand(listing, choice.at) for listing in (slice.listings[choice.listing_id], *rivals)]
        listings = [slice.listings[choice.listing_id], *rivals]
        rows = [
            measure(taste, shares, listing.traits, course) for listing, course in zip(listings, courses, strict=True)
        ]
        found.append((np.array(rows), [float(course.bids) for course in courses]))
    return found


def _rivals(listing: Known, choice: Choice) -> bool:
    return (
        listing.id != choice.listing_id
        and listing.opened_at <= choice.at
        and (listing.ended_at is None or listing.ended_at > choice.at)
        and is_within_tier(RISK_GRADES[listing.risk_grade - 1], choice.tier)
    )


def _stand(listing: Known, at: datetime) -> Course:
    """Return how a listing stood just before a moment."""
    earlier = [amount for when, amount in listing.bids if when < at]
    left = 1 - float(sum(earlier)) / float(listing.amount)
    return Course(len(earlier), max(left, 0.0), (at - listing.opened_at).total_seconds() / 86_400)


def read_weights(content: Mapping[str, Any]) -> list[float]:
    """Return the weights in force, or those before anything was learned."""
    return list(content.get("weights") or PLAIN_WEIGHTS)
