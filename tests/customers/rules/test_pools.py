"""When a customer may be claimed, and when he is taken back."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from customers.rules.pools import (
    ClaimFacts,
    ClaimRefusal,
    Fate,
    RecycleTerms,
    find_claim_refusal,
    find_recycle_date,
    judge_recycling,
)

NOW = datetime(2026, 3, 31, 10)
dates = st.dates(date(2025, 1, 1), date(2026, 12, 31))
terms_of = st.builds(RecycleTerms, st.integers(0, 90), st.integers(0, 90), st.integers(0, 10))


def facts(**changes: object) -> ClaimFacts:
    return ClaimFacts(
        **{
            "claimed_today": 0,
            "daily_claims": 10,
            "load": 0,
            "capacity": 300,
            "left_at": None,
            "cool_down_days": 30,
            **changes,
        }  # type: ignore[arg-type]
    )


def test_a_claim_meets_each_limit_exactly() -> None:
    assert find_claim_refusal(facts(), NOW) is None
    assert find_claim_refusal(facts(claimed_today=9), NOW) is None
    assert find_claim_refusal(facts(claimed_today=10), NOW) is ClaimRefusal.DAILY_LIMIT
    assert find_claim_refusal(facts(load=299), NOW) is None
    assert find_claim_refusal(facts(load=300), NOW) is ClaimRefusal.NO_ROOM
    assert find_claim_refusal(facts(left_at=NOW - timedelta(days=30)), NOW) is None
    just_short = NOW - timedelta(days=30) + timedelta(seconds=1)
    assert find_claim_refusal(facts(left_at=just_short), NOW) is ClaimRefusal.COOLING_DOWN


def test_neglect_is_warned_of_and_then_ends() -> None:
    terms = RecycleTerms(no_contact_days=30, no_deal_days=0, warning_days=3)
    contact = date(2026, 3, 1)
    fates = {day: judge_recycling(terms, contact, contact, date(2026, 3, day)) for day in range(1, 32)}
    assert [day for day, fate in fates.items() if fate is Fate.WARNED] == [28, 29, 30]
    assert fates[27] is Fate.STAYS and fates[31] is Fate.TAKEN_BACK


@given(terms_of, dates, dates, dates)
def test_later_is_never_milder_and_zero_days_never_take(
    terms: RecycleTerms, contact: date, deal: date, day: date
) -> None:
    order = [Fate.STAYS, Fate.WARNED, Fate.TAKEN_BACK]
    today, tomorrow = (judge_recycling(terms, contact, deal, day + timedelta(days=n)) for n in (0, 1))
    assert order.index(tomorrow) >= order.index(today)
    due = find_recycle_date(terms, contact, deal)
    assert (due is None) == (not terms.no_contact_days and not terms.no_deal_days)
    if due is None:
        assert today is Fate.STAYS
    else:
        assert (today is Fate.TAKEN_BACK) == (day >= due)
