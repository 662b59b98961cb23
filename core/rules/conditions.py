"""Conditions of a list as text: nested and/or groups that an address can hold, people can share and sentences can say.

    stage:in:NEW,ACTIVE;or(overdue:min:1000;latest_contact:notlast:14)

Parts are joined by `;`, all of them by "and" unless they stand in `or(…)`. A part is `field:operator:values`, values are
joined by `,`. A backslash before any of `\\ , ; ( ) :` takes its meaning away. Nothing here knows a database: fields and
their types come from the caller, `check` returns typed values for him to compile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

MAX_DEPTH: Final = 3
MAX_CONDITIONS: Final = 20
MAX_VALUES: Final = 50
MAX_LENGTH: Final = 4_000
_LONGEST_VALUE: Final = 120
_LARGEST: Final = Decimal("9999999999999999.99")
_MOST_DAYS: Final = 36_500
_SPECIAL: Final = frozenset("\\,;():")


class Type(StrEnum):
    """What kind of values a field has."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"
    CHOICE = "choice"
    YES_NO = "yes_no"
    LIST = "list"


class Operator(StrEnum):
    """How a field is compared with values."""

    IS = "is"
    NOT = "not"
    IN = "in"
    HAS = "has"
    MIN = "min"
    MAX = "max"
    BETWEEN = "between"
    LAST = "last"
    NEXT = "next"
    NOT_LAST = "notlast"
    EMPTY = "empty"
    FILLED = "filled"


_O = Operator
_TIMES = (_O.LAST, _O.NOT_LAST, _O.NEXT, _O.MIN, _O.MAX, _O.BETWEEN, _O.EMPTY, _O.FILLED)
OPERATORS: Final[Mapping[Type, tuple[Operator, ...]]] = {
    Type.TEXT: (_O.HAS, _O.IS, _O.IN, _O.EMPTY, _O.FILLED),
    Type.NUMBER: (_O.MIN, _O.MAX, _O.BETWEEN, _O.IS, _O.EMPTY, _O.FILLED),
    Type.MONEY: (_O.MIN, _O.MAX, _O.BETWEEN, _O.EMPTY, _O.FILLED),
    Type.DATE: (_O.IS, *_TIMES),
    Type.MOMENT: _TIMES,
    Type.CHOICE: (_O.IN, _O.IS, _O.NOT, _O.EMPTY, _O.FILLED),
    Type.YES_NO: (_O.IS,),
    Type.LIST: (_O.HAS, _O.EMPTY, _O.FILLED),
}
_NO_VALUE = frozenset({_O.EMPTY, _O.FILLED})
_DAYS = frozenset({_O.LAST, _O.NEXT, _O.NOT_LAST})
_MANY = frozenset({_O.IN, _O.NOT})


class Fault(StrEnum):
    """Why conditions cannot be read."""

    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    UNREADABLE = "unreadable"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_OPERATOR = "unknown_operator"
    WRONG_COUNT = "wrong_count"
    WRONG_VALUE = "wrong_value"


class ConditionsInvalid(ValueError):
    """Conditions that cannot be read or do not fit their field; `part` is the text that is wrong."""

    def __init__(self, fault: Fault, part: str = "") -> None:
        self.fault = fault
        self.part = part
        super().__init__(f"{fault}: {part}")


@dataclass(frozen=True, slots=True)
class Field:
    """A field that conditions may name; `choices` are its allowed values with their labels."""

    key: str
    label: Any
    type: Type
    choices: tuple[tuple[str, Any], ...] = ()
    can_be_empty: bool = True

    @property
    def operators(self) -> tuple[Operator, ...]:
        """How this field can be compared."""
        found = OPERATORS[self.type]
        return found if self.can_be_empty else tuple(item for item in found if item not in _NO_VALUE)


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison, its values as they were written."""

    field: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups of which all, or with `is_any` at least one, must hold; an empty group always holds."""

    parts: tuple["Condition | Group", ...] = field(default=())
    is_any: bool = False

    def __bool__(self) -> bool:
        return bool(self.parts)


