"""Decision tables in the browser: the versions, one version with its cases, what differs between two."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.web.reading import read_number
from risk.models import DecisionTable, RuleState
from risk.models.decisions import Outcome
from risk.operations.configuration import PUBLISH
from risk.operations.tables import read_cases
from risk.queries.tables import (
    TableCheck,
    access_table,
    check_table,
    get_pending_approval,
    list_steps_around,
    list_tables,
)
from risk.reasons import describe_problem, staff_sentence
from risk.rules.cases import CaseResult
from risk.rules.grid import RowState, diff_grids, read_grid
from risk.rules.problems import InvalidRule
from risk.web import grids, words
from risk.web.sections import list_sections
from risk.web.trials import list_trials_of
from staff import rights
from staff.pages import StaffPage

STATE_TONES = {RuleState.DRAFT: "warn", RuleState.PUBLISHED: "good", RuleState.RETIRED: "plain"}
_ROW_TONES = {RowState.ADDED: "good", RowState.REMOVED: "late", RowState.CHANGED: "warn", RowState.MOVED: "info"}
_OUTCOME_TONES = {"APPROVE": "good", "REFER": "warn", "DECLINE": "late"}


def address_of(table: DecisionTable) -> str:
    """Return the address of a version."""
    return reverse("risk:table", args=[table.code, table.version])


class TableListPage(StaffPage):
    """All versions of all decision tables."""

    right = rights.VIEW_RULES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        tables = list(list_tables(request.user))  # type: ignore[arg-type]
        rows = [
            {"table": table, "tone": STATE_TONES[RuleState(table.state)], "url": address_of(table)} for table in tables
        ]
        context = {"rows": rows, "sections": list_sections(self.access, "risk:tables")}
        return render(request, "risk/tables.html", context)


class TablePage(StaffPage):
    """One version: its two tables, its cases, how it came into force."""

    right = rights.VIEW_RULES

    def get(self, request: HttpRequest, code: str, version: int) -> HttpResponse:
        """Show the page."""
        table = access_table(request.user, code, version)  # type: ignore[arg-type]
        return render(request, "risk/table.html", self.describe(request, table))

    def describe(self, request: HttpRequest, table: DecisionTable) -> dict[str, Any]:
        """Return what the page shows."""
        check = check_table(table)
        pending = get_pending_approval(PUBLISH, table)
        steps = list_steps_around(table)
        can_edit = table.is_draft and pending is None and self.access.has(rights.EDIT_RULES)
        return {
            "table": table,
            "tone": STATE_TONES[RuleState(table.state)],
            "url": address_of(table),
            "can_edit": can_edit,
            "can_undo": table.step - 1 in steps,
            "can_redo": table.step + 1 in steps,
            "edit_refusal": self.why_not_edit(table, pending is not None),
            "decide_refusal": self.why_not_decide(request, pending),
            "pending": pending,
            "trials": list_trials_of(table, can_try=self.access.has(rights.EDIT_RULES)),
            "check": check,
            "state_text": say_state(check),
            **show_tables(table, check),
            "cases": [_show_case(result, table) for result in check.results],
            "inputs": [(name, words.name_of(name)) for name in words.FACTOR_NAMES],
            "outcomes": Outcome.choices,
            "others": [one for one in list_tables(request.user).filter(code=table.code) if one.pk != table.pk],  # type: ignore[arg-type]
        }

    def why_not_edit(self, table: DecisionTable, is_pending: bool) -> str:
        """Return why the reader cannot change this version; empty where he can, or where it is no draft."""
        if not self.access.has(rights.EDIT_RULES):
            return _("Your role does not edit rules.")
        return _("This draft waits for approval and cannot change meanwhile.") if is_pending else ""

    def why_not_decide(self, request: HttpRequest, pending: Any) -> str:
        """Return why the reader cannot decide on the submitted draft; empty where he can."""
        if not self.access.has(rights.APPROVE_CONFIGURATION):
            return _("Your role does not put rules in force.")
        if pending is not None and pending.maker_id == request.user.pk:
            return _("You submitted this draft yourself, so another person has to decide.")
        return ""


class TableComparePage(StaffPage):
    """What differs between two versions of a table."""

    right = rights.VIEW_RULES

    def get(self, request: HttpRequest, code: str, version: int) -> HttpResponse:
        """Show both versions in one."""
        table = access_table(request.user, code, version)  # type: ignore[arg-type]
        versions = list(list_tables(request.user).filter(code=code))  # type: ignore[arg-type]
        asked = read_number(request.GET.get("with", ""))
        before = asked or next((one.version for one in versions if one.version < version), None)
        if before is None:
            raise NotFound
        other = access_table(request.user, code, before)  # type: ignore[arg-type]
        try:
            diffs = diff_grids(read_grid(other.content), read_grid(table.content))
        except InvalidRule:
            diffs = []
        old_cases, new_cases = (read_cases(one)[1] for one in (other, table))
        context = {
            "table": table,
            "other": other,
            "url": address_of(table),
            "versions": [one for one in versions if one.pk != table.pk],
            "diffs": [_show_diff(diff) for diff in diffs],
            "has_changes": any(diff.has_changes for diff in diffs),
            "added_cases": [case for case in new_cases if case not in old_cases],
            "removed_cases": [case for case in old_cases if case not in new_cases],
        }
        return render(request, "risk/table_compare.html", context)


def show_tables(table: DecisionTable, check: TableCheck) -> dict[str, Any]:
    """Return both tables for the page, and the mistakes that stand at no cell of them."""
    try:
        grid = read_grid(table.content)
    except InvalidRule as error:
        return {"tables": [], "loose_problems": [describe_problem(*problem) for problem in error.problems]}
    loose = grids.place_problems(check.problems, grid).get("", "")
    return {"tables": grids.show_grid(grid, check), "loose_problems": loose.split("; ") if loose else []}


def say_state(check: TableCheck) -> str:
    """Return in one sentence how ready a table is."""
    if not check.results:
        return _("%(n)s mistakes; the test cases run when there are none.") % {"n": len(check.problems)}
    uncovered = sum(1 for problem in check.problems if problem.code == "row_without_case")
    values = {"n": len(check.results), "failed": check.failed_count, "rows": uncovered}
    if not check.problems:
        return _("All %(n)s test cases pass and every row has one.") % values
    return _("%(n)s test cases, %(failed)s fail; %(rows)s rows have none.") % values


def _show_case(result: CaseResult, table: DecisionTable) -> dict[str, Any]:
    case = read_cases(table)[1][result.index]
    change, expect = (_read_part(case, name) for name in ("change", "expect"))
    verdict = result.verdict
    return {
        "index": result.index,
        "name": result.name,
        "fires": result.fires,
        "is_passed": not result.problems,
        "problems": [describe_problem(*problem).partition(": ")[2] for problem in result.problems],
        "said": grids.say_change(change),
        "lines": "\n".join(f"{name} = {_write_value(value)}" for name, value in change.items()),
        "expect": expect,
        "expected_reasons": " ".join(expect.get("reasons", [])),
        "outcome": str(Outcome(verdict.outcome.value).label) if verdict else "",
        "tone": _OUTCOME_TONES[verdict.outcome.value] if verdict else "plain",
        "fired": [(row.place, staff_sentence(row.reason)) for row in verdict.fired] if verdict else [],
        "score": verdict.score.value if verdict and verdict.score else None,
    }


def _read_part(case: Any, name: str) -> dict[str, Any]:
    part = case.get(name) if isinstance(case, dict) else None
    return part if isinstance(part, dict) else {}


def _write_value(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _show_diff(diff: Any) -> dict[str, Any]:
    title, _hint = grids.TITLES[diff.name]
    outputs = [name for name in grids.OUTPUT_NAMES if any(name in (row.after or row.before).cells for row in diff.rows)]
    names = [*diff.columns, *outputs]
    return {
        "title": title,
        "columns": [
            {
                "name": str(grids.OUTPUT_NAMES.get(name) or words.name_of(name)),
                "tone": "good" if name in diff.added_columns else "late" if name in diff.removed_columns else "",
            }
            for name in names
        ],
        "rows": [
            {
                "id": row.id,
                "state": row.state,
                "word": _row_word(row.state),
                "tone": _ROW_TONES.get(row.state, "plain"),
                "cells": [
                    {
                        "before": row.before.cells.get(name, "") if row.before else "",
                        "after": row.after.cells.get(name, "") if row.after else "",
                        "is_changed": name in row.changed,
                    }
                    for name in names
                ],
            }
            for row in diff.rows
        ],
    }


def _row_word(state: RowState) -> str:
    return {
        RowState.SAME: "",
        RowState.ADDED: _("added"),
        RowState.REMOVED: _("removed"),
        RowState.CHANGED: _("changed"),
        RowState.MOVED: _("moved"),
    }[state]
