"""Orders that people choose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.ordering import arrange, move

KEYS = st.lists(st.sampled_from("abcdef"), unique=True)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [([], "abc"), (["c"], "cab"), (["c", "a", "c", "x"], "cab"), ([None, 3, "b"], "bac")],
)
def test_the_chosen_come_first(chosen: list[object], found: str) -> None:
    assert "".join(arrange("abc", chosen)) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("up:b", "bac"),
        ("down:b", "acb"),
        ("up:a", "abc"),
        ("down:c", "abc"),
        ("up:x", "abc"),
        ("left:b", "abc"),
        ("", "abc"),
        ("up", "abc"),
    ],
)
def test_one_step_at_a_time(asked: str, found: str) -> None:
    assert "".join(move("abc", asked)) == found


@given(KEYS, st.sampled_from("abcdef"))
def test_a_step_back_undoes_a_step(keys: list[str], key: str) -> None:
    moved = move(keys, f"down:{key}")
    assert sorted(moved) == sorted(keys)
    if moved != keys:
        assert move(moved, f"up:{key}") == keys
