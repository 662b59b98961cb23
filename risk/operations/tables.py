"""Editing a decision table in the browser: cells, rows, columns and cases of a draft, back and forth by its steps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.models import User
from risk.models import DecisionTable, DraftStep, RuleState, Scorecard
from risk.operations.configuration import lock_draft, save_draft, write_draft
from risk.queries.rules import get_published
from risk.reasons import TABLE_REASONS, describe_problem
from risk.rules.cases import expect_of, judge_case, suggest_change
from risk.rules.grid import Change, ChangeRefused, change_grid, read_grid, write_grid
from risk.rules.inputs import TABLE_FIELDS, InputField, InputType, InvalidInputs, Value
from risk.rules.problems import InvalidRule
from risk.rules.scorecard import Champion
from risk.rules.scoring.models import read_champion
from risk.rules.tables import compile_table
from staff import rights
from staff.queries import access_right

CASES_AT_MOST: Final = 500


class DraftMoved(BusinessError):
    """Somebody else wrote the draft since it was shown."""

    code = "rule_draft_moved"
    message = _("Somebody changed this draft meanwhile.")
    next_step = _("Look at it as it is now and do it again.")


class ChangeInvalid(InvalidInput):
    """The change does not fit the table."""

    code = "table_change_invalid"
    message = _("The table cannot be changed like this.")


class CaseInvalid(InvalidInput):
    """The case cannot be read."""

    code = "table_case_invalid"
    message = _("The test case cannot be read.")


class NothingToStep(BusinessError):
    """There is no step that way."""

    code = "nothing_to_step"
    message = _("There is nothing more to take back or to make again.")


_REFUSALS: Final = {
    "column_twice": _("This input has a column already."),
    "too_many_rows": _("The table has as many rows as it may have."),
}


@transaction.atomic
def start_draft(*, source_id: int, actor: User, now: datetime) -> DecisionTable:
    """Return the draft of a version's code that is being written, or copy the version into a new one. Raises Refused."""
    access_right(actor, rights.EDIT_RULES)
    source = DecisionTable.objects.get(pk=source_id)
    draft = DecisionTable.objects.filter(code=source.code, state=RuleState.DRAFT).order_by("-version").first()
    if draft is not None:
        return draft
    copied = save_draft(
        model=DecisionTable,
        rule_id=None,
        code=source.code,
        content=source.content,
        cases=source.cases,
        note="",
        actor=actor,
        now=now,
    )
    assert isinstance(copied, DecisionTable)
    return copied


@transaction.atomic
def edit_table(
    *, table_id: int, changes: Sequence[Change], expected_hash: str, actor: User, now: datetime
) -> DecisionTable:
    """Make changes to a draft as one step; mistakes in cells are kept and shown, not refused.

    Raises Refused, NotADraft, DraftWaiting, DraftMoved, ChangeInvalid.
    """
    draft = _lock(table_id, expected_hash, actor)
    try:
        content = write_grid(change_grid(read_grid(draft.content), changes))
    except InvalidRule as error:
        raise ChangeInvalid(fields={"content": [describe_problem(*problem) for problem in error.problems]}) from error
    except ChangeRefused as error:
        raise ChangeInvalid(fields={"changes": [_REFUSALS.get(error.code, ChangeInvalid.message)]}) from error
    if content != draft.content:
        write_draft(draft, content=content, cases=draft.cases, actor=actor, now=now)
    return draft


@transaction.atomic
def save_case(
    *,
    table_id: int,
    index: int | None,
    name: str,
    fires: str,
    change: Mapping[str, Value],
    expect: Mapping[str, Any] | None,
    expected_hash: str,
    actor: User,
    now: datetime,
) -> DecisionTable:
    """Write a test case, a new one without `index`; without `expect` it expects what the rules say now.

    Raises Refused, NotADraft, DraftWaiting, DraftMoved, CaseInvalid.
    """
    draft = _lock(table_id, expected_hash, actor)
    base, cases = read_cases(draft)
    if index is not None and not 0 <= index < len(cases):
        raise CaseInvalid
    if len(cases) >= CASES_AT_MOST and index is None:
        raise CaseInvalid(fields={"name": [_("There are as many cases as there may be.")]})
    if expect is None:
        try:
            expect = expect_of(judge_case(*_compile(draft), {**base, **change}))
        except InvalidInputs as error:
            raise CaseInvalid(fields={"change": [str(error)]}) from error
    case = {"name": name.strip()[:120] or fires, "fires": fires, "change": dict(change), "expect": dict(expect)}
    kept = [*cases, case] if index is None else [*cases[:index], case, *cases[index + 1 :]]
    write_draft(draft, content=draft.content, cases={"base": base, "cases": kept}, actor=actor, now=now)
    return draft


