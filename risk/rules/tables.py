"""Decision tables as zen JDM documents: reading and linting them.

A document has exactly this shape, or it is refused: one input node, a table `policy` (hit policy `collect`: every row
that fires counts, each with `action` and `reason`), a table `grading` (hit policy `first`: `decision`, `grade`,
`reason`, `amount_bp`), one output node, each table joined to both. Such a document also runs in the engine as a
whole, which the tests use as the second opinion; here the tables are walked cell by cell, because the engine passes
over a row that it cannot evaluate and a skipped refusal is an approval.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from risk.rules.cells import NULL, Condition, InvalidCell, read_number, read_text
from risk.rules.inputs import TABLE_FIELDS
from risk.rules.problems import InvalidRule, Problem

POLICY: Final = "policy"
GRADING: Final = "grading"
GRADES: Final = ("A", "B", "C", "D", "E")
FULL_AMOUNT_BP: Final = 10_000
_HIT_POLICY = {POLICY: "collect", GRADING: "first"}
OUTPUTS: Final = {POLICY: ("action", "reason"), GRADING: ("decision", "grade", "reason", "amount_bp")}


class Outcome(StrEnum):
    """What a decision comes to."""

    APPROVE = "APPROVE"
    REFER = "REFER"
    DECLINE = "DECLINE"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its conditions by column (empty cells left out) and what it says when it fires."""

    table: str
    id: str
    conditions: tuple[Condition, ...]
    outcome: Outcome
    reason: str
    grade: str = ""
    amount_bp: int = 0

    @property
    def place(self) -> str:
        """Return where the row stands, such as `policy/P3`."""
        return f"{self.table}/{self.id}"


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """Both tables made ready."""

    policy: tuple[Row, ...]
    grading: tuple[Row, ...]

    def list_rows(self) -> list[Row]:
        """Return all rows in order."""
        return [*self.policy, *self.grading]


def compile_table(content: Any, known_reasons: Collection[str]) -> DecisionTable:
    """Return the tables of a document. Raises InvalidRule with everything that is wrong."""
    reader = _Reader(known_reasons)
    table = reader.read(content)
    if reader.problems or table is None:
        raise InvalidRule(reader.problems)
    return table


def lint_table(content: Any, known_reasons: Collection[str]) -> list[Problem]:
    """Return everything that is wrong with a document; nothing means that it can be used."""
    try:
        compile_table(content, known_reasons)
    except InvalidRule as error:
        return list(error.problems)
    return []


def find_tables(content: Any, problems: list[Problem]) -> dict[str, dict[str, Any]] | None:
    """Return both tables of a document that is input -> both tables -> output and nothing else; else say what is wrong."""
    nodes = _read_dicts(content, "nodes")
    edges = _read_dicts(content, "edges")
    names = [node.get("id") for node in nodes or ()]
    names += [edge.get(end) for edge in edges or () for end in ("sourceId", "targetId")]
    if nodes is None or edges is None or not all(isinstance(name, str) for name in names):
        problems.append(Problem("document", "document_shape"))
        return None
    by_id = {node.get("id"): node for node in nodes}
    types = sorted(str(node.get("type")) for node in nodes)
    if types != ["decisionTableNode", "decisionTableNode", "inputNode", "outputNode"] or len(by_id) != 4:
        problems.append(Problem("document", "nodes_not_allowed", ", ".join(types)))
        return None
    tables = {str(node.get("name")): node for node in nodes if node["type"] == "decisionTableNode"}
    if tables.keys() != _HIT_POLICY.keys():
        problems.append(Problem("document", "tables_missing", ", ".join(sorted(tables))))
        return None
    start = next(node["id"] for node in nodes if node["type"] == "inputNode")
    end = next(node["id"] for node in nodes if node["type"] == "outputNode")
    wanted = {pair for node in tables.values() for pair in ((start, node["id"]), (node["id"], end))}
    if {(edge.get("sourceId"), edge.get("targetId")) for edge in edges} != wanted:
        problems.append(Problem("document", "tables_not_connected"))
        return None
    return tables


