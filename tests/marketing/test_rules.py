"""The arithmetic of subsidies: worked cases, and random loans on which no fen too much is ever paid."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing.rules import (
    InterestPart,
    SubsidyTerms,
    earn_subsidy,
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


def test_late_interest_and_later_months_earn_nothing() -> None:
    parts = [InterestPart(D("100.00"), DAY + timedelta(days=30 * n), DAY + timedelta(days=30 * n)) for n in (1, 2, 3)]
    terms = SubsidyTerms(D("0.03"), D("0.12"), DAY + timedelta(days=60))
    assert plan_subsidy(parts, terms, most=D("1000.00")) == D("50.00")
    assert plan_subsidy(parts, terms, most=D("49.99")) == D("49.99")
    first_due = parts[0].due_date
    assert earn_subsidy(parts[:1], terms, paid_on=first_due, left=D("50.00")) == (D("100.00"), D("25.00"))
    assert earn_subsidy(parts[:1], terms, paid_on=first_due + timedelta(days=1), left=D("50.00")) == (
        D("0.00"),
        D("0.00"),
    )
    assert earn_subsidy(parts[2:], terms, paid_on=DAY, left=D("50.00"))[1] == 0
    given_back = InterestPart(D("-40.00"), first_due, first_due)
    assert earn_subsidy([parts[0], given_back], terms, paid_on=DAY, left=D("50.00")) == (D("60.00"), D("15.00"))


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
def test_no_way_of_paying_earns_more_than_was_set_aside(
    interests: list[D], discount: D, rate: D, most: D, months: int | None, data: st.DataObject
) -> None:
    dates = [DAY + timedelta(days=30 * (n + 1)) for n in range(len(interests))]
    parts = [InterestPart(amount, day, day) for amount, day in zip(interests, dates, strict=True)]
    terms = SubsidyTerms(discount, rate, find_last_covered(DAY, months))
    left = planned = plan_subsidy(parts, terms, most=most)
    assert 0 <= planned <= min(most, sum(interests, D("0.00")))
    paid = D("0.00")
    for part in parts:
        first = data.draw(st.integers(0, int(part.interest.scaleb(2)))) if part.interest else 0
        halves = [D(first).scaleb(-2), part.interest - D(first).scaleb(-2)]
        for half in halves:
            delay = data.draw(st.sampled_from([-3, 0, 1, 40]))
            on = part.due_date + timedelta(days=delay)
            piece = InterestPart(half, part.nominal_date, part.due_date)
            counted, amount = earn_subsidy([piece], terms, paid_on=on, left=left)
            assert 0 <= amount <= min(left, counted, half)
            assert not (delay > 0 and amount)
            left, paid = left - amount, paid + amount
    assert paid + left == planned
    # Paid whole and on time, the loan earns the plan but for what rounding each payment down leaves: under a fen each.
    on_time = sum((earn_subsidy([part], terms, paid_on=part.due_date, left=planned)[1] for part in parts), D("0.00"))
    assert min(on_time, planned) >= planned - D("0.01") * len(parts)
