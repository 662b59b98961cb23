"""A decision table as people edit it: rows and columns of plain texts, and what can be done to them.

The document stays the JDM document of `risk.rules.tables`; a grid is only its two tables. Texts stand in a grid without
the quotes that the document needs, and what an input method for Chinese writes instead of a sign is read as that sign.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any, Final

from risk.rules.inputs import TABLE_FIELDS, InputType
from risk.rules.problems import InvalidRule, Problem
from risk.rules.tables import GRADING, OUTPUTS, POLICY, build_document, find_tables

NOTE: Final = "note"
ROWS_AT_MOST: Final = 200
CELL_AT_MOST: Final = 200
_ROW_PREFIX = {POLICY: "P", GRADING: "G"}
_TEXT_OUTPUTS = frozenset({"action", "reason", "decision", "grade"})
_WORD = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_QUOTED = re.compile(r"'([A-Z0-9_]+)'", re.ASCII)
_SIGNS = str.maketrans({"≥": ">=", "≤": "<=", "≠": "!=", "、": ",", "。": ".", "‘": "'", "’": "'"})


class ChangeKind(StrEnum):
    """What can be done to a grid."""

    SET = "set"
    ADD_ROW = "add_row"
    COPY_ROW = "copy_row"
    REMOVE_ROW = "remove_row"
    MOVE_ROW = "move_row"
    ADD_COLUMN = "add_column"
    REMOVE_COLUMN = "remove_column"
    MOVE_COLUMN = "move_column"


class ChangeRefused(ValueError):
    """A change that does not fit the grid; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of which table, at which row or column; `value` is a cell's text, or `up` or `down`."""

    kind: ChangeKind
    table: str
    row: str = ""
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row: its texts by column, outputs included; a column that is not there is empty."""

    id: str
    cells: Mapping[str, str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class GridTable:
    """One of both tables: the inputs it looks at, in order, and its rows, in order."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[GridRow, ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return what a row says when it fires."""
        return OUTPUTS[self.name]


Grid = Mapping[str, GridTable]


def read_grid(content: Any) -> dict[str, GridTable]:
    """Return the tables of a document, mistakes in cells included. Raises InvalidRule where there are no two tables."""
    problems: list[Problem] = []
    tables = find_tables(content, problems)
    if tables is None:
        raise InvalidRule(problems)
    return {name: _read_table(name, tables[name]) for name in (POLICY, GRADING)}


def _read_table(name: str, node: Mapping[str, Any]) -> GridTable:
    content = node.get("content")
    try:
        assert isinstance(content, dict)
        columns = {str(column["id"]): str(column["field"]) for column in content["inputs"]}
        outputs = {str(column["id"]): str(column["field"]) for column in content["outputs"]}
        rows = []
        for index, cells in enumerate(content["rules"]):
            texts = {field: show_cell(field, str(cells.get(key, ""))) for key, field in (columns | outputs).items()}
            rows.append(GridRow(str(cells.get("_id") or index + 1), texts, str(cells.get("_description") or "")))
    except (AssertionError, AttributeError, KeyError, TypeError) as error:
        raise InvalidRule([Problem(name, "table_shape")]) from error
    return GridTable(name, tuple(columns.values()), tuple(rows))


def write_grid(grid: Grid) -> dict[str, Any]:
    """Return the document of a grid."""
    rows = {
        name: [
            {"_id": row.id, "_description": row.note}
            | {field: take_cell(field, row.cells.get(field, "")) for field in (*table.columns, *table.outputs)}
            for row in table.rows
        ]
        for name, table in grid.items()
    }
    return build_document(grid[POLICY].columns, rows[POLICY], grid[GRADING].columns, rows[GRADING])


def show_cell(field: str, source: str) -> str:
    """Return a cell as people read it: `'RENT', 'OWN'` is `RENT, OWN`."""
    return _QUOTED.sub(r"\1", source) if _holds_text(field) else source


def take_cell(field: str, text: str) -> str:
    """Return a cell as the document holds it: `rent，own` is `'RENT', 'OWN'`, `≥６８０` is `>=680`."""
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS).strip()[:CELL_AT_MOST]
    if not _holds_text(field) or not plain:
        return plain
    return ", ".join(_quote(term.strip()) for term in plain.split(","))


def _quote(term: str) -> str:
    return f"'{term.upper()}'" if _WORD.fullmatch(term) and term != "null" else term


def _holds_text(field: str) -> bool:
    return field in _TEXT_OUTPUTS or (field in TABLE_FIELDS and TABLE_FIELDS[field].type is InputType.TEXT)


def change_grid(grid: Grid, changes: Iterable[Change]) -> dict[str, GridTable]:
    """Return the grid after all changes. Raises ChangeRefused and then none has been made."""
    changed = dict(grid)
    for change in changes:
        if change.table not in changed:
            raise ChangeRefused("no_such_table")
        changed[change.table] = _change_table(changed[change.table], change)
    return changed


