"""Trials of drafts: started by those who edit rules, carried out in portions by the worker."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import orjson
from django.db import transaction
from django.db.models import Max, Min, QuerySet
from django.utils.translation import gettext_lazy as _

from core import audit, clock, parameters
from core.errors import BusinessError, InvalidInput
from core.models import User
from core.money import ZERO, from_fen, to_fen
from risk.models import DecisionRecord, DecisionTable, DefaultStudy, RuleTrial, Scorecard, TrialChange
from risk.queries.losses import get_basis, observe_defaults, observe_recovery
from risk.queries.rules import get_published
from risk.queries.trainings import read_known_outcomes
from risk.queries.trials import get_latest_trial, list_judged, list_products_of
from risk.reasons import TABLE_REASONS
from risk.rules.decision import decide
from risk.rules.losses import read_basis
from risk.rules.offers import Terms, read_terms, settle
from risk.rules.problems import InvalidRule
from risk.rules.scorecard import Champion
from risk.rules.scoring.models import read_champion
from risk.rules.tables import DecisionTable as TableRule
from risk.rules.tables import compile_table
from risk.rules.trials import Compared, Decided, add_up, as_decided, band_amount
from staff import rights
from staff.queries import access_right

PORTION: Final = 1000
# A decision may be committed a little after one with a greater key: those of the last minute wait.
_SETTLED_AFTER: Final = timedelta(minutes=1)


class TrialInvalid(InvalidInput):
    """The trial cannot be started like this."""

    code = "trial_invalid"
    message = _("This cannot be tried.")


class TrialMissing(BusinessError):
    """The draft was not tried on past applications as it stands."""

    code = "rule_not_tried"
    message = _("This draft has not been tried on past applications as it stands now.")
    next_step = _("Run a back-test first: whoever approves sees what would change.")


@transaction.atomic
def start_trial(
    *,
    rule: Scorecard | DecisionTable,
    kind: str,
    from_date: date,
    to_date: date | None,
    actor: User,
    now: datetime,
    business_date: date,
) -> RuleTrial:
    """Begin to judge stored decisions by a draft together with its counterpart in force.

    A shadow trial judges what is decided from now on. Raises Refused, TrialInvalid.
    """
    access_right(actor, rights.EDIT_RULES)
    counterpart = get_published(Scorecard if isinstance(rule, DecisionTable) else DecisionTable, rule.code)
    table = rule if isinstance(rule, DecisionTable) else counterpart
    card = rule if isinstance(rule, Scorecard) else counterpart
    if not isinstance(table, DecisionTable) or not isinstance(card, Scorecard):
        raise TrialInvalid(fields={"rule": [_("Nothing is in force beside it.")]})
    try:
        _compile(card, table)
    except InvalidRule as error:
        raise TrialInvalid(fields={"rule": [_("Correct its mistakes first.")]}) from error
    is_past = kind == RuleTrial.Kind.PAST
    if is_past and (to_date is None or to_date < from_date):
        raise TrialInvalid(fields={"to_date": [_("The window has no day.")]})
    judged = list_judged(list_products_of(rule.code, type(rule)))
    if is_past:
        window = judged.filter(business_date__range=(from_date, to_date))
        start = (window.aggregate(first=Min("pk"))["first"] or 1) - 1
        total = window.count()
    else:
        from_date, to_date, total = business_date, None, 0
        start = DecisionRecord.objects.aggregate(last=Max("pk"))["last"] or 0
    trial = RuleTrial.objects.create(
        kind=kind,
        code=rule.code,
        subject=RuleTrial.Subject.TABLE if rule is table else RuleTrial.Subject.SCORECARD,
        scorecard=card,
        table=table,
        scorecard_hash=card.content_hash,
        table_hash=table.content_hash,
        from_date=from_date,
        to_date=to_date,
        asked_by=actor,
        asked_at=now,
        total=total,
        cursor=start,
        basis=get_basis(business_date).as_json(),
    )
    audit.record(actor=actor, action="risk.trial_started", target=trial, data={"rule": rule.key, "kind": kind}, now=now)
    return trial


@transaction.atomic
def stop_trial(*, trial_id: int, actor: User, now: datetime) -> RuleTrial:
    """End a trial; what it has judged so far stays. Raises Refused."""
    access_right(actor, rights.EDIT_RULES)
    trial = RuleTrial.objects.select_for_update(no_key=True).get(pk=trial_id)
    if trial.state == RuleTrial.State.RUNNING:
        _finish(trial, RuleTrial.State.STOPPED, "asked", now)
        audit.record(actor=actor, action="risk.trial_stopped", target=trial, now=now)
    return trial


def list_running() -> list[int]:
    """Return the trials that have decisions to judge."""
    return list(RuleTrial.objects.filter(state=RuleTrial.State.RUNNING).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def run_portion(*, trial_id: int, now: datetime) -> int:
    """Judge the next decisions of a trial and return how many; 0 when nothing is left or another worker has it."""
    trial = (
        RuleTrial.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("scorecard", "table")
        .filter(pk=trial_id, state=RuleTrial.State.RUNNING)
        .first()
    )
    if trial is None:
        return 0
    card, table = trial.scorecard, trial.table
    if (
        card is None
        or table is None
        or (card.content_hash, table.content_hash)
        != (
            trial.scorecard_hash,
            trial.table_hash,
        )
    ):
        _finish(trial, RuleTrial.State.STOPPED, "changed", now)
        return 0
    records = list(_next_records(trial, now))
    if records:
        champion, compiled = _compile(card, table)
        _judge(trial, records, champion, compiled)
    if len(records) < PORTION and trial.kind == RuleTrial.Kind.PAST:
        _finish(trial, RuleTrial.State.DONE, "", now)
    trial.save(update_fields=["cursor", "done", "total", "figures", "state", "finished_at", "stop_reason"])
    return len(records)


def _next_records(trial: RuleTrial, now: datetime) -> QuerySet[DecisionRecord]:
    model = DecisionTable if trial.subject == RuleTrial.Subject.TABLE else Scorecard
    rows = list_judged(list_products_of(trial.code, model)).filter(pk__gt=trial.cursor)
    if trial.to_date is not None:
        rows = rows.filter(business_date__range=(trial.from_date, trial.to_date))
    else:
        rows = rows.filter(decided_at__lte=now - _SETTLED_AFTER)
    rows = rows.select_related("application__product", "customer").order_by("pk")
    return rows.only(
        "inputs",
        "score",
        "outcome",
        "grade",
        "approved_amount",
        "application",
        "customer",
        "application__product",
        "application__amount",
        "application__product__code",
        "application__product__amount_min",
        "application__product__amount_step",
        "application__product__rate_by_grade",
        "customer__source",
    )[:PORTION]


def _judge(trial: RuleTrial, records: list[DecisionRecord], champion: Champion, table: TableRule) -> None:
    compared: list[Compared] = []
    changes: list[TrialChange] = []
    outcomes = _read_outcomes(trial, records)
    for record in records:
        stored = orjson.loads(record.inputs)
        verdict = decide(champion, table, stored["facts"])
        after = as_decided(settle(verdict, terms_of(record, stored)))
        is_approval = record.outcome == "APPROVE" and record.approved_amount is not None
        before = Decided(record.outcome, record.grade, to_fen(record.approved_amount or ZERO) if is_approval else 0)
        product = record.application.product
        assert record.score is not None, "only what was scored is judged"
        segments = (
            ("product", product.code),
            ("grade", record.grade),
            ("channel", record.customer.source),
            ("amount", band_amount(to_fen(record.application.amount))),
        )
        one = Compared(before, after, record.score, segments, outcomes.get(record.pk))
        compared.append(one)
        if one.is_changed:
            changes.append(_note_change(trial, record, one, verdict.score.value if verdict.score else None))
    TrialChange.objects.bulk_create(changes)
    trial.figures = add_up(trial.figures, compared, read_basis(trial.basis))
    trial.cursor = records[-1].pk
    trial.done += len(records)
    trial.total = max(trial.total, trial.done)


def _read_outcomes(trial: RuleTrial, records: list[DecisionRecord]) -> dict[int, bool]:
    """Return what came of past decisions' loans by the day of asking; what a shadow judges has no past."""
    if trial.kind != RuleTrial.Kind.PAST:
        return {}
    until = clock.day_of(trial.asked_at)
    return read_known_outcomes(
        [record.pk for record in records],
        until=until,
        window_months=parameters.get_int("risk.outcome_months", on=until),
        bad_dpd=parameters.get_int("risk.outcome_bad_dpd", on=until),
    )


