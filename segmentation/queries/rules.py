"""From a segment's rule to SQL over the kept attributes: a closed vocabulary, values as parameters, never as text."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.db import connection

from core import clock
from core.arrays import array_literal
from core.filtering import bounds
from core.registries import acts, attributes
from core.rules.conditions import Field, Operator, Type
from segmentation.models import Segment
from segmentation.queries.attributes import TABLE
from segmentation.rules.segments import Did, Fact, Group, InSegment, Join, Leaf, Vocabulary, list_leaves, parse

TYPES: Final = {
    "count": Type.NUMBER,
    "money": Type.MONEY,
    "ratio": Type.NUMBER,
    "date": Type.DATE,
    "moment": Type.MOMENT,
    "text": Type.TEXT,
    "flag": Type.YES_NO,
    "list": Type.LIST,
}
# The lot of a customer: the first 32 bits of a hash that any database draws alike, in hundredths.
_LOT: Final = "(('x' || left(md5(%s || ':' || s.customer_id), 8))::bit(32)::bigint %% 100)"


def list_facts(*, with_people: bool = True) -> dict[str, Field]:
    """Return what rules may ask of a customer; `with_people` reads choices that are rows, such as RMs, for an editor.

    Without them a rule that names somebody who has left stays readable.
    """
    found = {}
    for key, attribute in attributes.items():
        has_choices = bool(attribute.choices)
        choices = attribute.list_choices() if with_people or not callable(attribute.choices) else ()
        type = Type.CHOICE if has_choices else TYPES[attribute.type]
        found[key] = Field(key, attribute.label, type, choices)
    return found


def get_vocabulary(*, with_people: bool = True) -> Vocabulary:
    """Return what a rule may name now."""
    segments = dict(Segment.objects.filter(state=Segment.State.ACTIVE).values_list("public_id", "pk"))
    return Vocabulary(list_facts(with_people=with_people), dict(acts.items()), segments)


def read_rule(segment: Segment, words: Vocabulary) -> Group:
    """Return the rule in force. Raises RuleInvalid where the vocabulary has changed under it."""
    return parse(segment.rule, words)


class Compiled:
    """SQL conditions on `s`, a row of kept attributes, with the parameters of each.

    `among` are the customers it is asked about, None for all: acts are then counted for those alone.
    """

    def __init__(self, words: Vocabulary, today: date, among: Sequence[int] | None = None) -> None:
        self._words = words
        self._today = today
        # Whole numbers of our own.
        self._some = "" if among is None else f" = ANY('{array_literal(among)}'::bigint[])"

    def write(self, node: Leaf | Group) -> tuple[str, list[Any]]:
        """Return the condition of a group or leaf; what is unknown is NULL and does not hold."""
        if not isinstance(node, Group):
            return self.write_leaf(node)
        parts = [self.write(part) for part in node.parts]
        between = " AND " if node.join is Join.ALL else " OR "
        text = "(" + between.join(sql for sql, _parameters in parts) + ")"
        parameters = [value for _sql, values in parts for value in values]
        # An unknown value must not make "none of" unknown.
        return (f"NOT coalesce({text}, false)" if node.join is Join.NONE else text), parameters

    def write_leaf(self, leaf: Leaf) -> tuple[str, list[Any]]:
        """Return one condition."""
        if isinstance(leaf, Fact):
            return self._write_fact(leaf)
        if isinstance(leaf, Did):
            found, parameters = self.write_act(leaf)
            return f"s.customer_id IN ({found} GROUP BY 1 HAVING count(*) >= %s)", [*parameters, leaf.times]
        if isinstance(leaf, InSegment):
            among = self._restrict("m.customer_id")
            text = f"SELECT m.customer_id FROM segmentation_membership m WHERE m.segment_id = %s AND m.left_at IS NULL{among}"  # noqa: S608
            return f"s.customer_id IN ({text})", [self._words.segments[leaf.segment]]
        return f"{_LOT} >= %s AND {_LOT} < %s", [leaf.seed, leaf.low, leaf.seed, leaf.high]

    def write_act(self, leaf: Did) -> tuple[str, list[Any]]:
        """Return SQL that yields `customer_id` each time the act was done as the condition counts it."""
        text = f"SELECT x.customer_id FROM ({acts.get(leaf.act).build(self._restrict)}) x WHERE x.on_date <= %s"  # noqa: S608
        parameters: list[Any] = [self._today]
        if leaf.days is not None:
            text += " AND x.on_date > %s::date - %s"
            parameters += [self._today, leaf.days]
        if leaf.amount is not None:
            text += " AND x.amount >= %s"
            parameters.append(leaf.amount)
        return text, parameters

    def _restrict(self, column: str) -> str:
        return f" AND {column}{self._some}" if self._some else ""

    def _write_fact(self, leaf: Fact) -> tuple[str, list[Any]]:
        # The key stands in the vocabulary: it is a column's name of our own.
        field = self._words.facts[leaf.condition.field]
        column, operator, values = f"s.{field.key}", leaf.condition.operator, list(leaf.values)
        if operator is Operator.EMPTY:
            return f"{column} IS NULL", []
        if operator is Operator.FILLED:
            return f"{column} IS NOT NULL", []
        if field.type is Type.YES_NO:
            return f"coalesce({column}, false) = %s", values
        if field.type is Type.LIST:
            return f"{column} @> ARRAY[%s]::text[]", values
        if field.type in {Type.TEXT, Type.CHOICE}:
            if operator is Operator.HAS:
                return f"position(lower(%s) in lower({column})) > 0", values
            among = f"coalesce({column} = ANY(%s), false)"
            return (f"NOT {among}" if operator is Operator.NOT else f"{column} = ANY(%s)"), [values]
        if operator is Operator.NOT_LAST:
            inside, parameters = self._write_range(column, field.type, Operator.LAST, values)
            return f"NOT coalesce({inside}, false)", parameters
        return self._write_range(column, field.type, operator, values)

    def _write_range(self, column: str, type: Type, operator: Operator, values: list[Any]) -> tuple[str, list[Any]]:
        low, high = bounds(operator, values, type, clock.at(self._today, 12))
        is_number = type in {Type.NUMBER, Type.MONEY}
        tests, parameters = [], []
        # Nothing known is none: of the two spellings the plain one can use the index.
        if low is not None:
            tests.append(f"coalesce({column}, 0) >= %s" if is_number and low <= 0 else f"{column} >= %s")
            parameters.append(low)
        if high is not None:
            sign = "<" if type is Type.MOMENT else "<="
            tests.append(f"coalesce({column}, 0) {sign} %s" if is_number and high >= 0 else f"{column} {sign} %s")
            parameters.append(high)
        return f"({' AND '.join(tests)})" if tests else "true", parameters


def select_members(rule: Group, words: Vocabulary, today: date) -> tuple[str, list[Any]]:
    """Return SQL that yields the customers of a rule, and its parameters."""
    condition, parameters = Compiled(words, today).write(rule)
    return f"SELECT s.customer_id FROM {TABLE} s WHERE {condition}", parameters  # noqa: S608


def answer_leaves(rule: Group, words: Vocabulary, today: date, customer_id: int) -> dict[str, tuple[bool, int | None]]:
    """Return for one customer whether each condition holds, by path, and how often he did what it counts."""
    compiled = Compiled(words, today, [customer_id])
    columns: list[str] = []
    parameters: list[Any] = []
    leaves = list(list_leaves(rule))
    for _path, leaf in leaves:
        condition, values = compiled.write_leaf(leaf)
        columns.append(f"coalesce({condition}, false)")
        parameters += values
        if isinstance(leaf, Did):
            found, values = compiled.write_act(leaf)
            columns.append(f"(SELECT count(*) FROM ({found}) y)")  # noqa: S608
            parameters += values
        else:
            columns.append("NULL")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)} FROM {TABLE} s WHERE s.customer_id = %s",  # noqa: S608
            [*parameters, customer_id],
        )
        row = cursor.fetchone()
    if row is None:
        return {path: (False, None) for path, _leaf in leaves}
    return {path: (row[2 * place], row[2 * place + 1]) for place, (path, _leaf) in enumerate(leaves)}
