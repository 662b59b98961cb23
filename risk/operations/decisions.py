"""The automatic decision on applications."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import orjson
from django.db import transaction

from core.models import User
from customers.models import WorkItem
from customers.operations import history
from lending.models import Application
from lending.operations.decisions import Decided, record_decisions
from lending.queries.terms import Quoter
from lending.rules.limits import PRICE_MISSING
from risk import reasons
from risk.models import BureauReport, DecisionRecord
from risk.operations.tiers import refresh_risk_tiers
from risk.queries.facts import CollectedFacts, collect_facts
from risk.queries.locks import lock_applications
from risk.queries.rules import InForce, RuleSet, get_in_force
from risk.rules.decision import Verdict, decide
from risk.rules.inputs import Inputs
from risk.rules.offers import Terms, settle
from risk.rules.scoring.models import Challenger
from risk.rules.tables import Outcome, Row
from staff import rights

# How many are decided in one transaction at most: enough to share what each would ask alone, few enough to be quick.
AT_ONCE: Final = 25
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

    application: Application
    report: BureauReport | None
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
def decide_applications(
    *, application_ids: Collection[int], actor: User, now: datetime, business_date: date
) -> list[DecisionRecord]:
    """Score and decide submitted applications by the rules in force, and write the outcomes onto them.

    Whatever keeps the rules from judging one (no report, no rules, no rate) refers it to a person. Those that are
    decided already or were withdrawn are left alone and have no record among what comes back. As many statements
    are spent on many as on one.
    """
    waiting = [one for one in lock_applications(application_ids) if one.state == Application.State.SUBMITTED]
    if not waiting:
        return []
    quoter = Quoter()
    judged = _judge(waiting, business_date, quoter)
    records = DecisionRecord.objects.bulk_create(
        [_make_record(one, now=now, business_date=business_date) for one in judged]
    )
    decisions = [(one.application, _as_decided(one, record)) for one, record in zip(judged, records, strict=True)]
    record_decisions(decisions, quoter, actor=actor, now=now, business_date=business_date)
    raise_reviews([one for one in waiting if one.state == Application.State.REFERRED], now=now)
    refresh_risk_tiers(customer_ids=[one.customer_id for one in waiting], now=now)
    return records


def raise_reviews(applications: Sequence[Application], *, now: datetime, note: str = "") -> None:
    """Put referred applications before those who review."""
    history.raise_work_bulk(
        [
            history.WorkItemRow(
                group=WorkItem.Group.APPROVAL,
                kind="risk.review",
                reason_code="risk.review_sent_back" if note else "risk.review_wanted",
                key=review_key(application.pk),
                raised_at=now,
                params={"number": application.number, "reasons": application.reason_codes, "note": note},
                customer_id=application.customer_id,
                right=rights.REVIEW_APPLICATION,
                urgency=REVIEW_URGENCY,
                url=f"/applications/{application.public_id}/",
            )
            for application in applications
        ]
    )


def review_key(application_id: int) -> str:
    """Return the key of the work item that asks for a review."""
    return f"risk.review:{application_id}"


def _judge(applications: Sequence[Application], business_date: date, quoter: Quoter) -> list[_Judgement]:
    """Return the judgement of each application, in their order."""
    reports = {report.application_id: report for report in BureauReport.objects.filter(application__in=applications)}
    usable = [
        (application, report)
        for application in applications
        if (report := reports.get(application.pk)) is not None and report.state == BureauReport.State.RECEIVED
    ]
    collected = collect_facts(usable, business_date, quoter) if usable else {}
    in_force: dict[tuple[str, str], InForce] = {}
    judged = []
    for application in applications:
        report, facts = reports.get(application.pk), collected.get(application.pk)
        if facts is None:
            judged.append(_Judgement(application, report, Outcome.REFER, [_why_no_facts(report)]))
            continue
        codes = (application.product.code, application.product.parameter_set)
        if codes not in in_force:
            in_force[codes] = get_in_force(codes)
        judged.append(_judge_one(application, report, in_force[codes], facts))
    return judged


def _why_no_facts(report: BureauReport | None) -> str:
    if report is None or report.state != BureauReport.State.RECEIVED:
        is_refused = report is not None and report.failure_code == reasons.CONSENT_MISSING
        return reasons.CONSENT_MISSING if is_refused else reasons.BUREAU_UNAVAILABLE
    return PRICE_MISSING


def _judge_one(
    application: Application, report: BureauReport | None, in_force: InForce, collected: CollectedFacts
) -> _Judgement:
    rules, product = in_force.rules, application.product
    if rules is None:
        return _Judgement(application, report, Outcome.REFER, [reasons.RULES_MISSING], collected=collected)
    verdict = decide(rules.scorecard, rules.table, collected.facts)
    terms = Terms(application.amount, product.amount_min, product.amount_step, product.rate_by_grade)
    settled = settle(verdict, terms)
    return _Judgement(
        application=application,
        report=report,
        outcome=settled.outcome,
        reason_codes=list(settled.reason_codes),
        grade=settled.grade,
        annual_rate=settled.annual_rate,
        approved_amount=settled.approved_amount,
        terms=terms,
        verdict=verdict,
        rules=rules,
        beside=_ask_challenger(in_force.challenger, collected.facts) if verdict.score else None,
        collected=collected,
    )


def _ask_challenger(found: tuple[int, Challenger] | None, facts: Inputs) -> _Beside | None:
    if found is None:
        return None
    challenger_id, challenger = found
    try:
        return _Beside(challenger_id, *challenger.judge(facts))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        # A decision never waits for, nor falls over, what decides nothing.
        _log.exception("challenger failed", extra={"challenger": challenger_id})
        return None


def _as_decided(judged: _Judgement, record: DecisionRecord) -> Decided:
    is_approve = judged.outcome is Outcome.APPROVE
    return Decided(
        outcome=str(judged.outcome),
        reason_codes=judged.reason_codes,
        grade=judged.grade,
        score=record.score,
        annual_rate=judged.annual_rate if is_approve else None,
        approved_amount=judged.approved_amount if is_approve else None,
        rule_version=judged.rules.version if judged.rules else "",
    )


def _make_record(judged: _Judgement, *, now: datetime, business_date: date) -> DecisionRecord:
    score = judged.verdict.score if judged.verdict else None
    return DecisionRecord(
        application=judged.application,
        customer_id=judged.application.customer_id,
        bureau_report=judged.report,
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
