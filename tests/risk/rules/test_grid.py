"""A decision table as people edit it."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.reasons import TABLE_REASONS
from risk.rules import standard
from risk.rules.cases import check_cases, run_cases, suggest_change
from risk.rules.grid import (
    Change,
    ChangeKind,
    ChangeRefused,
    RowState,
    change_grid,
    diff_grids,
    read_grid,
    take_cell,
    write_grid,
)
from risk.rules.problems import InvalidRule
from risk.rules.scorecard import Scorecard
from risk.rules.tables import compile_table, lint_table

GRID = read_grid(standard.DOCUMENT)
K = ChangeKind


def ids(grid: Any, table: str = "policy") -> list[str]:
    return [row.id for row in grid[table].rows]


def change(kind: ChangeKind, row: str = "", column: str = "", value: str = "", table: str = "policy") -> Any:
    return change_grid(GRID, [Change(kind, table, row, column, value)])


def test_a_document_and_its_grid_say_the_same() -> None:
    assert write_grid(GRID) == standard.DOCUMENT
    assert GRID["policy"].rows[0].cells["action"] == "DECLINE"


@given(
    st.lists(
        st.tuples(st.sampled_from(["score", "housing", "is_blacklisted", "amount_fen"]), st.text(max_size=12)),
        max_size=6,
    )
)
def test_whatever_is_typed_comes_back_as_it_was_taken(typed: list[tuple[str, str]]) -> None:
    changes = [Change(K.ADD_COLUMN, "policy", column=name) for name in ("score", "housing")]
    changes += [Change(K.SET, "policy", "P1", column, text) for column, text in typed]
    written = write_grid(change_grid(GRID, changes))
    assert write_grid(read_grid(written)) == written


@pytest.mark.parametrize(
    ("field", "typed", "taken"),
    [
        ("score", "＞＝６８０", ">=680"),
        ("score", "≥ 680", ">= 680"),
        ("score", "[630..680）", "[630..680)"),
        ("housing", "rent，own", "'RENT', 'OWN'"),
        ("housing", "null, RENT", "null, 'RENT'"),
        ("decision", "approve", "'APPROVE'"),
        ("reason", "'SCORE_A'", "'SCORE_A'"),
        ("is_blacklisted", " true ", "true"),
    ],
)
def test_cells_are_read_as_they_were_meant(field: str, typed: str, taken: str) -> None:
    assert take_cell(field, typed) == taken


def test_rows_come_go_and_move() -> None:
    assert ids(change(K.ADD_ROW, "P2"))[:4] == ["P1", "P2", "P12", "P3"]
    assert ids(change(K.ADD_ROW))[:2] == ["P12", "P1"]
    assert ids(change(K.REMOVE_ROW, "P2"))[:2] == ["P1", "P3"]
    assert ids(change(K.MOVE_ROW, "P2", value="up"))[:2] == ["P2", "P1"]
    assert ids(change(K.MOVE_ROW, "P1", value="up")) == ids(GRID)
    copied = change(K.COPY_ROW, "P4")["policy"].rows[4]
    assert (copied.id, copied.cells) == ("P12", GRID["policy"].rows[3].cells)


def test_columns_come_go_and_move() -> None:
    assert change(K.ADD_COLUMN, column="purpose")["policy"].columns[-1] == "purpose"
    assert change(K.MOVE_COLUMN, column="is_overdue_now", value="up")["policy"].columns[0] == "is_overdue_now"
    without = change(K.REMOVE_COLUMN, column="is_blacklisted")
    assert "is_blacklisted" not in without["policy"].columns
    assert {problem.code for problem in lint_table(write_grid(without), TABLE_REASONS)} == {"row_always_fires"}


@pytest.mark.parametrize(
    "bad",
    [
        Change(K.SET, "policy", "P99", "score", "1"),
        Change(K.SET, "policy", "P1", "score", "1"),
        Change(K.SET, "tables", "P1", "score", "1"),
        Change(K.ADD_COLUMN, "policy", column="sex"),
        Change(K.ADD_COLUMN, "policy", column="amount_fen"),
        Change(K.REMOVE_COLUMN, "policy", column="score"),
        Change(K.MOVE_ROW, "policy", "P1", value="left"),
    ],
)
def test_what_does_not_fit_is_refused(bad: Change) -> None:
    with pytest.raises(ChangeRefused):
        change_grid(GRID, [Change(K.REMOVE_ROW, "policy", "P2"), bad])


def test_a_table_has_an_end() -> None:
    with pytest.raises(ChangeRefused, match="too_many_rows"):
        change_grid(GRID, [Change(K.ADD_ROW, "policy")] * 200)


@pytest.mark.parametrize("part", ["inputs", "outputs", "rules"])
def test_a_document_that_is_no_table_is_refused(part: str) -> None:
    content = copy.deepcopy(standard.DOCUMENT)
    policy = next(node for node in content["nodes"] if node["name"] == "policy")
    policy["content"][part] = [1]
    with pytest.raises(InvalidRule):
        read_grid(content)
    with pytest.raises(InvalidRule):
        read_grid({"nodes": []})


def test_a_diff_names_what_changed_moved_came_and_went() -> None:
    after = change_grid(
        GRID,
        [
            Change(K.SET, "policy", "P4", "max_dpd_24_months", "> 60"),
            Change(K.REMOVE_ROW, "policy", "P9"),
            Change(K.ADD_ROW, "policy", "P1"),
            Change(K.MOVE_ROW, "policy", "P7", value="down"),
            Change(K.ADD_COLUMN, "policy", column="purpose"),
        ],
    )
    policy, grading = diff_grids(GRID, after)
    states = {row.id: row.state for row in policy.rows}
    assert (states["P4"], states["P9"], states["P12"]) == (RowState.CHANGED, RowState.REMOVED, RowState.ADDED)
    assert [states["P7"], states["P8"]].count(RowState.MOVED) == 1
    assert states["P1"] is RowState.SAME
    assert next(row for row in policy.rows if row.id == "P4").changed == {"max_dpd_24_months"}
    assert policy.added_columns == {"purpose"} and policy.has_changes and not grading.has_changes
    assert not any(diff.has_changes for diff in diff_grids(GRID, {**GRID, "policy": replace(GRID["policy"])}))


def test_every_row_of_the_standard_table_gets_a_case_of_its_own() -> None:
    card, table = Scorecard(standard.SCORECARD), compile_table(standard.DOCUMENT, TABLE_REASONS)
    base = standard.CASES["base"]
    cases = [{"name": row.place, "fires": row.place, "change": suggest_change(row, base)} for row in table.list_rows()]
    results = run_cases(card, table, {"base": base, "cases": cases})
    assert results is not None
    # The closing row has no condition to aim at.
    assert [result.fires for result in results if not result.is_covering] == ["grading/G6"]
    assert suggest_change(table.policy[3], base) == {"max_dpd_24_months": 91}
    assert check_cases(card, table, standard.CASES) == []
