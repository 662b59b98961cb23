"""Subsidies on a real database: each instalment once, on its due date, for what was kept of the interest paid in time."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum

from core.models import OutboxEvent
from customers.models import CustomerCost
from ledger.models import Transfer, TransferType
from ledger.operations import InsufficientFunds, post_transfer
from ledger.queries import balance_of, balance_of_customer
from ledger.queries.invariants import check_invariants
from ledger.rules.accounts import CUSTODY, PLATFORM_OWN
from lending.models import Allocation, Loan
from lending.operations.settlements import get_settlement_price, settle_early
from marketing.models import Coupon, CouponOffer, CouponPayment
from marketing.operations import offers, subsidies
from tests.lending.operations import markets
from tests.lending.operations.markets import DAY, D, at
from tests.marketing import offers as make
from tests.pictures import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
ZERO = D("0.00")


def running_with_coupon(**changes: Any) -> tuple[Coupon, Loan]:
    """A loan in repayment with a coupon, its borrower's balance full."""
    application = make.approve_new()
    coupon = make.give(make.run_offer(**changes), application.customer)
    loan = make.run_loan(coupon, application)
    markets.pay_in(loan.borrower, "2000.00")
    subsidies.note_payout(loan_id=loan.pk)
    coupon.refresh_from_db()
    assert coupon.loan_id == loan.pk
    return coupon, loan


def look(loan: Loan, on: date) -> list[CouponPayment]:
    """Have the subsidies of a loan looked at on a day, twice."""
    paid = subsidies.pay_subsidies(loan_id=loan.pk, now=at(on), business_date=on)
    assert subsidies.pay_subsidies(loan_id=loan.pk, now=at(on), business_date=on) == []
    return paid


def share(interest: Any, loan: Loan) -> Any:
    """Return the subsidy of an interest."""
    return (interest * D("0.03") / loan.annual_rate).quantize(D("0.01"), "ROUND_DOWN")


def settle(loan: Loan, on: date) -> None:
    """Settle early and have the subsidies looked at."""
    price = get_settlement_price(loan=loan, business_date=on)
    markets.pay_in(loan.borrower, str(price.total), on=on)
    settle_early(
        loan_id=loan.pk, expected_total=price.total, idempotency_key="early", business_date=on, now=at(on), actor=None
    )
    look(loan, on)


def test_each_instalment_on_time_earns_and_a_late_one_does_not() -> None:
    coupon, loan = running_with_coupon()
    offer, rows = coupon.offer, list(loan.instalments.order_by("n"))
    expected = ZERO
    for row, delay in zip(rows, (0, 2, 0), strict=True):
        before = balance_of_customer(loan.borrower_id).available
        on = row.due_date + timedelta(days=delay)
        repayment = make.repay(loan, row.unpaid, on=on)
        look(loan, on)
        earned = share(row.interest, loan) if delay <= 0 else 0
        assert balance_of_customer(loan.borrower_id).available == before - repayment.amount + earned
        expected += earned
    coupon.refresh_from_db()
    offer.refresh_from_db()
    assert (coupon.state, coupon.spent, coupon.reserved) == (Coupon.State.USED, expected, ZERO)
    assert (offer.spent, offer.reserved) == (expected, ZERO)
    assert balance_of(PLATFORM_OWN) == offer.budget - expected
    assert CouponPayment.objects.aggregate(Sum("amount"))["amount__sum"] == expected
    assert Transfer.objects.filter(type="INTEREST_SUBSIDY").count() == 2
    assert CustomerCost.objects.filter(kind="coupon").aggregate(Sum("amount"))["amount__sum"] == expected


def test_what_is_paid_ahead_earns_when_its_due_date_has_passed() -> None:
    _coupon, loan = running_with_coupon()
    row = loan.instalments.get(n=1)
    half = (row.interest / 2).quantize(D("0.01"))
    make.repay(loan, row.fee + half, on=DAY + timedelta(days=3))
    assert look(loan, DAY + timedelta(days=3)) == look(loan, row.due_date) == []
    assert subsidies.ask_subsidies(business_date=row.due_date - timedelta(days=1), now=at()) == 0
    assert subsidies.ask_subsidies(business_date=row.due_date, now=at()) == 1
    asked = OutboxEvent.objects.filter(name="marketing.subsidy_due").get()
    assert asked.payload["loan_id"] == loan.pk
    (payment,) = look(loan, row.due_date + timedelta(days=1))
    assert (payment.interest, payment.amount) == (half, share(half, loan))
    # The other half is late now and earns nothing, and nobody is asked a second time.
    make.repay(loan, None, on=row.due_date + timedelta(days=1))
    assert look(loan, row.due_date + timedelta(days=1)) == []
    assert subsidies.ask_subsidies(business_date=row.due_date, now=at()) == 0


