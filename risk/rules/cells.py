"""The cells of a decision table: a small closed grammar on top of what the rule engine compiles.

The engine compiles more than it can evaluate (`> 1/0`, `< '500'`, the name of something that does not exist) and
then passes over the row without a word. A cell here is either surely evaluable for its column's type, or refused.
"""

import re
from typing import Any, Final, Protocol

import zen

from risk.rules.inputs import MAX_INT, InputField, InputType, Value

# The only literals that mean what they say on both sides; numbers are whole, texts are quoted once.
_NUMBER = re.compile(r"-?\d{1,16}", re.ASCII)
_COMPARISON = re.compile(r"(<=|>=|<|>|!=|==)\s*(-?\d{1,16})", re.ASCII)
_INTERVAL = re.compile(r"[\[(]\s*(-?\d{1,16})\s*\.\.\s*(-?\d{1,16})\s*[\])]", re.ASCII)
_TEXT = re.compile(r"'([A-Z0-9_]{1,40})'", re.ASCII)
NULL: Final = "null"


class _Expression(Protocol):
    """What the engine makes of a cell."""

    def evaluate(self, ctx: Any) -> object: ...


class InvalidCell(ValueError):
    """A cell that cannot be evaluated for its column; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Condition:
    """One input cell: matches a value, or does not, or raises; it never passes over anything."""

    __slots__ = ("_expression", "field", "matches_missing", "source")

    def __init__(self, source: str, field: InputField) -> None:
        terms = _split(source)
        for term in terms:
            _check_term(term, field)
        self.field = field
        self.source = source
        self.matches_missing = NULL in terms
        known = [term for term in terms if term != NULL]
        self._expression = _compile_unary(", ".join(known)) if known else None

    def matches(self, value: Value) -> bool:
        """Tell whether the cell holds for a checked value. Raises RuntimeError when the engine cannot tell."""
        if value is None:
            return self.matches_missing
        if self._expression is None:
            return False
        outcome = self._expression.evaluate({"$": value})
        if type(outcome) is not bool:
            raise RuntimeError(f"{self.field.name}: {self.source} gave no yes or no")
        return outcome

    @property
    def bounds(self) -> list[int]:
        """Return the numbers that the cell compares with: where a verdict can turn."""
        return [int(number) for number in re.findall(r"-?\d+", self.source)] if self.field.type is InputType.INT else []


def _split(source: str) -> list[str]:
    """Return the alternatives of a cell: commas outside quotes and brackets mean `or`."""
    terms = [term.strip() for term in source.split(",")]
    if not all(terms):
        raise InvalidCell("cell_syntax")
    return terms


def _check_term(term: str, field: InputField) -> None:
    if term == NULL:
        if not field.is_nullable:
            raise InvalidCell("cell_never_missing")
    elif field.type is InputType.INT:
        _check_number(term)
    elif field.type is InputType.BOOL:
        if term not in {"true", "false"}:
            raise InvalidCell("cell_not_a_flag")
    else:
        text = _TEXT.fullmatch(term)
        if text is None:
            raise InvalidCell("cell_not_a_text")
        if text[1] not in field.choices:
            raise InvalidCell("cell_unknown_value")


def _check_number(term: str) -> None:
    interval = _INTERVAL.fullmatch(term)
    if interval is not None:
        numbers = [int(interval[1]), int(interval[2])]
        if numbers[0] > numbers[1]:
            raise InvalidCell("cell_empty_interval")
    else:
        comparison = _COMPARISON.fullmatch(term)
        if comparison is None and _NUMBER.fullmatch(term) is None:
            raise InvalidCell("cell_not_a_number")
        numbers = [int(comparison[2] if comparison else term)]
    if any(abs(number) > MAX_INT for number in numbers):
        raise InvalidCell("cell_too_large")


def _compile_unary(source: str) -> _Expression:
    try:
        expression: _Expression = zen.compile_unary_expression(source)
    except RuntimeError as error:
        # The engine's message carries a stack dump; the code says enough.
        raise InvalidCell("cell_syntax") from error
    return expression


def read_text(source: str) -> str:
    """Return the text of an output cell such as `'DECLINE'`. Raises InvalidCell."""
    text = _TEXT.fullmatch(source.strip())
    if text is None or _evaluate(source) != text[1]:
        raise InvalidCell("cell_not_a_text")
    return text[1]


def read_number(source: str) -> int:
    """Return the number of an output cell such as `10000`. Raises InvalidCell."""
    if _NUMBER.fullmatch(source.strip()) is None or _evaluate(source) != int(source):
        raise InvalidCell("cell_not_a_number")
    return int(source)


def _evaluate(source: str) -> object:
    try:
        value: object = zen.compile_expression(source).evaluate({})
    except RuntimeError as error:
        raise InvalidCell("cell_syntax") from error
    return value
