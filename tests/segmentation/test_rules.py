"""The rule of a segment: a closed vocabulary, clear faults, the same JSON back."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.conditions import Field, Type
from segmentation.rules.segments import (
    Did,
    Fault,
    Group,
    InSegment,
    RuleInvalid,
    Vocabulary,
    holds,
    list_leaves,
    list_segments,
    parse,
    sort_by_use,
    write,
)

FACTS = {
    "overdue": Field("overdue", "Overdue", Type.MONEY),
    "stage": Field("stage", "Stage", Type.CHOICE, (("NEW", "new"), ("LOST", "lost"))),
    "born": Field("born", "Born", Type.DATE),
    "borrower": Field("borrower", "Borrower", Type.YES_NO),
}
WORDS = Vocabulary(FACTS, {"deposit": None}, {"seg": 1, "other": 2})
FACT = {"fact": "overdue", "is": "min", "values": ["1000"]}


def fault_of(data: Any) -> tuple[Fault, str]:
    with pytest.raises(RuleInvalid) as caught:
        parse(data, WORDS)
    return caught.value.fault, caught.value.path


def nest(depth: int) -> dict[str, Any]:
    return {"all": [nest(depth - 1) if depth > 1 else FACT]}


@pytest.mark.parametrize(
    ("data", "fault", "path"),
    [
        ("DROP TABLE x", Fault.UNREADABLE, ""),
        ({"all": []}, Fault.EMPTY_GROUP, ""),
        ({"some": [FACT]}, Fault.UNREADABLE, ""),
        ({"all": [FACT], "any": [FACT]}, Fault.UNREADABLE, ""),
        ({"all": [FACT, "x"]}, Fault.UNREADABLE, "1"),
        ({"all": [{**FACT, "sql": "1=1"}]}, Fault.UNREADABLE, "0"),
        ({"all": [{**FACT, "fact": "password"}]}, Fault.UNKNOWN_FACT, "0"),
        ({"all": [{**FACT, "fact": "overdue; DROP TABLE x"}]}, Fault.UNKNOWN_FACT, "0"),
        ({"all": [{**FACT, "is": "or 1=1"}]}, Fault.UNKNOWN_OPERATOR, "0"),
        ({"all": [{**FACT, "is": "has"}]}, Fault.UNKNOWN_OPERATOR, "0"),
        ({"all": [{**FACT, "is": ["min"]}]}, Fault.UNKNOWN_OPERATOR, "0"),
        ({"all": [{**FACT, "values": ["1) OR (1=1"]}]}, Fault.WRONG_VALUE, "0"),
        ({"all": [{**FACT, "values": []}]}, Fault.WRONG_COUNT, "0"),
        ({"all": [{**FACT, "values": [1000]}]}, Fault.UNREADABLE, "0"),
        ({"all": [{**FACT, "values": ["NaN"]}]}, Fault.WRONG_VALUE, "0"),
        ({"all": [{"fact": "stage", "is": "in", "values": ["OLD"]}]}, Fault.WRONG_VALUE, "0"),
        ({"all": [{"any": [{"did": "login", "times": 1}]}]}, Fault.UNKNOWN_ACT, "0.0"),
        ({"all": [{"did": "deposit", "times": 0}]}, Fault.WRONG_TIMES, "0"),
        ({"all": [{"did": "deposit", "times": True}]}, Fault.WRONG_TIMES, "0"),
        ({"all": [{"did": "deposit", "times": 1, "days": "90"}]}, Fault.WRONG_DAYS, "0"),
        ({"all": [{"did": "deposit", "times": 1, "amount": "-1"}]}, Fault.WRONG_AMOUNT, "0"),
        ({"all": [{"did": "deposit", "times": 1, "amount": "Infinity"}]}, Fault.WRONG_AMOUNT, "0"),
        ({"all": [{"segment": "gone"}]}, Fault.UNKNOWN_SEGMENT, "0"),
        ({"all": [{"share": {"seed": "", "from": 0, "to": 5}}]}, Fault.WRONG_SHARE, "0"),
        ({"all": [{"share": {"seed": "a", "from": 5, "to": 5}}]}, Fault.WRONG_SHARE, "0"),
        ({"all": [{"share": {"seed": "a", "from": 0, "to": 101}}]}, Fault.WRONG_SHARE, "0"),
        (nest(5), Fault.TOO_DEEP, "0.0.0.0"),
        ({"all": [FACT] * 51}, Fault.TOO_MANY, ""),
        ({"all": [{"any": [FACT] * 26}, {"any": [FACT] * 26}]}, Fault.TOO_MANY, ""),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(data: Any, fault: Fault, path: str) -> None:
    assert fault_of(data) == (fault, path)


def test_a_rule_is_read_typed_and_written_back() -> None:
    data = {
        "all": [
            FACT,
            {"any": [{"did": "deposit", "times": 3, "days": 90, "amount": "100.00"}, {"segment": "seg"}]},
            {"none": [{"share": {"seed": "a", "from": 0, "to": 10}}]},
        ]
    }
    rule = parse(data, WORDS)
    assert write(rule) == data
    assert [path for path, _leaf in list_leaves(rule)] == ["0", "1.0", "1.1", "2.0"]
    assert list_segments(rule) == ["seg"]
    assert dict(list_leaves(rule))["1.0"] == Did("deposit", 3, 90, Decimal("100.00"))
    assert dict(list_leaves(rule))["1.1"] == InSegment("seg")


LEAVES = st.sampled_from([FACT, {"did": "deposit", "times": 2}, {"segment": "other"}])
RULES = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from(["all", "any", "none"]), st.lists(inner, min_size=1, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    ),
    max_leaves=8,
)


def truth(data: dict[str, Any], answers: list[bool]) -> bool:
    """What a rule comes to, told another way: leaf by leaf in the order of the text."""
    for join, parts in data.items():
        if join in {"all", "any", "none"}:
            found = [truth(part, answers) for part in parts]
            return all(found) if join == "all" else any(found) if join == "any" else not any(found)
    return answers.pop(0)


@given(st.lists(RULES, min_size=1, max_size=3), st.lists(st.booleans(), min_size=24, max_size=24))
def test_groups_hold_as_their_parts_do(parts: list[dict[str, Any]], answers: list[bool]) -> None:
    data = {"all": parts}
    try:
        rule = parse(data, WORDS)
    except RuleInvalid as error:
        assert error.fault is Fault.TOO_DEEP
        return
    paths = [path for path, _leaf in list_leaves(rule)]
    given_answers = dict(zip(paths, answers, strict=False))
    assert holds(rule, given_answers) == truth(data, list(answers))
    assert parse(write(rule), WORDS) == rule


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["all", "any", "none", "fact", "is", "values", "did", "times", "segment", "share"]), inner, max_size=3)))  # fmt: skip
def test_no_json_whatever_breaks_the_reader(data: Any) -> None:
    try:
        assert isinstance(parse(data, WORDS), Group)
    except RuleInvalid as error:
        assert error.fault in Fault


def test_segments_come_after_those_they_use() -> None:
    assert sort_by_use({1: (2, 3), 2: (3,), 3: ()}) == [3, 2, 1]
    assert sort_by_use({1: (9,)}) == [1]
    with pytest.raises(RuleInvalid) as caught:
        sort_by_use({1: (2,), 2: (1,)})
    assert caught.value.fault is Fault.CYCLE
