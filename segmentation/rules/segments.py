"""The rule of a segment: nested groups of conditions from a closed vocabulary, as typed JSON.

    {"all": [{"fact": "overdue", "is": "min", "values": ["1000"]},
             {"any": [{"did": "deposit", "times": 3, "days": 90}, {"segment": "…"}]},
             {"none": [{"share": {"seed": "2026", "from": 0, "to": 10}}]}]}

`all`, `any` and `none` hold conditions and groups. Nothing here knows a database: facts, acts and segments come from the
caller, and what a rule holds afterwards are keys of theirs and typed values.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from core.rules.conditions import Condition, ConditionsInvalid, Field, Operator, check
from core.rules.conditions import Fault as ConditionFault

MAX_DEPTH: Final = 4
MAX_CONDITIONS: Final = 50
MOST_TIMES: Final = 10_000
MOST_DAYS: Final = 3_660
SHARES: Final = 100
_LONGEST_SEED: Final = 40
_LARGEST: Final = Decimal("9999999999999999.99")


class Join(StrEnum):
    """How many parts of a group must hold."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


class Fault(StrEnum):
    """Why a rule cannot be read."""

    UNREADABLE = "unreadable"
    EMPTY_GROUP = "empty_group"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    UNKNOWN_FACT = "unknown_fact"
    UNKNOWN_OPERATOR = "unknown_operator"
    WRONG_COUNT = "wrong_count"
    WRONG_VALUE = "wrong_value"
    UNKNOWN_ACT = "unknown_act"
    WRONG_TIMES = "wrong_times"
    WRONG_DAYS = "wrong_days"
    WRONG_AMOUNT = "wrong_amount"
    UNKNOWN_SEGMENT = "unknown_segment"
    WRONG_SHARE = "wrong_share"
    CYCLE = "cycle"


class RuleInvalid(ValueError):
    """A rule that cannot be read: what is wrong, at which path (`0.2`, empty for the whole), and the text that is."""

    def __init__(self, fault: Fault, path: str = "", part: str = "") -> None:
        self.fault = fault
        self.path = path
        self.part = part[:80]
        super().__init__(f"{fault} at {path or 'the top'}: {self.part}")


@dataclass(frozen=True, slots=True)
class Fact:
    """A condition on an attribute, with its values as they were written and as they were read."""

    condition: Condition
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Did:
    """The customer did something at least so many times, within so many days, each worth at least an amount in yuan."""

    act: str
    times: int
    days: int | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class InSegment:
    """The customer is in another segment, named by its public id."""

    segment: str


@dataclass(frozen=True, slots=True)
class Share:
    """The customer falls into the hundredths from `low` up to, not including, `high` of a lot drawn once for all."""

    seed: str
    low: int
    high: int


