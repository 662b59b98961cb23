"""The arithmetic of subsidies: worked cases, and random loans on which no fen too much is ever paid."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing.rules import (
    Earned,
    InterestPart,
    PaidInterest,
    SubsidyTerms,
    can_earn_more,
    earn_subsidies,
    find_last_covered,
    plan_subsidy,
    subsidise,
)

D = Decimal
DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("interest", "discount", "rate", "subsidy"),
    [
        ("100.00", "0.03", "0.12", "25.00"),
        ("100.00", "0.03", "0.09", "33.33"),
        ("0.01", "0.03", "0.12", "0.00"),
        ("75.37", "0.20", "0.12", "75.37"),
        ("-10.00", "0.03", "0.12", "0.00"),
        ("10.00", "0.03", "0", "0.00"),
    ],
)
def test_the_discounted_share_is_rounded_down(interest: str, discount: str, rate: str, subsidy: str) -> None:
    assert subsidise(D(interest), SubsidyTerms(D(discount), D(rate), None)) == D(subsidy)


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 3, 2), 12, date(2027, 3, 2)),
        (date(2026, 3, 2), None, None),
    ],
)
def test_the_months_covered(start: date, months: int | None, last: date | None) -> None:
    assert find_last_covered(start, months) == last


def paid(n: int, on_time: str, due: date, *, whole: bool = True) -> PaidInterest:
    return PaidInterest(n, D(on_time), due, due, whole)


def test_instalments_earn_on_their_due_dates_and_later_months_nothing() -> None:
    days = [DAY + timedelta(days=30 * n) for n in (1, 2, 3)]
    parts = [InterestPart(D("100.00"), day) for day in days]
    terms = SubsidyTerms(D("0.03"), D("0.12"), days[1])
    assert plan_subsidy(parts, terms, most=D("1000.00")) == D("50.00")
    assert plan_subsidy(parts, terms, most=D("49.99")) == D("49.99")
    rows = [paid(1, "100.00", days[0]), paid(2, "40.00", days[1], whole=False), paid(3, "100.00", days[2])]

    def earn(today: date, left: str = "50.00", *, is_over: bool = False) -> list[Earned]:
        return earn_subsidies(rows, terms, today=today, is_over=is_over, left=D(left))

    first, second = Earned(1, D("100.00"), D("25.00")), Earned(2, D("40.00"), D("10.00"))
    assert earn(days[0] - timedelta(days=1)) == []
    assert earn(days[0]) == earn(days[1]) == [first]
    assert earn(days[1] + timedelta(days=1)) == earn(DAY, is_over=True) == [first, second]
    assert earn(days[2], left="25.00") == [first]
    assert can_earn_more(rows, terms, today=days[1], is_over=False)
    assert not can_earn_more(rows, terms, today=days[1] + timedelta(days=1), is_over=False)
    assert not can_earn_more(rows, terms, today=DAY, is_over=True)


fen = st.integers(0, 5_000_00).map(lambda n: D(n).scaleb(-2).quantize(D("0.01")))
rates = st.integers(1, 240_000).map(lambda n: D(n).scaleb(-6))


@given(
    interests=st.lists(fen, min_size=1, max_size=24),
    discount=rates,
    rate=rates,
    most=fen.filter(bool),
    months=st.none() | st.integers(1, 24),
    data=st.data(),
)
def test_no_way_of_paying_earns_more_than_was_set_aside_or_than_was_paid(
    interests: list[D], discount: D, rate: D, most: D, months: int | None, data: st.DataObject
) -> None:
    dates = [DAY + timedelta(days=30 * (n + 1)) for n in range(len(interests))]
    parts = [InterestPart(amount, day) for amount, day in zip(interests, dates, strict=True)]
    terms = SubsidyTerms(discount, rate, find_last_covered(DAY, months))
    planned = plan_subsidy(parts, terms, most=most)
    assert 0 <= planned <= min(most, sum(interests, D("0.00")))
    # Of each instalment some part is paid in time; looked at on every due date, each earns once.
    rows = []
    for n, part in enumerate(parts):
        on_time = data.draw(st.integers(0, int(part.interest.scaleb(2))))
        rows.append(paid(n, str(D(on_time).scaleb(-2)), part.nominal_date, whole=data.draw(st.booleans())))
    left, done = planned, set[int]()
    for today in [*dates, dates[-1] + timedelta(days=1)]:
        waiting = [row for row in rows if row.instalment_id not in done]
        for one in earn_subsidies(waiting, terms, today=today, is_over=False, left=left):
            assert 0 < one.amount <= min(left, one.interest) and one.interest == rows[one.instalment_id].on_time
            left -= one.amount
            done.add(one.instalment_id)
    assert planned - left <= sum((row.on_time for row in rows), D("0.00")) and left >= 0
    assert not can_earn_more(rows, terms, today=dates[-1] + timedelta(days=1), is_over=False)
    # Paid whole and on time, the loan earns the plan but for what rounding each instalment down leaves: under a fen each.
    whole = [paid(n, str(part.interest), part.nominal_date) for n, part in enumerate(parts)]
    on_time_all = earn_subsidies(whole, terms, today=dates[-1], is_over=True, left=planned)
    assert sum((one.amount for one in on_time_all), D("0.00")) >= planned - D("0.01") * len(parts)
