"""An uploaded table of past applicants: its headings are names of inputs, its column `bad` says what came of each."""

from collections.abc import Iterator
from typing import Any, Final

from risk.rules.inputs import FACTS, MAX_INT, InputField, InputType
from risk.rules.scoring.material import GROUP_PREFIX, Material, is_never_input

OUTCOME: Final = "bad"
_YES: Final = frozenset({"1", "true", "yes", "y", "是", "bad"})
_NO: Final = frozenset({"0", "false", "no", "n", "否", "good"})
_BLANK: Final = frozenset({"", "null", "none", "na", "n/a", "nan", "-"})


class LearningTableFault(ValueError):
    """The table cannot be learned from; `fault` says why."""

    def __init__(self, fault: str, detail: str = "") -> None:
        self.fault, self.detail = fault, detail
        super().__init__(f"{fault} {detail}".rstrip())


def read_learning_table(rows: Iterator[list[str]]) -> tuple[Material, dict[str, list[str]]]:
    """Return the material and what was made of the headings. Raises LearningTableFault.

    A heading outside of the list of inputs is passed over, one that names what no decision may look at all the more; a column
    called `group_…` serves to compare outcomes by group.
    """
    headings = [heading.strip() for heading in next(rows)]
    places = {heading: place for place, heading in enumerate(headings)}
    used = [name for name in FACTS if name in places]
    twice = sorted(name for name in (*used, OUTCOME) if headings.count(name) > 1)
    if twice:
        raise LearningTableFault("HEADING_TWICE", ", ".join(twice))
    if OUTCOME not in places:
        raise LearningTableFault("NO_OUTCOME")
    if not used:
        raise LearningTableFault("NO_INPUTS")
    groups = [heading for heading in headings if heading.startswith(GROUP_PREFIX)]
    columns: dict[str, list[Any]] = {name: [] for name in used}
    bad: list[bool] = []
    grouped: dict[str, list[str | None]] = {name.removeprefix(GROUP_PREFIX): [] for name in groups}
    for line, cells in enumerate(rows, start=2):
        padded = [*cells, *[""] * (len(headings) - len(cells))]
        bad.append(_read_outcome(padded[places[OUTCOME]], line))
        for name in used:
            columns[name].append(_read_value(padded[places[name]], FACTS[name], line))
        for name in groups:
            grouped[name.removeprefix(GROUP_PREFIX)].append(padded[places[name]].strip() or None)
    if not bad:
        raise LearningTableFault("EMPTY")
    rest = [heading for heading in headings if heading not in FACTS and heading not in (*groups, OUTCOME)]
    said = {
        "used": used,
        "ignored": [heading for heading in rest if not is_never_input(heading)],
        "never": [heading for heading in rest if is_never_input(heading)],
        "groups": groups,
    }
    return Material(columns, bad, grouped), said


def _read_outcome(cell: str, line: int) -> bool:
    word = cell.strip().casefold()
    if word not in _YES | _NO:
        raise LearningTableFault("NO_OUTCOME", f"{line}")
    return word in _YES


def _read_value(cell: str, field: InputField, line: int) -> Any:
    text = cell.strip()
    word = text.casefold()
    if word in _BLANK:
        if field.is_nullable:
            return None
        raise LearningTableFault("WRONG_VALUE", f"{field.name}, {line}")
    if field.type is InputType.BOOL and word in _YES | _NO:
        return word in _YES
    if field.type is InputType.TEXT and text.upper() in field.choices:
        return text.upper()
    if field.type is InputType.INT:
        value = _read_int(text)
        if value is not None:
            return value
    raise LearningTableFault("WRONG_VALUE", f"{field.name}, {line}: {text[:40]}")


def _read_int(text: str) -> int | None:
    """Return a whole number; one with a fraction of zeros is one, too."""
    whole, _point, fraction = text.partition(".")
    digits = whole.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 16 or fraction.strip("0"):
        return None
    value = int(whole)
    return value if abs(value) <= MAX_INT else None