Leaf = Fact | Did | InSegment | Share


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups of which all, at least one, or none hold."""

    join: Join
    parts: tuple["Leaf | Group", ...] = field(default=())


@dataclass(frozen=True)
class Vocabulary:
    """What a rule may name: facts, acts by key, segments by public id."""

    facts: Mapping[str, Field]
    acts: Mapping[str, Any]
    segments: Mapping[str, Any]


def parse(data: object, words: Vocabulary) -> Group:
    """Read a rule. Raises RuleInvalid."""
    if not isinstance(data, dict):
        raise RuleInvalid(Fault.UNREADABLE, "", str(data))
    found = _parse_group(data, words, "", 1)
    if sum(1 for _leaf in list_leaves(found)) > MAX_CONDITIONS:
        raise RuleInvalid(Fault.TOO_MANY)
    return found


def write(node: "Leaf | Group") -> dict[str, Any]:
    """Return the JSON that `parse` reads back."""
    if isinstance(node, Group):
        return {node.join.value: [write(part) for part in node.parts]}
    if isinstance(node, Fact):
        condition = node.condition
        return {"fact": condition.field, "is": condition.operator.value, "values": list(condition.values)}
    if isinstance(node, Did):
        found: dict[str, Any] = {"did": node.act, "times": node.times}
        if node.days is not None:
            found["days"] = node.days
        if node.amount is not None:
            found["amount"] = str(node.amount)
        return found
    if isinstance(node, InSegment):
        return {"segment": node.segment}
    return {"share": {"seed": node.seed, "from": node.low, "to": node.high}}


def list_leaves(node: "Leaf | Group", path: str = "") -> Iterator[tuple[str, Leaf]]:
    """Yield all conditions with their paths, in the order of the rule."""
    if not isinstance(node, Group):
        yield path, node
        return
    for place, part in enumerate(node.parts):
        yield from list_leaves(part, f"{path}.{place}" if path else str(place))


def list_segments(rule: Group) -> list[str]:
    """Return the public ids of the segments that a rule names, each once."""
    return list(dict.fromkeys(leaf.segment for _path, leaf in list_leaves(rule) if isinstance(leaf, InSegment)))


def holds(node: "Leaf | Group", answers: Mapping[str, bool], path: str = "") -> bool:
    """Return what a rule comes to, given what each of its conditions does by path."""
    if not isinstance(node, Group):
        return answers[path]
    found = (holds(part, answers, f"{path}.{place}" if path else str(place)) for place, part in enumerate(node.parts))
    if node.join is Join.ALL:
        return all(found)
    is_any = any(found)
    return is_any if node.join is Join.ANY else not is_any


def sort_by_use(uses: Mapping[int, tuple[int, ...]]) -> list[int]:
    """Return segments in an order in which each comes after those it uses. Raises RuleInvalid for a cycle.

    Ids that are used but not given are left out.
    """
    found: list[int] = []
    under_way: set[int] = set()

    def visit(pk: int) -> None:
        if pk in found or pk not in uses:
            return
        if pk in under_way:
            raise RuleInvalid(Fault.CYCLE, "", str(pk))
        under_way.add(pk)
        for used in uses[pk]:
            visit(used)
        under_way.discard(pk)
        found.append(pk)

    for pk in sorted(uses):
        visit(pk)
    return found


def _parse_group(data: dict[Any, Any], words: Vocabulary, path: str, depth: int) -> Group:
    if depth > MAX_DEPTH:
        raise RuleInvalid(Fault.TOO_DEEP, path)
    if len(data) != 1:
        raise RuleInvalid(Fault.UNREADABLE, path, ", ".join(map(str, data)))
    ((join, parts),) = data.items()
    if join not in set(Join) or not isinstance(parts, list):
        raise RuleInvalid(Fault.UNREADABLE, path, str(join))
    if not parts:
        raise RuleInvalid(Fault.EMPTY_GROUP, path)
    if len(parts) > MAX_CONDITIONS:
        raise RuleInvalid(Fault.TOO_MANY, path)
    return Group(
        Join(join),
        tuple(
            _parse_part(part, words, f"{path}.{place}" if path else str(place), depth)
            for place, part in enumerate(parts)
        ),
    )


def _parse_part(data: object, words: Vocabulary, path: str, depth: int) -> "Leaf | Group":
    if not isinstance(data, dict):
        raise RuleInvalid(Fault.UNREADABLE, path, str(data))
    for key, (names, read) in _LEAVES.items():
        if key in data:
            if not set(data) <= names:
                raise RuleInvalid(Fault.UNREADABLE, path, ", ".join(sorted(map(str, set(data) - names))))
            return read(data, words, path)
    return _parse_group(data, words, path, depth + 1)


def _parse_fact(data: dict[str, Any], words: Vocabulary, path: str) -> Fact:
    key, operator, values = data.get("fact"), data.get("is"), data.get("values", [])
    if not isinstance(key, str) or not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise RuleInvalid(Fault.UNREADABLE, path, str(key))
    if not isinstance(operator, str) or operator not in set(Operator):
        raise RuleInvalid(Fault.UNKNOWN_OPERATOR, path, str(operator))
    condition = Condition(key, Operator(operator), tuple(values))
    try:
        typed = check(condition, words.facts)
    except ConditionsInvalid as error:
        raise RuleInvalid(_FAULTS.get(error.fault, Fault.UNREADABLE), path, error.part) from error
    return Fact(condition, tuple(typed))


def _parse_did(data: dict[str, Any], words: Vocabulary, path: str) -> Did:
    act, times, days, amount = data["did"], data.get("times"), data.get("days"), data.get("amount")
    if not isinstance(act, str) or act not in words.acts:
        raise RuleInvalid(Fault.UNKNOWN_ACT, path, str(act))
    if not isinstance(times, int) or not _is_whole(times, 1, MOST_TIMES):
        raise RuleInvalid(Fault.WRONG_TIMES, path, str(times))
    if days is not None and not _is_whole(days, 1, MOST_DAYS):
        raise RuleInvalid(Fault.WRONG_DAYS, path, str(days))
    return Did(act, times, days, None if amount is None else _read_amount(amount, path))


def _parse_segment(data: dict[str, Any], words: Vocabulary, path: str) -> InSegment:
    segment = data["segment"]
    if not isinstance(segment, str) or segment not in words.segments:
        raise RuleInvalid(Fault.UNKNOWN_SEGMENT, path, str(segment))
    return InSegment(segment)


def _parse_share(data: dict[str, Any], _words: Vocabulary, path: str) -> Share:
    share = data["share"]
    if not isinstance(share, dict) or set(share) != {"seed", "from", "to"}:
        raise RuleInvalid(Fault.WRONG_SHARE, path, str(share))
    seed, low, high = share["seed"], share["from"], share["to"]
    if not isinstance(seed, str) or not seed.strip() or len(seed) > _LONGEST_SEED or "\x00" in seed:
        raise RuleInvalid(Fault.WRONG_SHARE, path, str(seed))
    if not _is_whole(low, 0, SHARES - 1) or not _is_whole(high, 1, SHARES) or low >= high:
        raise RuleInvalid(Fault.WRONG_SHARE, path, f"{low}–{high}")
    return Share(seed, low, high)


def _read_amount(text: object, path: str) -> Decimal:
    try:
        amount = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or not 0 <= amount <= _LARGEST:
        raise RuleInvalid(Fault.WRONG_AMOUNT, path, str(text))
    return amount


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


_LEAVES: Final[dict[str, tuple[set[str], Callable[[dict[str, Any], Vocabulary, str], Leaf]]]] = {
    "fact": ({"fact", "is", "values"}, _parse_fact),
    "did": ({"did", "times", "days", "amount"}, _parse_did),
    "segment": ({"segment"}, _parse_segment),
    "share": ({"share"}, _parse_share),
}
_FAULTS: Final = {
    ConditionFault.UNKNOWN_FIELD: Fault.UNKNOWN_FACT,
    ConditionFault.UNKNOWN_OPERATOR: Fault.UNKNOWN_OPERATOR,
    ConditionFault.WRONG_COUNT: Fault.WRONG_COUNT,
    ConditionFault.WRONG_VALUE: Fault.WRONG_VALUE,
}