def _change_table(table: GridTable, change: Change) -> GridTable:
    if change.kind in {ChangeKind.ADD_COLUMN, ChangeKind.REMOVE_COLUMN, ChangeKind.MOVE_COLUMN}:
        return _change_columns(table, change)
    if change.kind is ChangeKind.ADD_ROW:
        after = _index_of(table, change.row) if change.row else -1
        return _insert(table, after + 1, GridRow(_next_id(table), {}))
    index = _index_of(table, change.row)
    row = table.rows[index]
    if change.kind is ChangeKind.SET:
        return replace(table, rows=(*table.rows[:index], _set(table, row, change), *table.rows[index + 1 :]))
    if change.kind is ChangeKind.COPY_ROW:
        return _insert(table, index + 1, replace(row, id=_next_id(table)))
    without = (*table.rows[:index], *table.rows[index + 1 :])
    if change.kind is ChangeKind.REMOVE_ROW:
        return replace(table, rows=without)
    place = _moved(index, change.value, len(table.rows))
    return replace(table, rows=(*without[:place], row, *without[place:]))


def _set(table: GridTable, row: GridRow, change: Change) -> GridRow:
    text = change.value.strip()[:CELL_AT_MOST]
    if change.column == NOTE:
        return replace(row, note=text)
    if change.column not in (*table.columns, *table.outputs):
        raise ChangeRefused("no_such_column")
    shown = show_cell(change.column, take_cell(change.column, text))
    return replace(row, cells={**row.cells, change.column: shown})


def _change_columns(table: GridTable, change: Change) -> GridTable:
    columns = table.columns
    if change.kind is ChangeKind.ADD_COLUMN:
        if change.column not in TABLE_FIELDS:
            raise ChangeRefused("no_such_input")
        if change.column in columns:
            raise ChangeRefused("column_twice")
        return replace(table, columns=(*columns, change.column))
    if change.column not in columns:
        raise ChangeRefused("no_such_column")
    index = columns.index(change.column)
    without = (*columns[:index], *columns[index + 1 :])
    if change.kind is ChangeKind.REMOVE_COLUMN:
        rows = tuple(
            replace(row, cells={field: text for field, text in row.cells.items() if field != change.column})
            for row in table.rows
        )
        return replace(table, columns=without, rows=rows)
    place = _moved(index, change.value, len(columns))
    return replace(table, columns=(*without[:place], change.column, *without[place:]))


def _moved(index: int, direction: str, count: int) -> int:
    if direction not in {"up", "down"}:
        raise ChangeRefused("no_such_direction")
    return min(max(index + (-1 if direction == "up" else 1), 0), count - 1)


def _index_of(table: GridTable, row_id: str) -> int:
    for index, row in enumerate(table.rows):
        if row.id == row_id:
            return index
    raise ChangeRefused("no_such_row")


def _insert(table: GridTable, place: int, row: GridRow) -> GridTable:
    if len(table.rows) >= ROWS_AT_MOST:
        raise ChangeRefused("too_many_rows")
    return replace(table, rows=(*table.rows[:place], row, *table.rows[place:]))


def _next_id(table: GridTable) -> str:
    prefix = _ROW_PREFIX[table.name]
    numbers = [int(row.id[1:]) for row in table.rows if row.id[:1] == prefix and row.id[1:].isdecimal()]
    return f"{prefix}{max(numbers, default=0) + 1}"


class RowState(StrEnum):
    """What became of a row between two versions."""

    SAME = "SAME"
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"
    MOVED = "MOVED"


@dataclass(frozen=True, slots=True)
class RowDiff:
    """One row in both versions; `changed` names the columns that differ."""

    id: str
    state: RowState
    before: GridRow | None
    after: GridRow | None
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class TableDiff:
    """One table in both versions: the columns of both, those that came and went, and every row."""

    name: str
    columns: tuple[str, ...]
    added_columns: frozenset[str]
    removed_columns: frozenset[str]
    rows: tuple[RowDiff, ...]

    @property
    def has_changes(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.added_columns or self.removed_columns) or any(
            row.state is not RowState.SAME for row in self.rows
        )


def diff_grids(before: Grid, after: Grid) -> list[TableDiff]:
    """Return what differs; rows are the same row where they have the same id."""
    return [_diff_tables(before[name], after[name]) for name in (POLICY, GRADING)]


def _diff_tables(before: GridTable, after: GridTable) -> TableDiff:
    columns = tuple(dict.fromkeys((*after.columns, *before.columns)))
    old = {row.id: row for row in before.rows}
    new = {row.id: row for row in after.rows}
    kept_old = [row.id for row in before.rows if row.id in new]
    kept_new = [row.id for row in after.rows if row.id in old]
    matcher = SequenceMatcher(None, kept_old, kept_new, autojunk=False)
    in_place = {kept_old[block.a + step] for block in matcher.get_matching_blocks() for step in range(block.size)}
    fields = (*columns, *after.outputs)
    rows = [_diff_row(row_id, old.get(row_id), new[row_id], fields, row_id in in_place) for row_id in new]
    rows += [
        RowDiff(row_id, RowState.REMOVED, row, None, frozenset()) for row_id, row in old.items() if row_id not in new
    ]
    return TableDiff(
        after.name,
        columns,
        frozenset(after.columns) - frozenset(before.columns),
        frozenset(before.columns) - frozenset(after.columns),
        tuple(rows),
    )


def _diff_row(row_id: str, old: GridRow | None, new: GridRow, fields: Sequence[str], is_in_place: bool) -> RowDiff:
    if old is None:
        return RowDiff(row_id, RowState.ADDED, None, new, frozenset())
    changed = frozenset(field for field in fields if old.cells.get(field, "") != new.cells.get(field, ""))
    if changed:
        return RowDiff(row_id, RowState.CHANGED, old, new, changed)
    return RowDiff(row_id, RowState.SAME if is_in_place else RowState.MOVED, old, new, changed)
