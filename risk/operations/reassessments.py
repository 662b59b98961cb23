"""Borrowers are assessed again at intervals by their grade (C12.13), by the rules in force and what is known today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction

from core import parameters
from core.outbox import system_user
from customers.models import WorkItem
from customers.operations import history
from lending.rules.periods import add_months
from risk import reasons
from risk.models import Reassessment
from risk.operations.tiers import refresh_risk_tiers
from risk.queries.current_facts import CurrentFacts, read_current_facts
from risk.queries.reassessments import DuePlan, list_due
from risk.queries.rules import RuleSet, get_rule_set
from risk.rules.decision import INPUTS_INVALID, RULES_FAILED, Verdict, decide
from risk.rules.reassessment import Change, compare_grades, get_months, read_intervals
from staff import rights

STEP: Final = "risk.reassessments"
STEP_ORDER: Final = 712
PARAMETER: Final = "risk.reassess_months"
_AT_ONCE: Final = 500
_FELL, _FAILED = "risk.grade_fell", "risk.assessment_failed"
_URGENCY: Final = 35

# Whoever has a newer loan than his plan knows of has been decided about since: that decision was an assessment too.
_ENTER: Final = """
INSERT INTO risk_assessmentplan AS p (customer_id, loan_id, grade, score, assessed_date, due_date, failure_code)
SELECT DISTINCT ON (l.borrower_id) l.borrower_id, l.id, a.grade, a.score, d.day, d.day, ''
FROM lending_loan l
LEFT JOIN risk_assessmentplan known ON known.customer_id = l.borrower_id
JOIN lending_listing li ON li.id = l.listing_id
JOIN lending_application a ON a.id = li.application_id
CROSS JOIN LATERAL (SELECT coalesce((a.decided_at AT TIME ZONE 'Asia/Shanghai')::date, l.contract_date) AS day) d
WHERE l.state = 'ACTIVE' AND (known.id IS NULL OR known.loan_id < l.id)
ORDER BY l.borrower_id, l.id DESC
ON CONFLICT (customer_id) DO UPDATE SET
    loan_id = excluded.loan_id,
    grade = CASE WHEN excluded.assessed_date >= p.assessed_date THEN excluded.grade ELSE p.grade END,
    score = CASE WHEN excluded.assessed_date >= p.assessed_date THEN excluded.score ELSE p.score END,
    assessed_date = greatest(p.assessed_date, excluded.assessed_date)
"""
# The intervals of tonight hold for everybody, also for those assessed under others.
_DUE: Final = """
(assessed_date + make_interval(months => coalesce((%(months)s::jsonb ->> grade)::int, %(least)s)))::date
"""
_DATE: Final = f"UPDATE risk_assessmentplan SET due_date = {_DUE} WHERE due_date <> {_DUE}"  # noqa: S608 - our own
# Who comes due and owes nothing any more leaves the plan; with another loan he comes back.
_LEAVE: Final = """
DELETE FROM risk_assessmentplan p WHERE p.due_date <= %(on)s AND NOT EXISTS (
    SELECT 1 FROM lending_loan l WHERE l.borrower_id = p.customer_id AND l.state = 'ACTIVE')
RETURNING p.customer_id
"""
_PUT_OFF: Final = """
UPDATE risk_assessmentplan p SET grade = x.grade, score = x.score, assessed_date = %(on)s, due_date = x.next_date,
    failure_code = ''
FROM unnest(%(plans)s::bigint[], %(grades)s::text[], %(scores)s::int[], %(dates)s::date[]) x (id, grade, score, next_date)
WHERE p.id = x.id
"""
_FAIL: Final = """
UPDATE risk_assessmentplan p SET failure_code = x.code FROM unnest(%(plans)s::bigint[], %(codes)s::text[]) x (id, code)
WHERE p.id = x.id AND p.failure_code <> x.code
"""


def assess_borrowers(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Run as a step of the close."""
    return reassess_due(business_date=business_date, now=now)


@transaction.atomic
def reassess_due(*, business_date: date, now: datetime) -> int:
    """Assess every borrower whose date has come; return how many were. Run twice for one date it assesses nobody more.

    Who cannot be judged stays due and is tried again each night. Raises ParameterMissing, ValueError for intervals
    that are none.
    """
    months = read_intervals(parameters.get_value(PARAMETER, on=business_date))
    _keep_plan(months, business_date=business_date, now=now)
    rules: dict[tuple[str, str], RuleSet | None] = {}
    count = after = 0
    while due := list_due(business_date, after=after, most=_AT_ONCE):
        after = due[-1].plan_id
        for plan in due:
            key = (plan.product_code, plan.parameter_set)
            if key not in rules:
                rules[key] = get_rule_set(key)
        count += _assess(due, rules, months, business_date=business_date, now=now)
    return count


def _keep_plan(months: Mapping[str, int], *, business_date: date, now: datetime) -> None:
    """Bring the plan up to date in three statements over the book."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTER)
        cursor.execute(_DATE, {"months": orjson.dumps(months).decode(), "least": min(months.values())})
        cursor.execute(_LEAVE, {"on": business_date})
        gone = [row[0] for row in cursor.fetchall()]
    if gone:
        keys = [_key(_FAILED, customer_id) for customer_id in gone]
        history.end_work_bulk(keys=keys, now=now, actor=system_user(), state=WorkItem.State.DROPPED)


@dataclass(frozen=True)
class _Assessed:
    """One borrower's new assessment."""

    plan: DuePlan
    current: CurrentFacts
    rules: RuleSet
    verdict: Verdict
    score: int
    next_date: date

    @property
    def movement(self) -> Change:
        return compare_grades(self.plan.grade, self.verdict.grade)


