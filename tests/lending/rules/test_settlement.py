from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Rounding
from lending.rules.allocation import Component, UnpaidPart, list_parts
from lending.rules.settlement import (
    InterestUntil,
    PaidAhead,
    RunningPeriod,
    SettlementTerms,
    Waiver,
    accrue_interest_fen,
    quote_settlement,
    use_interest_fen,
)
from lending.rules.terms import DayCount

FEE, PENALTY, INTEREST, PRINCIPAL = Component.FEE, Component.PENALTY, Component.INTEREST, Component.PRINCIPAL
MONTHLY = SettlementTerms(D("0.12"), DayCount.THIRTY_360)
DAILY = SettlementTerms(D("0.12"), DayCount.ACTUAL_365)
PAYOUT = date(2026, 1, 15)
DUES = (date(2026, 2, 15), date(2026, 3, 15), date(2026, 4, 15))


def three_instalments():
    """3 000.00 yuan at 12 % in equal principal: 30.00, 20.00 and 10.00 of interest."""
    for n, (due, interest_fen) in enumerate(zip(DUES, (3000, 2000, 1000), strict=True), start=1):
        yield from list_parts(n, due, fee_fen=150, interest_fen=interest_fen, principal_fen=100_000)


def running(n, **changes):
    start = (PAYOUT, *DUES)[n - 1]
    return RunningPeriod(start, DUES[n - 1], (4 - n) * 100_000, (4 - n) * 1000, **changes)


def test_in_the_middle_of_the_second_month():
    unpaid = [part for part in three_instalments() if part.n > 1]
    quote = quote_settlement(on=date(2026, 3, 1), unpaid=unpaid, running=running(2), terms=MONTHLY)
    assert quote.principal_not_due_fen == 200_000
    assert (quote.days_used, quote.interest_used_fen) == (14, 1000)  # 14 of 28 days
    assert quote.waivers == (Waiver(2, 1000, 150), Waiver(3, 1000, 150))
    assert (quote.total_fen, quote.saved_fen) == (201_000, 2300)
    daily = quote_settlement(on=date(2026, 3, 1), unpaid=unpaid, running=running(2), terms=DAILY)
    assert daily.interest_used_fen == 921  # 2 000 x 12 % x 14 / 365


def test_overdue_instalments_are_paid_as_they_stand():
    unpaid = [*three_instalments(), UnpaidPart(1, PENALTY, DUES[0], 77)]
    quote = quote_settlement(on=date(2026, 3, 1), unpaid=unpaid, running=running(2), terms=MONTHLY)
    assert quote.due_fen == {FEE: 150, PENALTY: 77, INTEREST: 3000, PRINCIPAL: 100_000}
    assert quote.by_component() == {FEE: 150, PENALTY: 77, INTEREST: 4000, PRINCIPAL: 300_000}
    assert sum(quote.by_component().values()) == quote.total_fen


def test_on_a_due_date_the_instalment_is_due_and_nothing_more_is_earned():
    quote = quote_settlement(on=DUES[0], unpaid=list(three_instalments()), running=running(2), terms=DAILY)
    assert quote.due_fen[INTEREST] == 3000
    assert (quote.interest_used_fen, quote.days_used) == (0, 0)


def test_on_the_day_of_payout_only_principal_is_owed():
    quote = quote_settlement(on=PAYOUT, unpaid=list(three_instalments()), running=running(1), terms=DAILY)
    assert quote.total_fen == 300_000


def test_after_the_last_due_date_everything_is_due():
    quote = quote_settlement(on=date(2026, 5, 1), unpaid=list(three_instalments()), running=None, terms=DAILY)
    assert quote.total_fen == 300_000 + 6000 + 450
    assert quote.waivers == ()


def test_interest_paid_ahead_counts_and_what_is_not_earned_is_given_back():
    # 1 March is 14 of 28 days into the second period: 1000 of its 2000 fen are earned.
    unpaid = [UnpaidPart(2, INTEREST, DUES[1], 1400), UnpaidPart(3, INTEREST, DUES[2], 1000)]
    day = date(2026, 3, 1)
    some = quote_settlement(on=day, unpaid=unpaid, running=running(2), terms=MONTHLY, paid_ahead=[PaidAhead(2, 600)])
    assert (some.interest_used_fen, some.credits) == (400, ())
    rest = [UnpaidPart(3, PRINCIPAL, DUES[2], 100_000), unpaid[1]]
    whole = quote_settlement(on=day, unpaid=rest, running=running(2), terms=MONTHLY, paid_ahead=[PaidAhead(2, 2000)])
    assert (whole.interest_used_fen, whole.credits) == (0, (PaidAhead(2, 1000),))
    assert (whole.total_fen, whole.saved_fen) == (99_000, 2000)
    both = [PaidAhead(3, 900), PaidAhead(2, 2000)]
    twice = quote_settlement(on=day, unpaid=rest[:1], running=running(2), terms=MONTHLY, paid_ahead=both)
    assert twice.credits == (PaidAhead(2, 1000), PaidAhead(3, 900))
    assert twice.by_component()[INTEREST] == -1900