def parse(text: str) -> Group:
    """Read conditions; raises ConditionsInvalid. An empty text is an empty group."""
    if len(text) > MAX_LENGTH:
        raise ConditionsInvalid(Fault.TOO_LONG)
    if not text.strip():
        return Group()
    parts = tuple(_parse_part(part, 1) for part in _split(text, ";"))
    found = Group(parts)
    if sum(1 for _condition in list_conditions(found)) > MAX_CONDITIONS:
        raise ConditionsInvalid(Fault.TOO_MANY)
    if len(parts) == 1 and isinstance(parts[0], Group) and not parts[0].is_any:
        return parts[0]
    return found


def write(group: Group) -> str:
    """Return the text that `parse` reads back."""
    if group.is_any and group.parts:
        return _write_part(group)
    return ";".join(_write_part(part) for part in group.parts)


def list_conditions(group: Group) -> Iterator[Condition]:
    """Yield all conditions, those of inner groups included, in the order of the text."""
    for part in group.parts:
        if isinstance(part, Group):
            yield from list_conditions(part)
        else:
            yield part


def check(condition: Condition, fields: Mapping[str, Field]) -> list[Any]:
    """Return a condition's typed values: str, Decimal, date, bool, or int for a number of days.

    Raises ConditionsInvalid for fields, operators and values that do not fit.
    """
    known = fields.get(condition.field)
    if known is None:
        raise ConditionsInvalid(Fault.UNKNOWN_FIELD, condition.field)
    if condition.operator not in known.operators:
        raise ConditionsInvalid(Fault.UNKNOWN_OPERATOR, condition.operator)
    low, high = _count_values(condition.operator)
    if not low <= len(condition.values) <= high:
        raise ConditionsInvalid(Fault.WRONG_COUNT, condition.field)
    if condition.operator in _DAYS:
        return [_read_days(condition.values[0])]
    typed = [_read_value(known, value) for value in condition.values]
    if condition.operator == Operator.BETWEEN and typed[0] > typed[1]:
        raise ConditionsInvalid(Fault.WRONG_VALUE, " – ".join(condition.values))
    return typed


def check_all(group: Group, fields: Mapping[str, Field]) -> None:
    """Check every condition. Raises ConditionsInvalid."""
    for condition in list_conditions(group):
        check(condition, fields)


def count_inputs(operator: Operator) -> int:
    """Return how many values an operator asks for; two for a range, any number counts as one."""
    return 0 if operator in _NO_VALUE else 2 if operator == Operator.BETWEEN else 1


def change(group: Group, path: Sequence[int], part: Condition | Group | None) -> Group:
    """Return the group with the part at a path replaced, dropped (None) or, one place behind the last, added.

    Groups left empty disappear. Raises ConditionsInvalid for a path that leads nowhere.
    """
    if not path:
        return Group((part,)) if isinstance(part, Condition) else part or Group()
    return parse(write(_change(group, path, part)))


def say(condition: Condition, fields: Mapping[str, Field], words: Mapping[str, str]) -> str:
    """Return one condition in words; values that a field does not know stand as they are.

    `words` holds a pattern an operator with %(field)s, %(value)s and, for ranges, %(other)s; `affirm` and `deny` take
    its place for yes and no, `list` joins values.
    """
    known = fields.get(condition.field)
    if known and known.type == Type.YES_NO:
        return words["deny" if condition.values == ("no",) else "affirm"] % {"field": str(known.label)}
    labels = {key: str(label) for key, label in known.choices} if known else {}
    shown = [labels.get(value, value) for value in condition.values]
    is_range = condition.operator == Operator.BETWEEN
    return words[condition.operator] % {
        "field": str(known.label) if known else condition.field,
        "value": (shown[0] if shown else "") if is_range else words["list"].join(shown),
        "other": shown[1] if len(shown) > 1 else "",
    }