def _assess(
    due: Sequence[DuePlan],
    rules: Mapping[tuple[str, str], RuleSet | None],
    months: Mapping[str, int],
    *,
    business_date: date,
    now: datetime,
) -> int:
    """Judge a batch and write what came of it."""
    facts = read_current_facts([plan.customer_id for plan in due], business_date)
    done: list[_Assessed] = []
    failed: list[tuple[DuePlan, str]] = []
    for plan in due:
        judged = _judge(plan, rules[plan.product_code, plan.parameter_set], facts.get(plan.customer_id))
        if isinstance(judged, str):
            failed.append((plan, judged))
            continue
        current, rule_set, verdict = judged
        assert verdict.score is not None, "who has no score has failed"
        next_date = add_months(business_date, get_months(months, verdict.grade), business_date.day)
        done.append(_Assessed(plan, current, rule_set, verdict, verdict.score.value, next_date))
    _write(done, business_date=business_date, now=now)
    _tell(done, business_date=business_date, now=now)
    _note_failures(failed, now=now)
    return len(done)


def _judge(
    plan: DuePlan, rules: RuleSet | None, current: CurrentFacts | None
) -> tuple[CurrentFacts, RuleSet, Verdict] | str:
    """Return the new verdict, or the code of what keeps the rules from one."""
    if rules is None:
        return reasons.RULES_MISSING
    if current is None:
        return reasons.FACTS_MISSING
    verdict = decide(rules.scorecard, rules.table, current.facts)
    if verdict.score is None:
        return INPUTS_INVALID
    return (current, rules, verdict) if verdict.grade else RULES_FAILED


def _write(done: Sequence[_Assessed], *, business_date: date, now: datetime) -> None:
    Reassessment.objects.bulk_create(
        [
            Reassessment(
                customer_id=one.plan.customer_id,
                scorecard_id=one.rules.scorecard_id,
                table_id=one.rules.table_id,
                inputs=orjson.dumps(
                    {"facts": one.current.facts, "evidence": one.current.evidence, "withheld": one.current.withheld}
                ).decode(),
                facts_date=one.current.decided_date,
                grade_before=one.plan.grade,
                score_before=one.plan.score,
                grade=one.verdict.grade,
                score=one.score,
                movement=one.movement,
                reason_codes=list(one.verdict.reasons),
                assessed_at=now,
                business_date=business_date,
                next_date=one.next_date,
            )
            for one in done
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT_OFF,
            {
                "on": business_date,
                "plans": [one.plan.plan_id for one in done],
                "grades": [one.verdict.grade for one in done],
                "scores": [one.score for one in done],
                "dates": [one.next_date for one in done],
            },
        )


def _tell(done: Sequence[_Assessed], *, business_date: date, now: datetime) -> None:
    """Call for somebody where a grade fell, note what moved, and let the tier follow."""
    moved = [one for one in done if one.movement != Change.SAME]
    params = {one.plan.customer_id: _describe(one) for one in moved}
    history.raise_work_bulk(
        [_work(_FELL, one.plan, params[one.plan.customer_id], now) for one in moved if one.movement == Change.WORSE]
    )
    history.add_timeline_bulk(
        [
            history.TimelineRow(
                customer_id=one.plan.customer_id,
                kind="change",
                text_code=_FELL if one.movement == Change.WORSE else "risk.grade_rose",
                at=now,
                key=f"risk.reassessed:{one.plan.customer_id}:{business_date}",
                params=params[one.plan.customer_id],
            )
            for one in moved
        ]
    )
    over = [_key(_FAILED, one.plan.customer_id) for one in done if one.plan.failure_code]
    over += [_key(_FELL, one.plan.customer_id) for one in moved if one.movement == Change.BETTER]
    if over:
        history.end_work_bulk(keys=over, now=now, actor=system_user(), state=WorkItem.State.DROPPED)
    refresh_risk_tiers(customer_ids=[one.plan.customer_id for one in moved], now=now)


def _describe(one: _Assessed) -> dict[str, Any]:
    return {"before": one.plan.grade, "after": one.verdict.grade, "score": one.score}


def _note_failures(failed: Sequence[tuple[DuePlan, str]], *, now: datetime) -> None:
    fresh = [(plan, code) for plan, code in failed if plan.failure_code != code]
    if not fresh:
        return
    with connection.cursor() as cursor:
        cursor.execute(_FAIL, {"plans": [plan.plan_id for plan, _ in fresh], "codes": [code for _, code in fresh]})
    history.raise_work_bulk(
        [
            _work(_FAILED, plan, {"day": plan.due_date.isoformat(), "assessment_failure": code}, now)
            for plan, code in fresh
        ]
    )


def _work(code: str, plan: DuePlan, params: dict[str, Any], now: datetime) -> history.WorkItemRow:
    return history.WorkItemRow(
        group=WorkItem.Group.RISK,
        kind=code,
        reason_code=code,
        key=_key(code, plan.customer_id),
        raised_at=now,
        params=params,
        customer_id=plan.customer_id,
        right="" if plan.rm_id else rights.HANDLE_ALERTS,
        urgency=_URGENCY,
        url=f"/customers/{plan.public_id}/?tab=risk",
    )


def _key(code: str, customer_id: int) -> str:
    return f"{code}:{customer_id}"
