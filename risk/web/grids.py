"""A decision table as the page shows it: cells with their mistakes, suggestions and what they mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.sentences import join_parts
from risk.models.decisions import Outcome
from risk.queries.tables import TableCheck
from risk.reasons import TABLE_REASONS, describe_problem, staff_sentence
from risk.rules.grid import Grid, GridRow, GridTable
from risk.rules.inputs import TABLE_FIELDS, InputType
from risk.rules.problems import Problem
from risk.rules.tables import GRADES, GRADING, POLICY
from risk.web import words

TITLES = {
    POLICY: (_("Policy"), _("Every row that fires counts; the strictest word wins.")),
    GRADING: (_("Grading"), _("The first row that fires gives the grade and the part of the amount.")),
}
OUTPUT_NAMES = {
    "action": _("Says"),
    "decision": _("Says"),
    "grade": _("Grade"),
    "reason": _("Reason"),
    "amount_bp": _("Part of the amount"),
}
_UNITS = {"_bp": _("1/100 %"), "_fen": _("fen")}


@dataclass(frozen=True)
class ColumnView:
    """A head: the field, its name, its unit, and which suggestions its cells get."""

    field: str
    name: str
    unit: str
    is_output: bool
    suggestions: list[tuple[str, str]]


@dataclass(frozen=True)
class CellView:
    """One cell: where it stands, its text, what it means in words, what is wrong with it."""

    at: str
    field: str
    label: str
    text: str
    said: str
    problem: str


@dataclass(frozen=True)
class RowView:
    """One row; `coverage` is the number of cases that cover it, None while cases cannot run."""

    id: str
    place: str
    cells: list[CellView]
    outputs: list[CellView]
    note: str
    coverage: int | None
    problem: str

    @property
    def conditions(self) -> list[CellView]:
        """Return the cells that say something."""
        return [cell for cell in self.cells if cell.text]


@dataclass(frozen=True)
class TableView:
    """One of both tables."""

    name: str
    title: str
    hint: str
    columns: list[ColumnView]
    outputs: list[ColumnView]
    rows: list[RowView]
    free_inputs: list[tuple[str, str]]
    problem: str = ""
    width: int = field(default=0)


def show_grid(grid: Grid, check: TableCheck) -> list[TableView]:
    """Return both tables."""
    problems = place_problems(check.problems, grid)
    coverage = check.coverage if check.results else None
    return [_show_table(table, problems, coverage) for table in grid.values()]


def place_problems(problems: Iterable[Problem], grid: Grid) -> dict[str, str]:
    """Return the mistakes by the cell, row or table where they stand; what stands nowhere is under the empty place."""
    places = {table.name for table in grid.values()}
    for table in grid.values():
        for row in table.rows:
            place = f"{table.name}/{row.id}"
            places |= {place, *(f"{place}/{name}" for name in (*table.columns, *table.outputs))}
    found: dict[str, list[str]] = {}
    for problem in problems:
        is_placed = problem.place in places
        text = describe_problem(*problem)
        # The cell shows where it stands and what stands in it.
        sentence = text.removeprefix(f"{problem.place}: ") if is_placed else text
        found.setdefault(problem.place if is_placed else "", []).append(sentence)
    return {place: join_parts(sentences) for place, sentences in found.items()}


def _show_table(table: GridTable, problems: Mapping[str, str], coverage: Mapping[str, int] | None) -> TableView:
    title, hint = TITLES[table.name]
    columns = [_show_column(name, table, is_output=False) for name in table.columns]
    outputs = [_show_column(name, table, is_output=True) for name in table.outputs]
    free = [(name, words.name_of(name)) for name in TABLE_FIELDS if name not in table.columns]
    return TableView(
        name=table.name,
        title=str(title),
        hint=str(hint),
        columns=columns,
        outputs=outputs,
        rows=[_show_row(table, row, columns, outputs, problems, coverage) for row in table.rows],
        free_inputs=sorted(free, key=lambda pair: pair[1]),
        problem=problems.get(table.name, ""),
        width=len(columns) + len(outputs) + 3,
    )


def _show_column(name: str, table: GridTable, *, is_output: bool) -> ColumnView:
    unit = next((str(unit) for suffix, unit in _UNITS.items() if name.endswith(suffix)), "")
    label = str(OUTPUT_NAMES[name]) if is_output else words.name_of(name)
    return ColumnView(name, label, unit, is_output, list_suggestions(name, table))


def list_suggestions(name: str, table: GridTable) -> list[tuple[str, str]]:
    """Return what can stand in a column's cells, with its meaning: the closed list where there is one."""
    if name in {"action", "decision"}:
        allowed = [one for one in Outcome if name == "decision" or one is not Outcome.APPROVE]
        return [(one.value, str(one.label)) for one in allowed]
    if name == "reason":
        return [(code, str(reason.staff)) for code, reason in TABLE_REASONS.items()]
    if name == "grade":
        return [(grade, "") for grade in GRADES]
    if name == "amount_bp":
        return [("10000", "100%"), ("8000", "80%"), ("5000", "50%"), ("0", "0%")]
    known = TABLE_FIELDS.get(name)
    if known is None:
        return []
    missing = [("null", gettext("missing"))] if known.is_nullable else []
    if known.type is InputType.BOOL:
        return [("true", gettext("yes")), ("false", gettext("no")), *missing]
    if known.type is InputType.TEXT:
        return [(choice, words.value_of(name, choice)) for choice in sorted(known.choices)] + missing
    texts = dict.fromkeys(row.cells.get(name, "") for row in table.rows)
    return [(text, "") for text in texts if text and text != "null"] + missing


def _show_row(
    table: GridTable,
    row: GridRow,
    columns: list[ColumnView],
    outputs: list[ColumnView],
    problems: Mapping[str, str],
    coverage: Mapping[str, int] | None,
) -> RowView:
    place = f"{table.name}/{row.id}"

    def show(column: ColumnView) -> CellView:
        text = row.cells.get(column.field, "")
        at = f"{place}/{column.field}"
        said = say_output(column.field, text) if column.is_output else ""
        return CellView(at, column.field, f"{row.id} {column.name}", text, said, problems.get(at, ""))

    return RowView(
        id=row.id,
        place=place,
        cells=[show(column) for column in columns],
        outputs=[show(column) for column in outputs],
        note=row.note,
        coverage=None if coverage is None else coverage.get(place, 0),
        problem=problems.get(place, ""),
    )


def say_output(name: str, text: str) -> str:
    """Return what an output cell means to people."""
    if name in {"action", "decision"}:
        return str(Outcome(text).label) if text in Outcome.values else ""
    if name == "reason":
        return staff_sentence(text) if text in TABLE_REASONS else ""
    if name == "amount_bp" and text.isdecimal():
        return f"{int(text) / 100:g}%"
    return ""


def say_change(change: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a case changes, in words."""
    return [(words.name_of(name), words.value_of(name, value)) for name, value in change.items()]
