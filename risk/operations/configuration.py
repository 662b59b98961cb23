"""Drafting, checking and publishing scorecards and decision tables."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.idempotency import fingerprint_of
from core.models import User
from core.registries import indicators
from risk.models import AlertRule, Challenger, DecisionTable, DraftStep, RuleState, Scorecard, VersionedRule
from risk.operations.trials import require_trial
from risk.queries.rules import RuleModel, get_published
from risk.queries.tables import check_table
from risk.reasons import TABLE_REASONS, describe_problem
from risk.rules.cases import check_cases
from risk.rules.problems import Problem
from risk.rules.scoring.models import lint_challenger, lint_champion, read_champion
from risk.rules.tables import compile_table
from risk.rules.trials import ALL, read_counts
from staff import rights
from staff.models import Approval
from staff.operations import AlreadyDecided, ask_approval, decide_approval
from staff.queries import access_right

PUBLISH: Final = "risk.publish_rule"
STEPS_KEPT: Final = 200
_MODELS: Final[dict[str, RuleModel]] = {
    Challenger._meta.label_lower: Challenger,
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

    A decision table must pass its own cases with the scorecard in force for its code; a scorecard, set by an expert or
    learned, must keep the cases of the table in force.
    """
    if isinstance(rule, DecisionTable):
        return list(check_table(rule).problems)
    if isinstance(rule, Challenger):
        return lint_challenger(rule.content)
    if problems := lint_champion(rule.content):
        return problems
    table = get_published(DecisionTable, rule.code)
    if not isinstance(table, DecisionTable):
        return []
    broken = check_cases(read_champion(rule.content), compile_table(table.content, TABLE_REASONS), table.cases)
    return [Problem(place, "scorecard_breaks_cases", detail) for place, _code, detail in broken]


def list_case_changes(rule: Scorecard) -> list[str]:
    """Return which test cases of the table in force would come out otherwise with a model, one line each."""
    table = get_published(DecisionTable, rule.code)
    if not isinstance(table, DecisionTable) or lint_champion(rule.content):
        return []
    broken = check_cases(read_champion(rule.content), compile_table(table.content, TABLE_REASONS), table.cases)
    return [describe_problem(*problem) for problem in broken]


def content_hash_of(content: Any, cases: Any = None) -> str:
    """Return the hash by which an approval names exactly what it approves."""
    return fingerprint_of(content, cases)


@transaction.atomic
def save_draft(
    *,
    model: RuleModel,
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
    access_right(actor, rights.EDIT_RULES)
    if rule_id is None:
        latest = model.objects.filter(code=code).aggregate(latest=Max("version"))["latest"] or 0
        rule: VersionedRule = model(code=code, version=latest + 1, made_at=now, made_by=actor)
    else:
        rule = lock_draft(model, rule_id)
    rule.note = note
    write_draft(rule, content=content, cases=cases, actor=actor, now=now)
    return rule


def write_draft(
    rule: VersionedRule, *, content: Any, cases: Any, actor: User, now: datetime, keeps_step: bool = True
) -> None:
    """Write what a draft says; the caller has locked it. A table's draft keeps the step, so that it can be taken back."""
    rule.content = content
    if isinstance(rule, DecisionTable):
        rule.cases = cases or {}
        rule.step += int(keeps_step)
    rule.content_hash = content_hash_of(rule.content, getattr(rule, "cases", None))
    rule.save()
    if isinstance(rule, DecisionTable) and keeps_step:
        steps = DraftStep.objects.filter(table=rule)
        # What was taken back before is gone with the next edit; what lies far behind is not taken back any more.
        steps.exclude(number__range=(rule.step - STEPS_KEPT, rule.step - 1)).delete()
        steps.create(table=rule, number=rule.step, content=rule.content, cases=rule.cases, made_at=now, made_by=actor)
    audit.record(
        actor=actor,
        action="risk.rule_drafted",
        target=rule,
        data={"rule": rule.key, "hash": rule.content_hash},
        reason=rule.note[:300],
        now=now,
    )


@transaction.atomic
def submit_rule(*, model: RuleModel, rule_id: int, reason: str, actor: User, now: datetime) -> Approval:
    """Submit a draft without mistakes to a second person.

    Raises Refused, NotADraft, DraftWaiting, RuleInvalid, TrialMissing.
    """
    access_right(actor, rights.EDIT_RULES)
    rule = lock_draft(model, rule_id)
    _refuse_mistakes(rule)
    payload = {"rule": rule.key, "hash": rule.content_hash, **_describe_trial(rule, now)}
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
        _describe_trial(rule, now)
        publish_version(rule, submitted_by=approval.maker, approved_by=actor, now=now)
    return rule


def publish_version(rule: VersionedRule, *, submitted_by: User | None, approved_by: User | None, now: datetime) -> None:
    """Put a version in force in place of the one before; the caller has checked that two people wanted it."""
    _MODELS[rule._meta.label_lower].objects.filter(code=rule.code, state=RuleState.PUBLISHED).update(
        state=RuleState.RETIRED, retired_at=now
    )
    rule.state = RuleState.PUBLISHED
    rule.published_at = now
    rule.published_by = submitted_by
    rule.approved_by = approved_by
    rule.save()
    audit.record(
        actor=approved_by,
        action="risk.rule_published",
        target=rule,
        data={"rule": rule.key, "hash": rule.content_hash},
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


def lock_draft(model: RuleModel, rule_id: int) -> VersionedRule:
    """Lock a version that may still change. Raises NotADraft, DraftWaiting."""
    rule: VersionedRule = model.objects.select_for_update(no_key=True).get(pk=rule_id)
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


def _describe_trial(rule: VersionedRule, now: datetime) -> dict[str, Any]:
    """Return what the approver is told of the back-test; a challenger decides nothing and needs none. Raises TrialMissing."""
    if not isinstance(rule, DecisionTable | Scorecard):
        return {}
    trial = require_trial(rule, on=localdate(now))
    if trial is None:
        return {"trial": ""}
    row = trial.figures.get("segments", {}).get(ALL, {}).get("")
    return {"trial": trial.public_id, "back_test": read_counts(row) if row else {}}


def _refuse_mistakes(rule: VersionedRule) -> None:
    problems = find_problems(rule)
    if problems:
        raise RuleInvalid(fields={"content": [describe_problem(*problem) for problem in problems]})
