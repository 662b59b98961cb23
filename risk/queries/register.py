"""The risk register, incidents and legal reviews as pages read them; all of it is the house's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from core.errors import NotFound
from core.models import User
from risk.models import Incident, LegalReview, RiskEntry
from risk.queries.figures import access_monitoring


def list_entries(user: User, *, with_closed: bool = False) -> QuerySet[RiskEntry]:
    """Return the risks, the first to be looked at again first. Raises Refused."""
    access_monitoring(user)
    rows = RiskEntry.objects.select_related("owner__user").order_by("review_date", "id")
    return rows if with_closed else rows.filter(is_closed=False)


def get_entry(user: User, public_id: str) -> RiskEntry:
    """Return one risk. Raises Refused, NotFound."""
    entry = list_entries(user, with_closed=True).filter(public_id=public_id).first()
    if entry is None:
        raise NotFound
    return entry


def list_incidents(user: User) -> QuerySet[Incident]:
    """Return incidents and drills, newest first. Raises Refused."""
    access_monitoring(user)
    return Incident.objects.select_related("owner__user")


def get_incident(user: User, public_id: str) -> Incident:
    """Return one of them. Raises Refused, NotFound."""
    incident = list_incidents(user).filter(public_id=public_id).first()
    if incident is None:
        raise NotFound
    return incident


def list_reviews(user: User) -> QuerySet[LegalReview]:
    """Return the legal reviews, open ones first. Raises Refused."""
    access_monitoring(user)
    return LegalReview.objects.select_related("asked_by", "reviewer").order_by("-state", "-id")


def get_review(user: User, public_id: str) -> LegalReview:
    """Return one legal review. Raises Refused, NotFound."""
    review = list_reviews(user).filter(public_id=public_id).first()
    if review is None:
        raise NotFound
    return review


@dataclass(frozen=True)
class Cell:
    """One field of the matrix: the risks of a likelihood and an impact."""

    likelihood: int
    impact: int
    grade: int
    entries: list[RiskEntry]

    @property
    def tone(self) -> str:
        """Return how bad the field is: from 15 on late, from 8 on a warning."""
        return "late" if self.grade >= 15 else "warn" if self.grade >= 8 else "plain"


def draw_matrix(entries: Iterable[RiskEntry]) -> list[tuple[int, list[Cell]]]:
    """Return the rows of the matrix, the likeliest first, each with its five fields."""
    found: dict[tuple[int, int], list[RiskEntry]] = {}
    for entry in entries:
        found.setdefault((entry.likelihood, entry.impact), []).append(entry)
    return [
        (
            likelihood,
            [
                Cell(likelihood, impact, likelihood * impact, found.get((likelihood, impact), []))
                for impact in range(1, 6)
            ],
        )
        for likelihood in range(5, 0, -1)
    ]


@dataclass(frozen=True)
class Measured:
    """How long an incident lasted and how much data it cost, in minutes, and whether that was allowed."""

    down_minutes: int | None
    lost_minutes: int | None
    is_rto_kept: bool | None
    is_rpo_kept: bool | None


def measure(incident: Incident) -> Measured:
    """Return what an incident or drill measured: restored 42 minutes after it began against an RTO of 60 is kept."""
    down = _minutes(incident.began_at, incident.restored_at)
    # Data newer than what came back was lost, up to the moment it broke.
    lost = _minutes(incident.data_until, incident.began_at)
    return Measured(
        down,
        lost,
        None if down is None else down <= incident.rto_minutes,
        None if lost is None else lost <= incident.rpo_minutes,
    )


def _minutes(start: datetime | None, end: datetime | None) -> int | None:
    if start is None or end is None:
        return None
    return max(round((end - start).total_seconds() / 60), 0)
