"""Folding of the timeline."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from customers.rules.timeline import NOISY, SHOWN_OF_NOISY, count_kinds, fold_edits, split_noisy

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Entry:
    at: datetime
    kind: str = "change"
    actor_id: int | None = 1


def at(seconds: int) -> datetime:
    return NOON - timedelta(seconds=seconds)


def test_changes_of_one_person_in_two_minutes_are_one_line() -> None:
    entries = [Entry(at(0)), Entry(at(60)), Entry(at(120)), Entry(at(121)), Entry(at(130), actor_id=2)]
    assert [len(group) for group in fold_edits(entries)] == [3, 1, 1]


def test_other_kinds_and_changes_of_nobody_stay_lines_of_their_own() -> None:
    entries = [Entry(at(0), "money"), Entry(at(1), "money"), Entry(at(2), actor_id=None), Entry(at(3), actor_id=None)]
    assert [len(group) for group in fold_edits(entries)] == [1, 1, 1, 1]


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from(["change", "money"]), st.sampled_from([None, 1, 2]))))
def test_folding_loses_nothing_and_keeps_the_order(rows: list[tuple[int, str, int | None]]) -> None:
    entries = [Entry(at(seconds), kind, actor) for seconds, kind, actor in sorted(rows, key=lambda row: row[0])]
    folded = fold_edits(entries)
    assert [entry for group in folded for entry in group] == entries
    shown, hidden = split_noisy(folded)
    assert shown + hidden == folded
    assert len(shown) == (len(folded) if len(folded) <= NOISY else SHOWN_OF_NOISY)
    assert sum(count for _kind, count in count_kinds(hidden)) == len(hidden)