@transaction.atomic
def add_case_of_row(*, table_id: int, place: str, expected_hash: str, actor: User, now: datetime) -> DecisionTable:
    """Add a case that makes a row fire, next to the row's own bounds, and expects what the rules say now.

    Raises Refused, NotADraft, DraftWaiting, DraftMoved, CaseInvalid.
    """
    draft = _lock(table_id, expected_hash, actor)
    base, _cases = read_cases(draft)
    _scorecard, table = _compile(draft)
    row = next((row for row in table.list_rows() if row.place == place), None)
    if row is None:
        raise CaseInvalid
    change = suggest_change(row, base)
    return save_case(
        table_id=table_id,
        index=None,
        name=f"{place} {' '.join(f'{name}={value}' for name, value in change.items())}",
        fires=place,
        change=change,
        expect=None,
        expected_hash=expected_hash,
        actor=actor,
        now=now,
    )


@transaction.atomic
def remove_case(*, table_id: int, index: int, expected_hash: str, actor: User, now: datetime) -> DecisionTable:
    """Drop a test case. Raises Refused, NotADraft, DraftWaiting, DraftMoved, CaseInvalid."""
    draft = _lock(table_id, expected_hash, actor)
    base, cases = read_cases(draft)
    if not 0 <= index < len(cases):
        raise CaseInvalid
    kept = [*cases[:index], *cases[index + 1 :]]
    write_draft(draft, content=draft.content, cases={"base": base, "cases": kept}, actor=actor, now=now)
    return draft


@transaction.atomic
def step_draft(*, table_id: int, is_back: bool, expected_hash: str, actor: User, now: datetime) -> DecisionTable:
    """Take the last edit of a draft back, or make it again.

    Raises Refused, NotADraft, DraftWaiting, DraftMoved, NothingToStep.
    """
    draft = _lock(table_id, expected_hash, actor)
    step = DraftStep.objects.filter(table=draft, number=draft.step + (-1 if is_back else 1)).first()
    if step is None:
        raise NothingToStep
    draft.step = step.number
    write_draft(draft, content=step.content, cases=step.cases, actor=actor, now=now, keeps_step=False)
    return draft


@transaction.atomic
def note_draft(*, table_id: int, note: str, expected_hash: str, actor: User, now: datetime) -> DecisionTable:
    """Write what a draft changes and why; the approver reads it. Raises Refused, NotADraft, DraftWaiting, DraftMoved."""
    draft = _lock(table_id, expected_hash, actor)
    draft.note = note.strip()[:300]
    draft.save(update_fields=["note"])
    return draft


@transaction.atomic
def discard_draft(*, table_id: int, expected_hash: str, actor: User, now: datetime) -> None:
    """Throw a draft away. Raises Refused, NotADraft, DraftWaiting, DraftMoved."""
    draft = _lock(table_id, expected_hash, actor)
    audit.record(actor=actor, action="risk.rule_discarded", target=draft, data={"rule": str(draft)}, now=now)
    draft.delete()


def read_cases(table: DecisionTable) -> tuple[dict[str, Any], list[Any]]:
    """Return the base and the cases of a table, whatever their state."""
    cases = table.cases if isinstance(table.cases, dict) else {}
    base, rows = cases.get("base"), cases.get("cases")
    return (base if isinstance(base, dict) else {}), (rows if isinstance(rows, list) else [])


def read_values(text: str) -> dict[str, Value]:
    """Read what a case changes, one `input = value` a line: `debt_to_income_bp = 7001`, `housing = RENT`, `score = null`.

    Raises CaseInvalid with the line at fault.
    """
    values: dict[str, Value] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, sign, given = (part.strip() for part in line.partition("="))
        if not sign or name not in TABLE_FIELDS:
            raise CaseInvalid(fields={"change": [_("Not an input: %(line)s") % {"line": line[:80]}]})
        try:
            values[name] = _read_value(given, TABLE_FIELDS[name])
        except ValueError as error:
            raise CaseInvalid(
                fields={"change": [_("Not a value of this input: %(line)s") % {"line": line[:80]}]}
            ) from error
    return values


def _read_value(given: str, field: InputField) -> Value:
    if given == "null":
        return None
    if field.type is InputType.INT:
        return int(given)
    if field.type is InputType.BOOL:
        return {"true": True, "false": False}[given.lower()] if given.lower() in {"true", "false"} else _refuse(given)
    return given.upper() if given.upper() in field.choices else _refuse(given)


def _refuse(given: str) -> Value:
    raise ValueError(given)


def _lock(table_id: int, expected_hash: str, actor: User) -> DecisionTable:
    access_right(actor, rights.EDIT_RULES)
    draft = lock_draft(DecisionTable, table_id)
    assert isinstance(draft, DecisionTable)
    if draft.content_hash != expected_hash:
        raise DraftMoved
    return draft


def _compile(draft: DecisionTable) -> tuple[Champion, Any]:
    card = get_published(Scorecard, draft.code)
    if card is None:
        raise CaseInvalid(fields={"change": [describe_problem("cases", "scorecard_missing", draft.code)]})
    try:
        return read_champion(card.content), compile_table(draft.content, TABLE_REASONS)
    except InvalidRule as error:
        raise CaseInvalid(fields={"change": [describe_problem(*problem) for problem in error.problems[:5]]}) from error