@pytest.mark.parametrize("discount", ["0.03", "0.90"])
@pytest.mark.parametrize("ahead", [False, True])
def test_an_early_settlement_never_subsidises_more_than_the_interest_really_paid(discount: str, ahead: bool) -> None:
    coupon, loan = running_with_coupon(discount_rate=D(discount))
    if ahead:
        # The first instalment paid whole on the first day: an early settlement gives most of it back.
        make.repay(loan, loan.instalments.get(n=1).unpaid, on=DAY)
        assert look(loan, DAY) == []
    settle(loan, DAY + timedelta(days=10))
    coupon.refresh_from_db()
    kept = Allocation.objects.filter(repayment__loan=loan, component="INTEREST").aggregate(total=Sum("amount"))["total"]
    factor = min(D(discount), loan.annual_rate) / loan.annual_rate
    # To the fen: each instalment is rounded down by itself.
    assert 0 < kept * factor - D("0.02") < coupon.spent <= kept * factor <= kept
    assert coupon.spent == CouponPayment.objects.aggregate(Sum("amount"))["amount__sum"]
    assert (coupon.state, coupon.reserved) == (Coupon.State.USED, ZERO)


def test_who_pays_nothing_on_time_earns_nothing_and_the_budget_comes_back() -> None:
    coupon, loan = running_with_coupon()
    rows = list(loan.instalments.order_by("n"))
    after = rows[-1].due_date + timedelta(days=1)
    assert look(loan, rows[-1].due_date) == []
    coupon.refresh_from_db()
    assert coupon.state == Coupon.State.RESERVED
    assert look(loan, after) == []
    coupon.refresh_from_db()
    coupon.offer.refresh_from_db()
    assert (coupon.state, coupon.loan_id, coupon.reserved) == (Coupon.State.RELEASED, loan.pk, ZERO)
    assert (coupon.offer.reserved, coupon.offer.spent) == (ZERO, ZERO)
    # Whatever he pays in arrears, afterwards or in an early settlement, earns nothing either.
    settle(loan, after)
    assert not CouponPayment.objects.exists() and not Transfer.objects.filter(type="INTEREST_SUBSIDY").exists()


def test_without_own_money_a_subsidy_is_refused_and_leaves_nothing() -> None:
    _coupon, loan = running_with_coupon()
    row = loan.instalments.get(n=1)
    make.repay(loan, row.unpaid, on=row.due_date)
    own = balance_of(PLATFORM_OWN) - D("0.01")
    post_transfer(
        type=TransferType.OWN_FUNDS, lines=[(PLATFORM_OWN, -own), (CUSTODY, own)], idempotency_key="out",
        business_date=DAY, now=at(), actor=None,
    )  # fmt: skip
    with refused(InsufficientFunds):
        subsidies.pay_subsidies(loan_id=loan.pk, now=at(row.due_date), business_date=row.due_date)
    # Once there is money again, it is paid, once.
    post_transfer(
        type=TransferType.OWN_FUNDS, lines=[(CUSTODY, -own), (PLATFORM_OWN, own)], idempotency_key="in",
        business_date=DAY, now=at(), actor=None,
    )  # fmt: skip
    assert len(look(loan, row.due_date)) == 1


def test_an_offer_that_ends_calls_in_what_is_unused_and_honours_what_is_in_use() -> None:
    coupon, loan = running_with_coupon()
    unused = make.give(coupon.offer, markets.make_borrower())
    offers.end_offer(offer_id=coupon.offer_id, reason="r", actor=coupon.offer.made_by, now=at())
    assert offers.call_in_coupons(offer_id=coupon.offer_id, now=at()) == 1
    unused.refresh_from_db()
    assert unused.state == Coupon.State.CANCELLED
    row = loan.instalments.get(n=1)
    make.repay(loan, row.unpaid, on=row.due_date)
    assert look(loan, row.due_date)
    assert offers.sum_promised() == Coupon.objects.get(pk=coupon.pk).reserved


def test_the_books_add_up_with_coupons() -> None:
    _coupon, loan = running_with_coupon()
    row = loan.instalments.get(n=1)
    make.repay(loan, row.unpaid, on=row.due_date)
    look(loan, row.due_date)
    call_command("check_ledger")
    CouponOffer.objects.update(spent=D("0.01"))
    broken = {finding.name for finding in check_invariants() if not finding.holds}
    assert broken == {"coupons_add_up"}
