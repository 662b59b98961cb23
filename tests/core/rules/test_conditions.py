"""Conditions: what is written is read back, what does not fit is refused with a reason."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.conditions import (
    MAX_CONDITIONS,
    Condition,
    ConditionsInvalid,
    Fault,
    Field,
    Group,
    Operator,
    Type,
    change,
    check,
    check_all,
    list_conditions,
    parse,
    say,
    write,
)

FIELDS = {
    field.key: field
    for field in (
        Field("stage", "Stage", Type.CHOICE, (("NEW", "new"), ("ACTIVE", "active"))),
        Field("overdue", "Overdue", Type.MONEY),
        Field("likes", "Likes", Type.TEXT),
        Field("born", "Born", Type.DATE),
        Field("contact", "Latest contact", Type.MOMENT),
        Field("borrower", "Borrower", Type.YES_NO),
        Field("completeness", "Completeness", Type.NUMBER, can_be_empty=False),
    )
}
WORDS = {
    "is": "%(field)s is %(value)s",
    "not": "%(field)s is none of %(value)s",
    "in": "%(field)s is %(value)s",
    "has": "%(field)s contains %(value)s",
    "min": "%(field)s at least %(value)s",
    "max": "%(field)s at most %(value)s",
    "between": "%(field)s from %(value)s to %(other)s",
    "last": "%(field)s in the last %(value)s days",
    "next": "%(field)s in the next %(value)s days",
    "notlast": "%(field)s not in the last %(value)s days",
    "empty": "%(field)s is empty",
    "filled": "%(field)s is known",
    "and": " and ",
    "or": " or ",
    "list": " or ",
    "affirm": "is: %(field)s",
    "deny": "is not: %(field)s",
}
conditions = st.builds(
    Condition,
    st.text(min_size=1, max_size=8).filter(lambda text: text == text.strip() and not text.startswith(("or(", "and("))),
    st.sampled_from(Operator),
    st.lists(st.text(min_size=1, max_size=8).filter(lambda text: text == text.strip()), max_size=3).map(tuple),
)
groups = st.builds(
    Group,
    st.lists(
        conditions | st.builds(Group, st.lists(conditions, min_size=2, max_size=3).map(tuple), st.just(True)),
        max_size=4,
    ).map(tuple),
)


@given(groups)
def test_what_is_written_is_read_back(group: Group) -> None:
    assert parse(write(group)) == group


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text)
        check_all(found, FIELDS)
    except ConditionsInvalid:
        return
    assert parse(write(found)) == found


def test_groups_stand_in_brackets_and_conditions_read_as_sentences() -> None:
    group = parse("stage:in:NEW,ACTIVE;or(overdue:min:1000;contact:notlast:14)")
    assert [type(part).__name__ for part in group.parts] == ["Condition", "Group"]
    assert [say(condition, FIELDS, WORDS) for condition in list_conditions(group)] == [
        "Stage is new or active",
        "Overdue at least 1000",
        "Latest contact not in the last 14 days",
    ]
    plain = parse("borrower:is:yes;born:between:1980-01-01,1989-12-31")
    assert [say(condition, FIELDS, WORDS) for condition in list_conditions(plain)] == [
        "is: Borrower",
        "Born from 1980-01-01 to 1989-12-31",
    ]


def test_values_come_typed() -> None:
    def values(text: str) -> list[object]:
        return check(next(list_conditions(parse(text))), FIELDS)

    assert values("overdue:between:1,20.50") == [Decimal(1), Decimal("20.50")]
    assert values("born:min:1980-02-29") == [date(1980, 2, 29)]
    assert values("contact:last:7") == [7]
    assert values("borrower:is:no") == [False]
    assert values(r"likes:has:a\,b\;\(c\)") == ["a,b;(c)"]
    assert values("stage:empty") == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x" * 4001, Fault.TOO_LONG),
        ("or(and(or(stage:is:NEW)))", Fault.TOO_DEEP),
        (";".join(["stage:is:NEW"] * (MAX_CONDITIONS + 1)), Fault.TOO_MANY),
        ("stage", Fault.UNREADABLE),
        ("or(stage:is:NEW", Fault.UNREADABLE),
        ("stage:is:NEW)", Fault.UNREADABLE),
        ("stage:like:NEW", Fault.UNKNOWN_OPERATOR),
        ("stage:min:NEW", Fault.UNKNOWN_OPERATOR),
        ("completeness:empty", Fault.UNKNOWN_OPERATOR),
        ("phone:is:1", Fault.UNKNOWN_FIELD),
        ("stage:is:NEW,ACTIVE", Fault.WRONG_COUNT),
        ("overdue:between:1", Fault.WRONG_COUNT),
        ("overdue:between:2,1", Fault.WRONG_VALUE),
        ("stage:is:OLD", Fault.WRONG_VALUE),
        ("overdue:min:NaN", Fault.WRONG_VALUE),
        ("overdue:min:1e40", Fault.WRONG_VALUE),
        ("born:is:1980-02-30", Fault.WRONG_VALUE),
        ("contact:last:0", Fault.WRONG_VALUE),
        ("contact:last:٣", Fault.WRONG_VALUE),
        ("borrower:is:maybe", Fault.WRONG_VALUE),
    ],
)
def test_what_does_not_fit_is_refused(text: str, fault: Fault) -> None:
    with pytest.raises(ConditionsInvalid) as refused:
        check_all(parse(text), FIELDS)
    assert refused.value.fault == fault


def test_parts_are_replaced_added_and_dropped_in_place() -> None:
    group = parse("stage:is:NEW;or(overdue:min:1;contact:last:7)")
    new = Condition("likes", Operator.HAS, ("tea",))
    assert write(change(group, [0], new)) == "likes:has:tea;or(overdue:min:1;contact:last:7)"
    assert write(change(group, [1, 2], new)) == "stage:is:NEW;or(overdue:min:1;contact:last:7;likes:has:tea)"
    assert (
        write(change(group, [2], Group((new,), True)))
        == "stage:is:NEW;or(overdue:min:1;contact:last:7);or(likes:has:tea)"
    )
    assert write(change(change(group, [1, 1], None), [1, 0], None)) == "stage:is:NEW"
    assert write(change(group, [], None)) == ""
    for path in ([9], [0, 0], [-1]):
        with pytest.raises(ConditionsInvalid):
            change(group, path, new)
