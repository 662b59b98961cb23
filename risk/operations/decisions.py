"""The automatic decision on an application."""

import logging
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import transaction

from core.models import User
from customers.models import WorkItem
from customers.operations import history
from lending.models import Application
from lending.operations.applications import record_decision
from risk import reasons
from risk.models import BureauReport, DecisionRecord
from risk.operations.tiers import refresh_risk_tier
from risk.queries.facts import CollectedFacts, collect_facts
from risk.queries.locks import lock_application
from risk.queries.rules import RuleSet, get_challenger, get_rule_set
from risk.rules.decision import Verdict, decide
from risk.rules.inputs import Inputs
from risk.rules.offers import Terms, settle
from risk.rules.tables import Outcome, Row
from staff import rights

REVIEW_URGENCY = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Beside:
    """What the challenger said; it decides nothing."""

    challenger_id: int
    score: int
    probability: float


@dataclass(frozen=True)
class _Judgement:
    """The verdict in the terms of the product, with everything it rests on."""

    outcome: Outcome
    reason_codes: list[str]
    grade: str = ""
    annual_rate: Decimal | None = None
    approved_amount: Decimal | None = None
    terms: Terms | None = None
    verdict: Verdict | None = None
    rules: RuleSet | None = None
    beside: _Beside | None = None
    collected: CollectedFacts = field(default_factory=lambda: CollectedFacts({}, {}))


@transaction.atomic
def decide_application(
    *, application_id: int, actor: User, now: datetime, business_date: date
) -> DecisionRecord | None:
    """Score and decide a submitted application by the rules in force, and write the outcome onto it.

    Whatever keeps the rules from judging (no report, no rules, no rate) refers it to a person. Returns None when the
    application is decided already or was withdrawn.
    """
    application = lock_application(application_id)
    if application.state != Application.State.SUBMITTED:
        return None
    report = BureauReport.objects.filter(application=application).first()
    judged = _judge(application, report, business_date)
    record = _write_record(application, report, judged, now=now, business_date=business_date)
    is_approved = judged.outcome is Outcome.APPROVE
    application = record_decision(
        application_id=application.pk,
        outcome=str(judged.outcome),
        grade=judged.grade,
        score=record.score,
        annual_rate=judged.annual_rate if is_approved else None,
        approved_amount=judged.approved_amount if is_approved else None,
        reason_codes=judged.reason_codes,
        rule_version=judged.rules.version if judged.rules else "",
        actor=actor,
        now=now,
        business_date=business_date,
    )
    if application.state == Application.State.REFERRED:
        raise_review(application, now=now)
    refresh_risk_tier(customer_id=application.customer_id, now=now)
    return record


def raise_review(application: Application, *, now: datetime, note: str = "") -> None:
    """Put a referred application before those who review."""
    history.raise_work(
        group=WorkItem.Group.APPROVAL,
        kind="risk.review",
        reason_code="risk.review_sent_back" if note else "risk.review_wanted",
        params={"number": application.number, "reasons": application.reason_codes, "note": note},
        key=review_key(application.pk),
        now=now,
        customer_id=application.customer_id,
        right=rights.REVIEW_APPLICATION,
        urgency=REVIEW_URGENCY,
        url=f"/applications/{application.public_id}/",
    )


def review_key(application_id: int) -> str:
    """Return the key of the work item that asks for a review."""
    return f"risk.review:{application_id}"


def _judge(application: Application, report: BureauReport | None, business_date: date) -> _Judgement:
    if report is None or report.state != BureauReport.State.RECEIVED:
        is_refused = report is not None and report.failure_code == reasons.CONSENT_MISSING
        code = reasons.CONSENT_MISSING if is_refused else reasons.BUREAU_UNAVAILABLE
        return _Judgement(Outcome.REFER, [code])
    product = application.product
    collected = collect_facts(application, report, business_date)
    rules = get_rule_set([product.code, product.parameter_set])
    if rules is None:
        return _Judgement(Outcome.REFER, [reasons.RULES_MISSING], collected=collected)
    verdict = decide(rules.scorecard, rules.table, collected.facts)
    terms = Terms(application.amount, product.amount_min, product.amount_step, product.rate_by_grade)
    settled = settle(verdict, terms)
    return _Judgement(
        outcome=settled.outcome,
        reason_codes=list(settled.reason_codes),
        grade=settled.grade,
        annual_rate=settled.annual_rate,
        approved_amount=settled.approved_amount,
        terms=terms,
        verdict=verdict,
        rules=rules,
        beside=_ask_challenger([product.code, product.parameter_set], collected.facts) if verdict.score else None,
        collected=collected,
    )


def _ask_challenger(codes: list[str], facts: Inputs) -> _Beside | None:
    found = get_challenger(codes)
    if found is None:
        return None
    challenger_id, challenger = found
    try:
        return _Beside(challenger_id, *challenger.judge(facts))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        # A decision never waits for, nor falls over, what decides nothing.
        _log.exception("challenger failed", extra={"challenger": challenger_id})
        return None


def _write_record(
    application: Application,
    report: BureauReport | None,
    judged: _Judgement,
    *,
    now: datetime,
    business_date: date,
) -> DecisionRecord:
    score = judged.verdict.score if judged.verdict else None
    return DecisionRecord.objects.create(
        application=application,
        customer_id=application.customer_id,
        bureau_report=report,
        scorecard_id=judged.rules.scorecard_id if judged.rules else None,
        table_id=judged.rules.table_id if judged.rules else None,
        inputs=_write_inputs(judged),
        score=score.value if score else None,
        base_points=score.base_points if score else None,
        probability=_as_rate(score.probability) if score else None,
        challenger_id=judged.beside.challenger_id if judged.beside else None,
        challenger_score=judged.beside.score if judged.beside else None,
        challenger_probability=_as_rate(judged.beside.probability) if judged.beside else None,
        contributions=[
            {"factor": part.factor, "bin": part.bin, "points": part.points, "best_points": part.best_points}
            for part in (score.contributions if score else ())
        ],
        fired=[_describe_row(row) for row in (judged.verdict.fired if judged.verdict else ())],
        outcome=str(judged.outcome),
        grade=judged.grade,
        annual_rate=judged.annual_rate,
        approved_amount=judged.approved_amount,
        reason_codes=judged.reason_codes,
        decided_at=now,
        business_date=business_date,
    )


def _as_rate(probability: float | None) -> Decimal | None:
    return None if probability is None else Decimal(f"{probability:.6f}")


def _write_inputs(judged: _Judgement) -> str:
    collected = judged.collected
    inputs: dict[str, Any] = {
        "facts": collected.facts,
        "evidence": collected.evidence,
        "withheld": collected.withheld,
    }
    if judged.terms is not None:
        inputs["terms"] = judged.terms.as_json()
    return orjson.dumps(inputs).decode()


def _describe_row(row: Row) -> dict[str, Any]:
    return {
        "place": row.place,
        "conditions": {condition.field.name: condition.source for condition in row.conditions},
        "outcome": str(row.outcome),
        "reason": row.reason,
    }