def test_interest_that_was_put_off_is_earned():
    unpaid = [part for part in three_instalments() if part.n == 3]
    unpaid.append(UnpaidPart(3, INTEREST, DUES[2], 5000))
    quote = quote_settlement(
        on=DUES[1] + timedelta(1), unpaid=unpaid, running=running(3, deferred_fen=5000), terms=MONTHLY
    )
    assert quote.interest_used_fen == 5000 + 32


@pytest.mark.parametrize(("is_disclosed", "fee_fen"), [(True, 2000), (False, 0)])
def test_a_fee_is_owed_only_where_it_was_disclosed(is_disclosed, fee_fen):
    terms = SettlementTerms(D("0.12"), DayCount.THIRTY_360, fee_rate=D("0.01"), is_fee_disclosed=is_disclosed)
    unpaid = [part for part in three_instalments() if part.n > 1]
    quote = quote_settlement(on=date(2026, 3, 1), unpaid=unpaid, running=running(2), terms=terms)
    assert quote.settlement_fee_fen == fee_fen
    assert quote.by_component()[FEE] == fee_fen


def test_a_contract_may_ask_for_the_whole_period():
    terms = SettlementTerms(D("0.12"), DayCount.THIRTY_360, interest_until=InterestUntil.PERIOD_END)
    assert use_interest_fen(running(2), terms, date(2026, 3, 1)) == 2000


def test_a_year_boundary_by_actual_actual():
    # 17 days of 365ths, 14 of 366ths.
    interest_fen = accrue_interest_fen(
        10_000_000, D("0.12"), DayCount.ACTUAL_ACTUAL, date(2023, 12, 14), date(2024, 1, 14)
    )
    assert interest_fen == round(10_000_000 * 0.12 * (17 / 365 + 14 / 366))


day_counts = st.sampled_from([DayCount.THIRTY_360, DayCount.ACTUAL_365, DayCount.ACTUAL_360, DayCount.ACTUAL_ACTUAL])


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 500)), min_size=1, max_size=12),
    st.integers(0, 400),
    st.decimals(0, D("0.36"), places=4),
    day_counts,
    st.sampled_from([Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.DOWN]),
    st.integers(0, 50_000),
)
def test_settling_never_costs_more_than_paying_on(rows, day, rate, day_count, rounding, paid_fen):
    dues = [PAYOUT + timedelta(30 * (n + 1)) for n in range(len(rows))]
    on = PAYOUT + timedelta(day)
    unpaid = [
        part
        for n, (due, (principal_fen, interest_fen, fee_fen)) in enumerate(zip(dues, rows, strict=True), start=1)
        for part in list_parts(n, due, fee_fen=fee_fen, interest_fen=interest_fen, principal_fen=principal_fen)
    ]
    n = next((n for n, due in enumerate(dues) if due > on), None)
    period = None
    if n is not None:
        start = dues[n - 1] if n else PAYOUT
        principal_fen = sum(row[0] for row in rows[n:])
        period = RunningPeriod(start, dues[n], principal_fen, rows[n][1])
    terms = SettlementTerms(rate, day_count, rounding)
    # What was paid ahead is the running instalment's interest, then the next one's.
    ahead = []
    for place in range(n, len(rows)) if n is not None else ():
        taken_fen = min(paid_fen, rows[place][1])
        paid_fen -= taken_fen
        ahead.append(PaidAhead(place + 1, taken_fen))
        unpaid = [
            part._replace(unpaid_fen=part.unpaid_fen - taken_fen)
            if (part.n, part.component) == (place + 1, INTEREST)
            else part
            for part in unpaid
        ]
    quote = quote_settlement(on=on, unpaid=unpaid, running=period, terms=terms, paid_ahead=ahead)
    everything_fen = sum(part.unpaid_fen for part in unpaid)
    assert quote.total_fen + quote.saved_fen == everything_fen
    if period is not None:
        used_fen = use_interest_fen(period, terms, on)
        future_fen = sum(row[1] for row in rows[n:])
        due_fen = sum(row[1] for row in rows[:n])
        borne_fen = quote.by_component()[INTEREST] - due_fen + sum(paid.interest_fen for paid in ahead)
        assert borne_fen == min(used_fen, future_fen)
    assert quote.total_fen <= everything_fen
    assert sum(quote.by_component().values()) == quote.total_fen
    assert quote.by_component()[PRINCIPAL] == sum(row[0] for row in rows)
    assert all(waiver.interest_fen >= 0 and waiver.fee_fen >= 0 for waiver in quote.waivers)


@given(st.integers(1, 10**8), st.decimals(0, D("0.36"), places=4), day_counts, st.integers(1, 62))
def test_interest_grows_with_the_days_and_never_beyond_the_period(principal_fen, rate, day_count, length):
    due = PAYOUT + timedelta(length)
    whole_fen = accrue_interest_fen(principal_fen, rate, day_count, PAYOUT, due)
    terms = SettlementTerms(rate, day_count)
    period = RunningPeriod(PAYOUT, due, principal_fen, whole_fen)
    earned = [use_interest_fen(period, terms, PAYOUT + timedelta(day)) for day in range(-1, length + 3)]
    assert earned == sorted(earned)
    assert (earned[0], earned[1], earned[-1]) == (0, 0, whole_fen)
