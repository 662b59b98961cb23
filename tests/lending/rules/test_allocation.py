from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.rules.allocation import (
    DEFAULT_RULE,
    LEGAL_ORDER,
    AllocatedPart,
    AllocationRule,
    Axis,
    Component,
    UnpaidPart,
    allocate,
    list_parts,
)

FEE, PENALTY, INTEREST, PRINCIPAL = LEGAL_ORDER
JANUARY, FEBRUARY, MARCH = date(2026, 1, 10), date(2026, 2, 10), date(2026, 3, 10)

amounts = st.integers(0, 5_000)
parts_lists = st.lists(
    st.builds(
        UnpaidPart,
        n=st.integers(1, 6),
        component=st.sampled_from(Component),
        due_date=st.dates(JANUARY, JANUARY + timedelta(90)),
        unpaid_fen=amounts,
    ),
    max_size=25,
)
orders = st.permutations(list(Component)).map(tuple)
rules = st.builds(
    AllocationRule,
    due_order=orders,
    advance_order=st.none() | orders,
    axis=st.sampled_from(Axis),
)


def two_late_instalments():
    return [
        *list_parts(2, FEBRUARY, interest_fen=20, principal_fen=200),
        *list_parts(1, JANUARY, fee_fen=5, penalty_fen=3, interest_fen=30, principal_fen=100),
        *list_parts(3, MARCH, interest_fen=10, principal_fen=300),
    ]


def test_fees_penalty_interest_principal_oldest_first():
    allocation = allocate(150, two_late_instalments(), on=FEBRUARY)
    assert allocation.parts == (
        AllocatedPart(1, FEE, 5),
        AllocatedPart(1, PENALTY, 3),
        AllocatedPart(1, INTEREST, 30),
        AllocatedPart(1, PRINCIPAL, 100),
        AllocatedPart(2, INTEREST, 12),
    )
    assert allocation.remainder_fen == 0
    assert allocation.by_component() == {FEE: 5, PENALTY: 3, INTEREST: 42, PRINCIPAL: 100}


def test_what_exceeds_the_dues_stays_with_the_payer():
    parts = two_late_instalments()
    due_fen = sum(part.unpaid_fen for part in parts if part.due_date <= FEBRUARY)
    assert due_fen == 358
    assert allocate(1000, parts, on=FEBRUARY).remainder_fen == 1000 - due_fen


def test_a_product_may_take_it_in_advance():
    rule = AllocationRule(advance_order=(PRINCIPAL, INTEREST, PENALTY, FEE))
    allocation = allocate(1000, two_late_instalments(), on=FEBRUARY, rule=rule)
    assert allocation.parts[-2:] == (AllocatedPart(3, PRINCIPAL, 300), AllocatedPart(3, INTEREST, 10))
    assert allocation.remainder_fen == 1000 - 358 - 310


def test_a_product_may_clear_one_component_everywhere_first():
    rule = AllocationRule(axis=Axis.COMPONENT_FIRST)
    allocation = allocate(60, two_late_instalments(), on=FEBRUARY, rule=rule)
    assert [(part.n, part.component) for part in allocation.parts] == [
        (1, FEE),
        (1, PENALTY),
        (1, INTEREST),
        (2, INTEREST),
        (1, PRINCIPAL),
    ]


def test_a_charge_is_due_from_its_own_date():
    parts = [UnpaidPart(1, PENALTY, JANUARY, 50), UnpaidPart(1, PENALTY, FEBRUARY, 10)]
    assert allocate(100, parts, on=JANUARY).parts == (AllocatedPart(1, PENALTY, 50),)
    assert allocate(100, parts, on=FEBRUARY).parts == (AllocatedPart(1, PENALTY, 60),)


@pytest.mark.parametrize("order", [(), LEGAL_ORDER[:3], (FEE, FEE, INTEREST, PRINCIPAL), (*LEGAL_ORDER, FEE)])
def test_an_order_that_leaves_debt_unpayable_is_refused(order):
    with pytest.raises(ValueError, match="each component once"):
        AllocationRule(due_order=order)
    with pytest.raises(ValueError, match="each component once"):
        AllocationRule(advance_order=order)


def test_negative_amounts_are_refused():
    with pytest.raises(ValueError, match="payment"):
        allocate(-1, [], on=JANUARY)
    with pytest.raises(ValueError, match="unpaid"):
        allocate(1, [UnpaidPart(1, FEE, JANUARY, -1)], on=JANUARY)


def after(parts, allocation):
    """Return the parts with what was paid taken off, in the allocation's own order of payment."""
    left = Counter({(part.n, part.component): part.fen for part in allocation.parts})
    remaining = []
    for part in sorted(parts, key=lambda part: part.due_date):
        paid = min(left[part.n, part.component], part.unpaid_fen)
        left[part.n, part.component] -= paid
        remaining.append(part._replace(unpaid_fen=part.unpaid_fen - paid))
    assert not +left
    return remaining


@given(parts_lists, amounts, amounts, st.dates(JANUARY, JANUARY + timedelta(90)), rules)
def test_two_payments_on_a_day_pay_what_their_sum_pays(parts, first_fen, second_fen, on, rule):
    first = allocate(first_fen, parts, on=on, rule=rule)
    second = allocate(second_fen, after(parts, first), on=on, rule=rule)
    at_once = allocate(first_fen + second_fen, parts, on=on, rule=rule)
    paid = Counter({(part.n, part.component): part.fen for part in first.parts})
    paid.update({(part.n, part.component): part.fen for part in second.parts})
    assert paid == Counter({(part.n, part.component): part.fen for part in at_once.parts})
    assert first.remainder_fen + second.remainder_fen == at_once.remainder_fen


@given(parts_lists, amounts, st.dates(JANUARY, JANUARY + timedelta(90)), rules)
def test_every_fen_goes_somewhere_and_no_debt_is_overpaid(parts, payment_fen, on, rule):
    allocation = allocate(payment_fen, parts, on=on, rule=rule)
    assert sum(part.fen for part in allocation.parts) + allocation.remainder_fen == payment_fen
    assert all(part.fen > 0 for part in allocation.parts)
    owed = Counter()
    for part in parts:
        if part.due_date <= on or rule.advance_order is not None:
            owed[part.n, part.component] += part.unpaid_fen
    assert all(part.fen <= owed[part.n, part.component] for part in allocation.parts)
    assert allocation.remainder_fen == max(payment_fen - owed.total(), 0)


@given(parts_lists, amounts, st.dates(JANUARY, JANUARY + timedelta(90)))
def test_no_younger_instalment_is_paid_before_an_older_one(parts, payment_fen, on):
    paid = Counter()
    for part in allocate(payment_fen, parts, on=on, rule=DEFAULT_RULE).parts:
        paid[part.n] += part.fen
    owed = Counter()
    for part in parts:
        if part.due_date <= on:
            owed[part.n] += part.unpaid_fen
    touched = [n for n in owed if paid[n]]
    assert all(paid[n] == owed[n] for n in owed if touched and n < max(touched))
