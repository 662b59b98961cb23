"""Choices by rule and the division of a book."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from customers.rules.assignment import (
    Condition,
    Demand,
    Offer,
    Seat,
    choose_in_turn,
    choose_least_busy,
    deal_out,
    divide_book,
    fits,
)

MONDAY = datetime(2026, 3, 2, 10)
seats_lists = st.lists(
    st.builds(
        Seat,
        member_id=st.integers(1, 50),
        load=st.integers(0, 30),
        capacity=st.integers(0, 30),
        latest_at=st.none() | st.integers(0, 1000).map(lambda minutes: MONDAY + timedelta(minutes=minutes)),
    ),
    max_size=8,
    unique_by=lambda seat: seat.member_id,
)


def test_a_rule_fits_whom_it_asks_for() -> None:
    demand = Demand(roles=frozenset({"BORROWER"}), source="app", region_code="110105")
    assert fits(Condition(), demand)
    assert fits(Condition("BORROWER", ("web", "app"), ("31", "11")), demand)
    assert not fits(Condition("INVESTOR"), demand)
    assert not fits(Condition(sources=("web",)), demand)
    assert not fits(Condition(region_prefixes=("31", "")), demand)
    # Who says nothing about himself fits only rules that do not ask.
    assert not fits(Condition("BORROWER"), Demand()) and fits(Condition(), Demand())


def test_the_one_who_waited_longest_has_his_turn() -> None:
    early, late = MONDAY, MONDAY + timedelta(hours=1)
    assert choose_in_turn([Seat(1, 0, 9, late), Seat(2, 8, 9, early)]) == 2
    assert choose_in_turn([Seat(1, 0, 9, early), Seat(2, 0, 9, None)]) == 2
    assert choose_in_turn([Seat(1, 9, 9, early)]) is None
    assert choose_least_busy([Seat(1, 5, 9, None), Seat(2, 2, 9, late), Seat(3, 2, 9, early)]) == 3


@given(seats_lists)
def test_nobody_full_is_ever_chosen(seats: list[Seat]) -> None:
    room = {seat.member_id: seat.room for seat in seats}
    for chosen in (choose_in_turn(seats), choose_least_busy(seats)):
        assert (chosen is None) == (not any(room.values()))
        assert chosen is None or room[chosen] > 0
    least = choose_least_busy(seats)
    assert least is None or room[least] == max(room.values())


@given(seats_lists, st.dictionaries(st.integers(1, 300), st.sampled_from(["HIGH", "LOW", "MIDDLE"]), max_size=60))
def test_a_divided_book_loses_nobody_and_fills_nobody_over(seats: list[Seat], customers: dict[int, str]) -> None:
    parts, left_over = divide_book(customers, seats)
    given_away = [pk for part in parts.values() for pk in part]
    assert sorted(given_away + left_over) == sorted(customers)
    room = {seat.member_id: seat.room for seat in seats}
    assert all(len(part) <= room[member] for member, part in parts.items())
    assert not left_over or sum(room.values()) == len(given_away)


def test_each_gets_his_share_of_every_tier() -> None:
    customers = {pk: "HIGH" if pk <= 10 else "LOW" for pk in range(1, 31)}
    parts, left_over = divide_book(customers, [Seat(1, 0, 20), Seat(2, 0, 20)])
    assert not left_over
    assert [sum(pk <= 10 for pk in part) for part in parts.values()] == [5, 5]
    assert [len(part) for part in parts.values()] == [15, 15]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=5),
    st.lists(st.sampled_from(["110000", "310000", ""]), max_size=25),
    st.booleans(),
)
def test_newcomers_are_dealt_out_evenly_and_within_everybodys_room(
    books: list[tuple[int, int]], regions: list[str], is_in_turn: bool
) -> None:
    seats = [Seat(pk, load, load + room) for pk, (load, room) in enumerate(books, start=1)]
    offers = [
        Offer(7, Condition(region_prefixes=("11",)), (1,), is_in_turn),
        Offer(8, Condition(), tuple(seat.member_id for seat in seats), is_in_turn),
    ]
    demands = {pk: Demand(region_code=region) for pk, region in enumerate(regions, start=1)}
    dealt = deal_out(demands, offers, seats, datetime(2026, 3, 2, tzinfo=UTC))
    assert dealt.keys() == demands.keys()
    got = {seat.member_id: sum(member == seat.member_id for member, _rule in dealt.values()) for seat in seats}
    assert all(got[seat.member_id] <= seat.room for seat in seats)
    assert sum(got.values()) == min(len(demands), sum(seat.room for seat in seats))
    assert all(rule == 7 for pk, (member, rule) in dealt.items() if demands[pk].region_code == "110000" and not member)
    if "110000" not in regions and is_in_turn:
        unfilled = [got[seat.member_id] for seat in seats if got[seat.member_id] < seat.room]
        assert not unfilled or max(got.values()) - min(unfilled) <= 1
