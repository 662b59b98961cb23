"""The rules of likeness, of merged values and of marks, by examples and by properties."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.likeness import THRESHOLD, Person, compare, is_one_edit_apart
from customers.rules.watermarks import mark_row, read_mark

WANG = Person(name="王小明", sound="wangxiaoming", birth_date=date(1990, 5, 17), phone_tail_index="t")
PEOPLE = st.builds(
    Person,
    name=st.sampled_from(["", "王小明", "王晓明", "李雷"]),
    sound=st.sampled_from(["", "wangxiaoming", "lilei"]),
    birth_date=st.sampled_from([None, date(1990, 5, 17), date(1980, 1, 1)]),
    sex=st.sampled_from(["", "M", "F"]),
    phone_index=st.sampled_from(["", "p1", "p2"]),
    phone_tail_index=st.sampled_from(["", "t1", "t2"]),
    identity_index=st.sampled_from(["", "i1", "i2"]),
    cards=st.frozensets(st.sampled_from(["c1", "c2"])),
)


@pytest.mark.parametrize(
    ("other", "score", "first_reason"),
    [
        (WANG, 100, "NAME"),
        (replace(WANG, phone_tail_index=""), 75, "NAME"),
        (replace(WANG, birth_date=None, phone_tail_index=""), 40, "NAME"),
        (replace(WANG, name="王晓明"), 90, "BIRTH_DATE"),
        (replace(WANG, name="李雷", sound="lilei"), 30, "BIRTH_DATE"),
        (Person(name="王大明", sound="wangdaming", birth_date=date(1990, 5, 17)), 60, "BIRTH_DATE"),
    ],
)
def test_examples(other: Person, score: int, first_reason: str) -> None:
    likeness = compare(WANG, other)
    assert (likeness.score, likeness.reasons[0]) == (score, first_reason)


@given(PEOPLE, PEOPLE)
def test_the_order_does_not_matter_and_two_numbers_are_two_people(one: Person, other: Person) -> None:
    likeness = compare(one, other)
    assert likeness == compare(other, one)
    assert 0 <= likeness.score <= 100
    if one.identity_index and other.identity_index and one.identity_index != other.identity_index:
        assert likeness.score < THRESHOLD


@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_one_edit_is_symmetric_and_never_nothing(one: str, other: str) -> None:
    assert is_one_edit_apart(one, other) == is_one_edit_apart(other, one)
    assert not is_one_edit_apart(one, one)


@given(st.integers(1, 10**6))
def test_a_mark_is_read_back_and_an_altered_one_is_not(line: int) -> None:
    mark = mark_row("X20261122ABCDEFGH", line)
    assert read_mark(mark) == "X20261122ABCDEFGH"
    assert read_mark(mark[:-1] + str((int(mark[-1]) + 1) % 10)) is None
