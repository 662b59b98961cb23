"""How an application was decided, for those who may see it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.models import User
from core.rules.formats import money_text, rate_text
from lending.models import Application
from risk.models import BureauReport, DecisionRecord, HumanReviewRequest, Review
from risk.queries.rules import get_rule_set_of
from risk.reasons import CONSENTED_SENTENCES, REVIEWED, customer_sentence, staff_sentence
from risk.rules.counterfactual import Flip, find_flips
from risk.rules.decision import decide
from risk.rules.inputs import CONSENTED
from risk.rules.offers import factor_code
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
    withheld: dict[str, str]
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
        withheld=inputs.get("withheld", {}),
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


_NOTICE = _(
    "Applications are judged by rules on your credit report, your finances and your payments with us. Sex, age, origin "
    "and the like are not looked at. You may ask for the reasons, and that a person looks at the decision."
)
_FLIPS_TOLD = 3


def explain_to_customer(application: Application) -> dict[str, Any]:
    """Return an automatic decision in plain words, what would have had to be different, and how a person is asked for.

    The caller has checked that it is the customer's own.
    """
    record = DecisionRecord.objects.filter(application=application).first()
    request = HumanReviewRequest.objects.filter(application=application).first()
    is_automatic = record is not None and REVIEWED not in application.reason_codes
    is_decided = application.outcome in {"APPROVE", "DECLINE"}
    facts = orjson.loads(record.inputs)["facts"] if record is not None else {}
    flips = []
    if record is not None and is_automatic and application.outcome == "DECLINE":
        flips = _find_flips(record, facts)[:_FLIPS_TOLD]
    return {
        "notice": str(_NOTICE),
        "is_automatic": is_automatic,
        "outcome": application.outcome,
        "decided_at": application.decided_at,
        "seen_with_your_consent": [str(CONSENTED_SENTENCES[name]) for name in CONSENTED if name in facts],
        "reasons": [{"code": code, "text": customer_sentence(code)} for code in application.reason_codes],
        "what_would_change": [
            {
                "text": customer_sentence(factor_code(flip.factor)),
                "present": _say_value(flip.factor, flip.from_value),
                "needed": _say_value(flip.factor, flip.to_value),
                "outcome": str(flip.outcome),
            }
            for flip in flips
        ],
        "may_ask_for_a_person": is_automatic and is_decided and request is None,
        "human_review": None
        if request is None
        else {
            "id": request.public_id,
            "state": request.state,
            "asked_at": request.asked_at,
            "due_date": request.due_date,
            "answer": request.answer,
            "answered_at": request.answered_at,
        },
    }


def _say_value(factor: str, value: Any) -> str:
    if factor.endswith("_bp") and value is not None:
        return rate_text(Decimal(value) / 10_000)
    if factor.endswith("_fen") and value is not None:
        return money_text(Decimal(value) / 100)
    return "" if value is None else str(value)