def _note_change(trial: RuleTrial, record: DecisionRecord, one: Compared, score: int | None) -> TrialChange:
    return TrialChange(
        trial=trial,
        decision=record,
        outcome_before=one.before.outcome,
        outcome_after=one.after.outcome,
        grade_before=one.before.grade,
        grade_after=one.after.grade,
        amount_before=from_fen(one.before.amount_fen),
        amount_after=from_fen(one.after.amount_fen),
        score_after=score,
    )


def terms_of(record: DecisionRecord, stored: dict[str, Any]) -> Terms:
    """Return the terms a decision was made on; a decision older than their keeping has the product's present ones."""
    if "terms" in stored:
        return read_terms(stored["terms"])
    product = record.application.product
    return Terms(record.application.amount, product.amount_min, product.amount_step, product.rate_by_grade)


def _compile(card: Scorecard, table: DecisionTable) -> tuple[Champion, TableRule]:
    return read_champion(card.content), compile_table(table.content, TABLE_REASONS)


def _finish(trial: RuleTrial, state: str, reason: str, now: datetime) -> None:
    trial.state = state
    trial.finished_at = now
    trial.stop_reason = reason
    trial.save(update_fields=["state", "finished_at", "stop_reason"])


def require_trial(rule: Scorecard | DecisionTable, *, on: date) -> RuleTrial | None:
    """Return the back-test of a draft as it stands; None where the book is too small to say anything.

    How small that is says the dated parameter `risk.back_test_min_decisions`. Raises TrialMissing.
    """
    trial = get_latest_trial(rule)
    if trial is not None:
        return trial
    enough = parameters.get_int("risk.back_test_min_decisions", on=on)
    judged = list_judged(list_products_of(rule.code, type(rule)))
    if len(judged.values_list("pk")[:enough]) >= enough:
        raise TrialMissing
    return None


@transaction.atomic
def study_defaults(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Run as a step of the close: on the first day of a month, and where there is no study yet, see what the book shows."""
    if business_date.day != 1 and DefaultStudy.objects.exists():
        return 0
    rows = [
        [row.product, row.grade, row.band, row.loans, row.defaults, str(row.principal.quantize(Decimal("0.01")))]
        for row in observe_defaults(business_date)
    ]
    found = observe_recovery(business_date)
    recovery = {"defaults": found.defaults, "exposure": str(found.exposure), "recovered": str(found.recovered)}
    DefaultStudy.objects.update_or_create(
        business_date=business_date, defaults={"rows": rows, "recovery": recovery, "made_at": now}
    )
    return len(rows)
