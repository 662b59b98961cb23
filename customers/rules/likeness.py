"""How alike two records are: points for what agrees and against what disagrees, each with its reason."""

from dataclasses import dataclass
from datetime import date
from typing import Final

# From here on a pair is shown to somebody who judges it.
THRESHOLD: Final = 60
POINTS: Final = {
    "IDENTITY": 100,
    "PHONE": 90,
    "CARD": 85,
    "NAME": 40,
    "NAME_SOUND": 30,
    "NAME_CLOSE": 25,
    "BIRTH_DATE": 35,
    "PHONE_TAIL": 25,
    "REGION": 10,
    "OTHER_NAME": -30,
    "OTHER_BIRTH_DATE": -40,
    "OTHER_SEX": -20,
}
_SHORTEST_CLOSE: Final = 3


@dataclass(frozen=True, slots=True)
class Person:
    """What two records are compared by; indexes are blind indexes, empty where nothing is known."""

    name: str = ""
    sound: str = ""
    birth_date: date | None = None
    sex: str = ""
    region_code: str = ""
    phone_index: str = ""
    phone_tail_index: str = ""
    identity_index: str = ""
    cards: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    """A score of 0 to 100 and the codes of what made it, the weightiest first."""

    score: int
    reasons: tuple[str, ...]


def compare(one: Person, other: Person) -> Likeness:
    """Return how alike two records are; the order of the two does not matter.

    Two different identity numbers are two people whatever else agrees: 0. 王小明 born on one day, whose phones end
    alike: 40 + 35 + 25 = 100; the same name and birthday only: 75; only the name: 40, which nobody is shown.
    """
    if one.identity_index and other.identity_index and one.identity_index != other.identity_index:
        return Likeness(0, ())
    reasons = [
        code
        for code, agrees in (
            ("IDENTITY", _agree(one.identity_index, other.identity_index)),
            ("PHONE", _agree(one.phone_index, other.phone_index)),
            ("CARD", bool(one.cards & other.cards)),
            ("BIRTH_DATE", one.birth_date is not None and one.birth_date == other.birth_date),
            ("REGION", _agree(one.region_code, other.region_code)),
            ("OTHER_BIRTH_DATE", _differ(one.birth_date, other.birth_date)),
            ("OTHER_SEX", _differ(one.sex, other.sex)),
        )
        if agrees
    ]
    if "PHONE" not in reasons and _agree(one.phone_tail_index, other.phone_tail_index):
        reasons.append("PHONE_TAIL")
    name = _compare_names(one, other)
    if name:
        reasons.append(name)
    reasons.sort(key=lambda code: (-POINTS[code], code))
    return Likeness(max(0, min(100, sum(POINTS[code] for code in reasons))), tuple(reasons))


def _compare_names(one: Person, other: Person) -> str:
    if not one.name or not other.name:
        return ""
    if one.name.casefold() == other.name.casefold():
        return "NAME"
    if one.sound and one.sound == other.sound:
        return "NAME_SOUND"
    if min(len(one.name), len(other.name)) >= _SHORTEST_CLOSE and is_one_edit_apart(one.name, other.name):
        return "NAME_CLOSE"
    return "OTHER_NAME"


def is_one_edit_apart(one: str, other: str) -> bool:
    """Tell whether one letter changed, put in, left out or swapped with its neighbour makes one of the other."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or one == other:
        return False
    start = next((i for i, letter in enumerate(one) if letter != other[i]), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    rest_one, rest_other = one[start:], other[start:]
    return rest_one[1:] == rest_other[1:] or (rest_one[:2] == rest_other[1::-1] and rest_one[2:] == rest_other[2:])


def _agree(one: str, other: str) -> bool:
    return bool(one) and one == other


def _differ(one: object, other: object) -> bool:
    return bool(one) and bool(other) and one != other
