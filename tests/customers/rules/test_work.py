"""Pure rules of the RM's work: mentions, revisits, leads, worth, funnel, stages."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.funnel import build_funnel
from customers.rules.leads import (
    INTAKES,
    LeadFacts,
    add_working_minutes,
    count_working_minutes,
    find_gaps,
    looks_self_referred,
    score_lead,
)
from customers.rules.mentions import Colleague, list_candidates, pick_mentions, suggest
from customers.rules.revisits import (
    PER_HOUR,
    Basis,
    Wish,
    list_hours,
    next_birthday,
    place_visits,
    rank_slots,
)
from customers.rules.stages import days_in_stage, is_ageing, probability_of
from customers.rules.worth import WorthFacts, WorthTerms, price_contact, weigh

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 3, 2)
WEEK = [MONDAY + timedelta(days=n) for n in range(5)]


def is_workday(day: date) -> bool:
    return day.weekday() < 5


@pytest.mark.parametrize(
    ("text", "ids", "ambiguous"),
    [
        ("请@李静看一下", [1], []),
        ("@lijing and @chen please", [1, 2], []),
        ("mail to a@chen.example", [], []),
        ("@李静@李静", [1], []),
        ("@王伟 should call", [], ["王伟"]),
        ("@nobody", [], []),
    ],
)
def test_mentions_find_names_in_the_middle_of_a_sentence(text, ids, ambiguous):
    known = {"李静": [1], "lijing": [1], "chen": [2], "王伟": [3, 4]}
    assert pick_mentions(text, known) == (ids, ambiguous)


PEOPLE = [
    Colleague("张强", "zq", "一组", is_name_shared=False, is_near=True),
    Colleague("李静", "lijing", "一组", is_name_shared=False, is_near=False),
    Colleague("王伟", "wangwei2", "二组", is_name_shared=True, is_near=False),
    Colleague("Li Jing", "lj", "二组", is_name_shared=False, is_near=False),
]


@pytest.mark.parametrize(
    ("typed", "marks"),
    [
        ("", ["张强", "李静", "wangwei2", "lj"]),
        ("李", ["李静"]),
        ("静", ["李静"]),
        ("lij", ["李静", "lj"]),
        ("lj", ["lj", "李静"]),
        ("qiang", []),
        ("zhangq", ["张强"]),
        ("WW", ["wangwei2"]),
    ],
)
def test_letters_after_an_at_suggest_by_name_pinyin_and_initials(typed, marks):
    assert [one.mark for one in suggest(typed, PEOPLE)] == marks


def test_what_is_suggested_names_exactly_that_colleague():
    for number, one in enumerate(PEOPLE):
        known = {one.username: [number]} | ({} if one.is_name_shared else {one.name: [number]})
        assert pick_mentions(f"请@{one.mark} 看一下", known) == ([number], [])


@given(st.text(max_size=80))
def test_any_text_can_be_read_for_mentions(text):
    for candidates in list_candidates(text):
        assert candidates == sorted(candidates, key=len, reverse=True)
        assert all(len(candidate) >= 2 for candidate in candidates)


def test_quiet_hours_over_midnight_and_within_a_day():
    assert list_hours(21, 8) == [9, 10, 11, 13, 14, 15, 16, 17]
    assert list_hours(9, 13) == [13, 14, 15, 16, 17]
    assert list_hours(0, 0) == [9, 10, 11, 13, 14, 15, 16, 17]


def test_the_best_hour_leans_on_the_usual_one_until_there_is_enough_of_the_own():
    hours = list_hours(21, 8)
    (slot, share, basis), *_rest = rank_slots({(1, 10): (3, 3)}, {(1, 10): (4, 10)}, hours)
    assert (slot, basis) == ((1, 10), Basis.OWN)
    assert share == pytest.approx((3 + 5 * (4 + 2.5) / 15) / 8)
    # Two lucky calls do not beat an hour at which everybody is reached.
    (slot, _share, basis), *_rest = rank_slots({(1, 10): (1, 2)}, {(3, 15): (90, 100)}, hours)
    assert (slot, basis) == ((3, 15), Basis.USUAL)


def slots(*first):
    return (*first, *((day, hour) for day in range(5) for hour in (9, 10, 11, 13, 14, 15, 16, 17)))


def test_visits_go_to_the_best_hour_of_the_week():
    placed = place_visits([Wish(1, 3, slots((1, 10)))], WEEK, {}, a_day_at_most=5)
    assert placed == {1: datetime(2026, 3, 3, 10)}


def test_a_make_up_working_day_on_a_weekend_is_used_when_nothing_else_is_left():
    saturday = MONDAY + timedelta(days=5)
    assert place_visits([Wish(1, 3, slots((1, 10)))], [saturday], {}, a_day_at_most=5) == {1: datetime(2026, 3, 7, 10)}


@given(
    st.lists(st.integers(0, 400), max_size=80),
    st.integers(1, 12),
    st.dictionaries(st.sampled_from([datetime(2026, 3, 2, 9), datetime(2026, 3, 4, 15)]), st.integers(0, 6)),
)
def test_a_week_is_spread_without_crowding(overdue, a_day_at_most, taken):
    wishes = [Wish(number, days, slots((1, 10))) for number, days in enumerate(overdue)]
    placed = place_visits(wishes, WEEK, taken, a_day_at_most=a_day_at_most)
    by_day = {day: sum(moment.date() == day for moment in placed.values()) for day in WEEK}
    for day, count in by_day.items():
        assert count <= a_day_at_most
        before = sum(n for moment, n in taken.items() if moment.date() == day)
        assert count == 0 or count + before <= a_day_at_most
    assert len(set(placed.values())) == len(placed) or max(taken.values(), default=0) > PER_HOUR
    left_out = {wish.customer_id for wish in wishes} - set(placed)
    if not taken and len(wishes) <= 5 * a_day_at_most:
        assert not left_out
    assert all(MONDAY <= moment.date() <= WEEK[-1] for moment in placed.values())


def test_birthdays_come_round():
    assert next_birthday(date(1990, 3, 4), MONDAY) == date(2026, 3, 4)
    assert next_birthday(date(1990, 3, 1), MONDAY) == date(2027, 3, 1)
    assert next_birthday(date(1992, 2, 29), date(2026, 2, 1)) == date(2026, 2, 28)


@given(st.dates(date(1930, 1, 1), date(2010, 1, 1)), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_birthday_is_never_more_than_a_year_ahead(born, today):
    assert 0 <= (next_birthday(born, today) - today).days <= 366


def test_all_thirteen_methods_have_an_intake_of_their_own():
    assert len(INTAKES) == 13
    assert len({(intake.required, intake.needs_introducer) for intake in INTAKES.values()}) >= 11


@pytest.mark.parametrize("method", INTAKES)
def test_an_intake_with_all_it_asks_for_has_no_gaps(method):
    intake = INTAKES[method]
    origin = dict.fromkeys(intake.fields, "x")
    full = {"has_phone": True, "has_introducer": True, "has_consent": True}
    assert find_gaps(method, origin, **full) == {}
    assert find_gaps(method, {}, **full) == dict.fromkeys(intake.required, "required")
    assert find_gaps(method, {**origin, "other": "x"}, **full) == {"other": "not_asked"}


def test_methods_by_message_need_consent_and_introductions_an_introducer():
    none = {"has_phone": False, "has_introducer": False, "has_consent": False}
    assert find_gaps("SMS", {"campaign": "x"}, **none) == {"phone": "required", "has_marketing_consent": "consent"}
    assert find_gaps("INTRODUCTION", {"introduced_how": "x"}, **none) == {"phone": "required", "introducer": "required"}


def facts(**known) -> LeadFacts:
    return LeadFacts(
        **{"has_phone": False, "has_consent": False, "has_name": False, "has_need": False, "amount": None, **known}
    )


def test_a_score_says_what_it_is_made_of():
    parts = {
        part.code: part.points
        for part in score_lead(facts(has_phone=True, has_name=True, has_need=True, amount=Decimal(60_000)))
    }
    assert parts == {"reachable": 20, "need": 15, "amount": 16, "method": 8, "introducer": 0, "answer": 0}


@given(
    st.builds(
        LeadFacts,
        has_phone=st.booleans(),
        has_consent=st.booleans(),
        has_name=st.booleans(),
        has_need=st.booleans(),
        amount=st.none() | st.decimals(0, 10**9, places=2),
        method_share=st.none() | st.floats(0, 1),
        introducer_deals=st.integers(0, 10**6),
        introducer_share=st.none() | st.floats(0, 1),
        minutes_to_answer=st.none() | st.integers(0, 10**6),
        minutes_allowed=st.integers(1, 600),
    )
)
def test_scores_stay_between_0_and_100_and_every_part_within_its_own(lead):
    parts = score_lead(lead)
    assert sum(part.most for part in parts) == 100
    assert all(0 <= part.points <= part.most for part in parts)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        (at(2, 10), 120, at(2, 12)),
        (at(2, 7), 120, at(2, 11)),
        (at(6, 17), 120, at(9, 10)),
        (at(7, 12), 60, at(9, 10)),
        (at(2, 18), 30, at(3, 9, 30)),
    ],
)
def test_the_first_response_clock_runs_in_working_hours_only(start, minutes, end):
    hours = {"opens": 9, "closes": 18, "is_workday": is_workday}
    assert add_working_minutes(start, minutes, **hours) == end
    assert count_working_minutes(start, end, **hours) == minutes


@given(st.integers(0, 60 * 24 * 14), st.integers(1, 3000))
def test_clock_and_count_agree(offset, minutes):
    start = at(2, 0) + timedelta(minutes=offset)
    hours = {"opens": 9, "closes": 18, "is_workday": is_workday}
    end = add_working_minutes(start, minutes, **hours)
    assert count_working_minutes(start, end, **hours) == minutes
    assert is_workday(end.date())


def test_nobody_introduces_himself():
    assert looks_self_referred("a", "a")
    assert not looks_self_referred("", "")
    assert not looks_self_referred("a", "b")


TERMS = WorthTerms(
    margin_rate=Decimal("0.02"),
    referral_value=Decimal(50),
    referred_deal_value=Decimal(300),
    feedback_value=Decimal(20),
    size_threshold=Decimal(500_000),
    size_value=Decimal(500),
    repeat_rate=Decimal("0.10"),
    loss_given_default=Decimal("0.60"),
)


def test_the_value_sheet_has_five_parts():
    worth = weigh(
        WorthFacts(
            total=Decimal(100_000),
            deals=3,
            referrals=2,
            referred_deals=1,
            feedbacks=1,
            cost=Decimal("75.50"),
            exposure=Decimal(10_000),
            default_chance=Decimal("0.05"),
        ),
        TERMS,
    )
    assert (worth.volume, worth.repeat, worth.intangible) == (Decimal("2000.00"), Decimal("400.00"), Decimal("420.00"))
    assert (worth.cost, worth.expected_loss) == (Decimal("75.50"), Decimal("300.00"))
    assert worth.net == Decimal("2444.50")
    assert price_contact(20, Decimal(90)) == Decimal("30.00")


@given(st.decimals(0, 10**9, places=2), st.integers(0, 100), st.decimals(0, 10**6, places=2))
def test_size_counts_from_the_threshold_on_and_costs_only_lower_the_value(total, deals, cost):
    cheap, dear = (weigh(WorthFacts(total=total, deals=deals, cost=each), TERMS) for each in (Decimal(0), cost))
    assert cheap.net - dear.net == cost
    assert (cheap.intangible == 500) is (total >= 500_000)
    assert cheap.repeat <= cheap.volume * Decimal("0.5") + Decimal("0.01")


def test_a_funnel_has_denominators_and_no_rate_without_one():
    steps = build_funnel(["PHONE", "REGISTERED", "CARD"], {"PHONE": 120, "REGISTERED": 90})
    assert [(step.count, step.before, step.dropped) for step in steps] == [(120, 120, 0), (90, 120, 30), (0, 90, 90)]
    assert steps[1].share == 0.75
    assert build_funnel(["A", "B"], {})[1].share is None


def test_open_deals_age_closed_ones_do_not():
    now = at(20, 10)
    assert is_ageing("NEED", now - timedelta(days=15), now, {"NEED": 14})
    assert not is_ageing("NEED", now - timedelta(days=14, hours=5), now, {"NEED": 14})
    assert not is_ageing("WON", now - timedelta(days=99), now, {"NEED": 14})
    assert days_in_stage(now + timedelta(days=1), now) == 0
    assert [probability_of(stage) for stage in ("NEED", "WON", "LOST")] == [10, 100, 0]