def build_document(
    policy_inputs: Sequence[str],
    policy_rows: Sequence[Mapping[str, str]],
    grading_inputs: Sequence[str],
    grading_rows: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """Return a zen JDM document of both tables; rows name columns by field."""
    tables = [
        _build_table(POLICY, policy_inputs, policy_rows, 0),
        _build_table(GRADING, grading_inputs, grading_rows, 200),
    ]
    start = {"id": "start", "type": "inputNode", "name": "start", "position": {"x": 0, "y": 100}}
    end = {"id": "end", "type": "outputNode", "name": "end", "position": {"x": 800, "y": 100}}
    pairs = [pair for table in (POLICY, GRADING) for pair in (("start", table), (table, "end"))]
    edges = [{"id": f"{a}-{b}", "type": "edge", "sourceId": a, "targetId": b} for a, b in pairs]
    return {"nodes": [start, *tables, end], "edges": edges}


def _build_table(name: str, inputs: Sequence[str], rows: Sequence[Mapping[str, str]], top: int) -> dict[str, Any]:
    columns = [{"id": field, "name": field, "field": field} for field in inputs]
    outputs = [{"id": field, "name": field, "field": field} for field in OUTPUTS[name]]
    rules = []
    for row in rows:
        said = {"_description": row["_description"]} if row.get("_description") else {}
        rules.append({"_id": row["_id"]} | said | {field: row.get(field, "") for field in (*inputs, *OUTPUTS[name])})
    return {
        "id": name,
        "type": "decisionTableNode",
        "name": name,
        "position": {"x": 400, "y": top},
        "content": {
            "hitPolicy": _HIT_POLICY[name],
            "outputPath": name,
            "inputs": columns,
            "outputs": outputs,
            "rules": rules,
        },
    }


class _Reader:
    """Reads one document and gathers all problems instead of stopping at the first."""

    def __init__(self, known_reasons: Collection[str]) -> None:
        self._known_reasons = known_reasons
        self.problems: list[Problem] = []

    def read(self, content: Any) -> DecisionTable | None:
        tables = find_tables(content, self.problems)
        if tables is None:
            return None
        rows = {name: tuple(self._read_rows(name, node)) for name, node in tables.items()}
        if self.problems:
            return None
        self._check_catch_all(rows[GRADING])
        self._check_missing_values(rows)
        return DecisionTable(rows[POLICY], rows[GRADING])

    def _add(self, place: str, code: str, detail: object = "") -> None:
        self.problems.append(Problem(place, code, str(detail)))

    def _read_rows(self, name: str, node: Mapping[str, Any]) -> Iterator[Row]:
        content = node.get("content")
        parts = [_read_dicts(content, part) for part in ("inputs", "outputs", "rules")]
        if not isinstance(content, dict) or None in parts:
            self._add(name, "table_shape")
            return
        before = len(self.problems)
        if content.get("hitPolicy") != _HIT_POLICY[name] or content.get("outputPath") != name:
            self._add(name, "hit_policy", f"{_HIT_POLICY[name]} → {name}")
        columns = {str(column.get("id")): str(column.get("field")) for column in content["inputs"]}
        outputs = {str(column.get("field")): str(column.get("id")) for column in content["outputs"]}
        for field in set(columns.values()) - TABLE_FIELDS.keys():
            self._add(name, "unknown_input", field)
        if len(set(columns.values())) != len(content["inputs"]):
            self._add(name, "column_twice")
        if outputs.keys() != set(OUTPUTS[name]) or len(content["outputs"]) != len(OUTPUTS[name]):
            self._add(name, "outputs_missing", ", ".join(OUTPUTS[name]))
        if len(self.problems) > before:
            return
        if not content["rules"]:
            self._add(name, "table_empty")
        seen: set[str] = set()
        for index, cells in enumerate(content["rules"]):
            row_id = str(cells.get("_id") or "")
            place = f"{name}/{row_id or index + 1}"
            if not row_id or row_id in seen:
                self._add(place, "row_id_missing")
            seen.add(row_id)
            row = self._read_row(name, row_id, place, cells, columns, outputs)
            if row is not None:
                yield row

    def _read_row(
        self,
        table: str,
        row_id: str,
        place: str,
        cells: Mapping[str, Any],
        columns: Mapping[str, str],
        outputs: Mapping[str, str],
    ) -> Row | None:
        known = {*columns, *outputs.values(), "_id", "_description"}
        for stray in sorted(cells.keys() - known):
            self._add(place, "cell_without_column", stray)
        for column in sorted(known & cells.keys()):
            # A number 0 would count as an empty cell and widen the row.
            if not isinstance(cells[column], str):
                self._add(f"{place}/{column}", "cell_syntax", cells[column])
                return None
        sources = {field: cells.get(column, "").strip() for column, field in columns.items()}
        conditions = []
        for field, source in sources.items():
            try:
                if source:
                    conditions.append(Condition(source, TABLE_FIELDS[field]))
            except InvalidCell as error:
                self._add(f"{place}/{field}", error.code, source)
        if table == POLICY and not any(sources.values()):
            self._add(place, "row_always_fires")
        said = {field: cells.get(column, "") for field, column in outputs.items()}
        row = self._read_outputs(table, row_id, place, tuple(conditions), said)
        may_refer = row is not None and table == POLICY and row.outcome is Outcome.REFER
        # Who consents must not be worse off by a rule alone than who does not.
        if any(condition.field.needs_consent for condition in conditions) and not may_refer:
            self._add(place, "consented_only_refers")
        return row

    def _read_outputs(
        self, table: str, row_id: str, place: str, conditions: tuple[Condition, ...], said: Mapping[str, str]
    ) -> Row | None:
        field = ""
        try:
            field = "action" if table == POLICY else "decision"
            outcome = Outcome(read_text(said[field]))
            field = "reason"
            reason = read_text(said[field])
            if reason not in self._known_reasons:
                raise InvalidCell("unknown_reason")
            if table == POLICY:
                if outcome is Outcome.APPROVE:
                    self._add(place, "policy_approves")
                return Row(table, row_id, conditions, outcome, reason)
            field = "grade"
            grade = read_text(said[field])
            if grade not in GRADES:
                raise InvalidCell("unknown_grade")
            field = "amount_bp"
            amount_bp = read_number(said[field])
            if not 0 <= amount_bp <= FULL_AMOUNT_BP or (outcome is Outcome.APPROVE and amount_bp == 0):
                raise InvalidCell("amount_out_of_range")
        except InvalidCell as error:
            self._add(f"{place}/{field}", error.code, said[field])
        except ValueError:
            self._add(f"{place}/{field}", "unknown_outcome", said[field])
        else:
            return Row(table, row_id, conditions, outcome, reason, grade, amount_bp)
        return None

    def _check_catch_all(self, grading: tuple[Row, ...]) -> None:
        """Whatever no other row took must end with a person or a refusal, never in nothing and never approved."""
        for row in grading[:-1]:
            if not row.conditions:
                self._add(row.place, "row_hides_the_rest")
        if not grading or grading[-1].conditions:
            self._add(GRADING, "catch_all_missing")
        elif grading[-1].outcome is Outcome.APPROVE:
            self._add(grading[-1].place, "catch_all_approves")

    def _check_missing_values(self, rows: Mapping[str, tuple[Row, ...]]) -> None:
        """A value that may be missing and that rows look at must be taken up by a policy row of its own.

        Otherwise whoever keeps it back passes every row that would have stopped him.
        """
        looked_at = {
            condition.field.name
            for table in rows.values()
            for row in table
            for condition in row.conditions
            if condition.field.is_nullable
        }
        answered = {
            row.conditions[0].field.name
            for row in rows[POLICY]
            if len(row.conditions) == 1 and NULL in row.conditions[0].source
        }
        for name in sorted(looked_at - answered):
            self._add(POLICY, "missing_value_unanswered", name)


def _read_dicts(content: Any, part: str) -> list[dict[str, Any]] | None:
    """Return a part of a document when it is a list of objects."""
    value = content.get(part) if isinstance(content, dict) else None
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    return None