def _change(group: Group, path: Sequence[int], part: Condition | Group | None) -> Group:
    place, *rest = path
    if not 0 <= place <= len(group.parts):
        raise ConditionsInvalid(Fault.UNREADABLE, str(place))
    parts = list(group.parts)
    if rest:
        inner = parts[place] if place < len(parts) else None
        if not isinstance(inner, Group):
            raise ConditionsInvalid(Fault.UNREADABLE, str(place))
        part = _change(inner, rest, part)
    if isinstance(part, Group) and not part.parts:
        part = None
    parts[place : place + 1] = [] if part is None else [part]
    return replace(group, parts=tuple(parts))


def _parse_part(text: str, depth: int) -> Condition | Group:
    text = text.strip()
    for joint, is_any in (("or(", True), ("and(", False)):
        if text.startswith(joint):
            if depth >= MAX_DEPTH:
                raise ConditionsInvalid(Fault.TOO_DEEP)
            if not text.endswith(")"):
                raise ConditionsInvalid(Fault.UNREADABLE, text)
            parts = _split(text[len(joint) : -1], ";")
            return Group(tuple(_parse_part(part, depth + 1) for part in parts), is_any)
    pieces = _split(text, ":")
    if not 2 <= len(pieces) <= 3 or not pieces[0]:
        raise ConditionsInvalid(Fault.UNREADABLE, text)
    try:
        operator = Operator(pieces[1])
    except ValueError:
        raise ConditionsInvalid(Fault.UNKNOWN_OPERATOR, pieces[1]) from None
    values = tuple(_plain(value) for value in _split(pieces[2], ",")) if len(pieces) == 3 and pieces[2] else ()
    return Condition(_plain(pieces[0]), operator, values)


def _split(text: str, mark: str) -> list[str]:
    """Split at a mark that stands outside of brackets and without a backslash."""
    found, start, depth, place = [], 0, 0, 0
    while place < len(text):
        letter = text[place]
        if letter == "\\":
            place += 2
            continue
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth < 0:
                break
        elif letter == mark and depth == 0:
            found.append(text[start:place])
            start = place + 1
        place += 1
    if depth:
        raise ConditionsInvalid(Fault.UNREADABLE, text)
    return [*found, text[start:]]


def _plain(text: str) -> str:
    letters = iter(text)
    return "".join(next(letters, "") if letter == "\\" else letter for letter in letters)


def _escape(text: str) -> str:
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in text)


def _write_part(part: Condition | Group) -> str:
    if isinstance(part, Group):
        return f"{'or' if part.is_any else 'and'}({';'.join(_write_part(inner) for inner in part.parts)})"
    values = ",".join(_escape(value) for value in part.values)
    return f"{_escape(part.field)}:{part.operator}" + (f":{values}" if part.values else "")


def _count_values(operator: Operator) -> tuple[int, int]:
    if operator in _NO_VALUE:
        return 0, 0
    if operator == Operator.BETWEEN:
        return 2, 2
    return (1, MAX_VALUES) if operator in _MANY else (1, 1)


def _read_days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _MOST_DAYS:
        raise ConditionsInvalid(Fault.WRONG_VALUE, text)
    return int(text)


def _read_value(known: Field, text: str) -> Any:
    if not text.strip() or len(text) > _LONGEST_VALUE or "\x00" in text:
        raise ConditionsInvalid(Fault.WRONG_VALUE, text[:_LONGEST_VALUE])
    if known.type in {Type.NUMBER, Type.MONEY}:
        return _read_number(text)
    if known.type in {Type.DATE, Type.MOMENT}:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ConditionsInvalid(Fault.WRONG_VALUE, text) from None
    if known.type == Type.YES_NO:
        if text not in {"yes", "no"}:
            raise ConditionsInvalid(Fault.WRONG_VALUE, text)
        return text == "yes"
    if known.choices and text not in {key for key, _label in known.choices}:
        raise ConditionsInvalid(Fault.WRONG_VALUE, text)
    return text


def _read_number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ConditionsInvalid(Fault.WRONG_VALUE, text) from None
    if not number.is_finite() or abs(number) > _LARGEST:
        raise ConditionsInvalid(Fault.WRONG_VALUE, text)
    return number
