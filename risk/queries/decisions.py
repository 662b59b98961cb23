"""How an application was decided, for those who may see it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db.models import QuerySet

from core.errors import NotFound
from core.models import User
from lending.models import Application
from risk.models import BureauReport, DecisionRecord, Review
from risk.queries.rules import get_rule_set_of
from risk.reasons import customer_sentence, staff_sentence
from risk.rules.counterfactual import Flip, find_flips
from risk.rules.decision import decide
from staff import rights
from staff.queries import access_right, scope_condition


@dataclass(frozen=True)
class ReasonView:
    """One reason in both voices."""

    code: str
    staff: str
    customer: str


@dataclass(frozen=True)
class PointsView:
    """One bar of the score's waterfall."""

    factor: str
    value: Any
    bin: str
    points: int
    best_points: int


@dataclass(frozen=True)
class FiredView:
    """One table row that fired, with the reason it gives."""

    place: str
    conditions: dict[str, str]
    outcome: str
    reason: str


@dataclass(frozen=True)
class DecisionView:
    """Everything about an automatic decision; `evidence` holds income and debts: show it to those who may unmask."""

    outcome: str
    grade: str
    score: int | None
    probability: Decimal | None
    challenger_score: int | None
    base_points: int | None
    points: list[PointsView]
    fired: list[FiredView]
    reasons: list[ReasonView]
    facts: dict[str, Any]
    evidence: dict[str, str]
    flips: list[Flip]
    annual_rate: Decimal | None
    approved_amount: Decimal | None
    rule_version: str
    decided_at: datetime
    bureau: BureauReport | None


def get_decision_view(application: Application) -> DecisionView | None:
    """Return how the rules decided an application and what would have to be different; None before the decision.

    The caller has checked that the reader may see the application.
    """
    record = DecisionRecord.objects.filter(application=application).select_related("bureau_report").first()
    if record is None:
        return None
    inputs = orjson.loads(record.inputs)
    facts: dict[str, Any] = inputs["facts"]
    return DecisionView(
        outcome=record.outcome,
        grade=record.grade,
        score=record.score,
        probability=record.probability,
        challenger_score=record.challenger_score,
        base_points=record.base_points,
        points=[PointsView(value=facts.get(part["factor"]), **part) for part in record.contributions],
        fired=[
            FiredView(row["place"], row["conditions"], row["outcome"], staff_sentence(row["reason"]))
            for row in record.fired
        ],
        reasons=list_reasons(record.reason_codes),
        facts=facts,
        evidence=inputs["evidence"],
        flips=_find_flips(record, facts),
        annual_rate=record.annual_rate,
        approved_amount=record.approved_amount,
        rule_version=application.rule_version,
        decided_at=record.decided_at,
        bureau=record.bureau_report,
    )


def list_reasons(codes: list[str]) -> list[ReasonView]:
    """Return the sentences of reason codes in the active language."""
    return [ReasonView(code, staff_sentence(code), customer_sentence(code)) for code in codes]


def _find_flips(record: DecisionRecord, facts: dict[str, Any]) -> list[Flip]:
    if record.scorecard_id is None or record.table_id is None:
        return []
    rules = get_rule_set_of(record.scorecard_id, record.table_id)
    return find_flips(rules.scorecard, rules.table, facts, decide(rules.scorecard, rules.table, facts))


def list_referred(user: User) -> QuerySet[Application]:
    """Return the applications in manual review that a user may see, the oldest first. Raises Refused."""
    access = access_right(user, rights.VIEW_APPLICATIONS)
    return (
        Application.objects.filter(state=Application.State.REFERRED)
        .filter(scope_condition(access, rights.VIEW_APPLICATIONS, "customer__rm"))
        .select_related("customer__rm__user", "product", "decision_record")
        .order_by("submitted_at", "id")
    )


def list_reviews(application: Application) -> QuerySet[Review]:
    """Return the proposals on an application, the newest first."""
    return Review.objects.filter(application=application).select_related("maker", "checker").order_by("-id")


def access_review(user: User, public_id: str) -> Review:
    """Return a proposal on an application that a user may see. Raises Refused, NotFound."""
    access = access_right(user, rights.VIEW_APPLICATIONS)
    review = (
        Review.objects.filter(public_id=public_id)
        .filter(scope_condition(access, rights.VIEW_APPLICATIONS, "application__customer__rm"))
        .select_related("application__customer", "application__product", "maker", "checker")
        .first()
    )
    if review is None:
        raise NotFound
    return review


def list_decisions_of(customer_id: int) -> QuerySet[DecisionRecord]:
    """Return a customer's automatic decisions, the newest first; the caller has checked that the reader may see him."""
    return DecisionRecord.objects.filter(customer_id=customer_id).select_related("application__product").order_by("-id")
