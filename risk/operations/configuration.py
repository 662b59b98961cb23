"""Drafting, checking and publishing scorecards and decision tables."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.idempotency import fingerprint_of
from core.models import User
from core.registries import indicators
from risk.models import AlertRule, DecisionTable, RuleState, Scorecard, VersionedRule
from risk.reasons import TABLE_REASONS, describe_problem
from risk.rules.decision import check_cases
from risk.rules.problems import Problem
from risk.rules.scorecard import Scorecard as ScorecardRule
from risk.rules.scorecard import lint_scorecard
from risk.rules.tables import compile_table, lint_table
from staff import rights
from staff.models import Approval
from staff.operations import AlreadyDecided, ask_approval, decide_approval
from staff.queries import access_right

PUBLISH: Final = "risk.publish_rule"
_MODELS: Final[dict[str, type[Scorecard] | type[DecisionTable]]] = {
    Scorecard._meta.label_lower: Scorecard,
    DecisionTable._meta.label_lower: DecisionTable,
}


class NotADraft(BusinessError):
    """The version is or was in force."""

    code = "rule_not_a_draft"
    message = _("This version is or was in force and can no longer change.")
    next_step = _("Copy it into a new draft.")


class DraftWaiting(BusinessError):
    """The draft waits for approval."""

    code = "rule_draft_waiting"
    message = _("This draft waits for approval and cannot change meanwhile.")


class RuleInvalid(InvalidInput):
    """The draft fails its checks."""

    code = "rule_invalid"
    message = _("The draft has mistakes.")
    next_step = _("Correct each line named and save again.")


class UnknownIndicator(InvalidInput):
    """Nothing computes such an indicator."""

    code = "unknown_indicator"
    message = _("There is no such indicator.")


class DraftChanged(BusinessError):
    """The draft is not what was submitted."""

    code = "rule_draft_changed"
    message = _("The draft is not the one that was submitted.")
    next_step = _("Submit it again.")


def find_problems(rule: VersionedRule) -> list[Problem]:
    """Return everything that keeps a draft from being published.

    A decision table must pass its own cases with the scorecard in force for its code; a scorecard must keep the cases
    of the table in force.
    """
    if isinstance(rule, DecisionTable):
        problems = lint_table(rule.content, TABLE_REASONS)
        if problems:
            return problems
        card = _get_published(Scorecard, rule.code)
        if card is None:
            return [Problem("cases", "scorecard_missing", rule.code)]
        return check_cases(ScorecardRule(card.content), compile_table(rule.content, TABLE_REASONS), rule.cases)
    problems = lint_scorecard(rule.content)
    if problems:
        return problems
    table = _get_published(DecisionTable, rule.code)
    if not isinstance(table, DecisionTable):
        return []
    broken = check_cases(ScorecardRule(rule.content), compile_table(table.content, TABLE_REASONS), table.cases)
    return [Problem(place, "scorecard_breaks_cases", detail) for place, _code, detail in broken]


def _get_published(model: type[Scorecard] | type[DecisionTable], code: str) -> VersionedRule | None:
    return model.objects.filter(code=code, state=RuleState.PUBLISHED).first() or (
        model.objects.filter(code="standard", state=RuleState.PUBLISHED).first()
    )


def content_hash_of(content: Any, cases: Any = None) -> str:
    """Return the hash by which an approval names exactly what it approves."""
    return fingerprint_of(content, cases)


@transaction.atomic
def save_draft(
    *,
    model: type[Scorecard] | type[DecisionTable],
    rule_id: int | None,
    code: str,
    content: Any,
    note: str,
    actor: User,
    now: datetime,
    cases: Any = None,
) -> VersionedRule:
    """Write a new draft (the next version of its code) or change one; it may still have mistakes.

    Raises Refused, NotADraft, DraftWaiting.
    """
    access_right(actor, rights.CONFIGURE)
    if rule_id is None:
        latest = model.objects.filter(code=code).aggregate(latest=Max("version"))["latest"] or 0
        rule: Scorecard | DecisionTable = model(code=code, version=latest + 1, made_at=now, made_by=actor)
    else:
        rule = _lock_draft(model, rule_id)
    rule.content = content
    rule.note = note
    if isinstance(rule, DecisionTable):
        rule.cases = cases or {}
    rule.content_hash = content_hash_of(rule.content, getattr(rule, "cases", None))
    rule.save()
    audit.record(
        actor=actor,
        action="risk.rule_drafted",
        target=rule,
        data={"rule": str(rule), "hash": rule.content_hash},
        reason=note[:300],
        now=now,
    )
    return rule


@transaction.atomic
def submit_rule(
    *, model: type[Scorecard] | type[DecisionTable], rule_id: int, reason: str, actor: User, now: datetime
) -> Approval:
    """Submit a draft without mistakes to a second person.

    Raises Refused, NotADraft, DraftWaiting, RuleInvalid.
    """
    access_right(actor, rights.CONFIGURE)
    rule = _lock_draft(model, rule_id)
    _refuse_mistakes(rule)
    payload = {"rule": str(rule), "hash": rule.content_hash}
    return ask_approval(kind=PUBLISH, target=rule, payload=payload, reason=reason, actor=actor, now=now)


@transaction.atomic
def decide_rule(*, approval_id: int, is_approved: bool, note: str, actor: User, now: datetime) -> VersionedRule:
    """Publish a submitted draft, or leave it a draft; the version in force before is replaced.

    Raises Refused, AlreadyDecided, OwnApproval, DraftChanged, RuleInvalid.
    """
    access_right(actor, rights.APPROVE_CONFIGURATION)
    approval = Approval.objects.get(pk=approval_id, kind=PUBLISH)
    model = _MODELS[approval.target_type]
    rule = model.objects.select_for_update(no_key=True).get(pk=approval.target_id)
    if not rule.is_draft:
        raise AlreadyDecided
    decide_approval(approval_id=approval_id, is_approved=is_approved, note=note, actor=actor, now=now)
    if is_approved:
        # Checked again: the rule in force beside it may have changed since the draft was submitted.
        if rule.content_hash != approval.payload["hash"]:
            raise DraftChanged
        _refuse_mistakes(rule)
        publish_version(rule, submitted_by=approval.maker, approved_by=actor, now=now)
    return rule


def publish_version(
    rule: Scorecard | DecisionTable, *, submitted_by: User | None, approved_by: User | None, now: datetime
) -> None:
    """Put a version in force in place of the one before; the caller has checked that two people wanted it."""
    type(rule).objects.filter(code=rule.code, state=RuleState.PUBLISHED).update(state=RuleState.RETIRED, retired_at=now)
    rule.state = RuleState.PUBLISHED
    rule.published_at = now
    rule.published_by = submitted_by
    rule.approved_by = approved_by
    rule.save()
    audit.record(
        actor=approved_by,
        action="risk.rule_published",
        target=rule,
        data={"rule": str(rule), "hash": rule.content_hash},
        now=now,
    )


@transaction.atomic
def save_alert_rule(*, rule: AlertRule, changed: dict[str, Any], actor: User, now: datetime) -> AlertRule:
    """Set the limits of an alert rule; it counts from the next close on. Raises Refused, UnknownIndicator."""
    access_right(actor, rights.CONFIGURE)
    if rule.indicator not in indicators:
        raise UnknownIndicator(fields={"indicator": [UnknownIndicator.message]})
    rule.save()
    audit.record(actor=actor, action="risk.alert_rule_saved", target=rule, data=changed, now=now)
    return rule


def _lock_draft(model: type[Scorecard] | type[DecisionTable], rule_id: int) -> Scorecard | DecisionTable:
    rule: Scorecard | DecisionTable = model.objects.select_for_update(no_key=True).get(pk=rule_id)
    if not rule.is_draft:
        raise NotADraft
    waiting = Approval.objects.filter(
        kind=PUBLISH,
        target_type=model._meta.label_lower,
        target_id=str(rule_id),
        state=Approval.State.PENDING,
    )
    if waiting.exists():
        raise DraftWaiting
    return rule


def _refuse_mistakes(rule: VersionedRule) -> None:
    problems = find_problems(rule)
    if problems:
        raise RuleInvalid(fields={"content": [describe_problem(*problem) for problem in problems]})
