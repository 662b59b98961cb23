"""Offers of coupons that run, customers who have one, and loans taken with one, for tests."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from customers.models import Customer
from ledger.operations.own_funds import pay_in_own_funds
from lending.models import Application, Loan, Repayment
from lending.operations.repayments import record_repayment
from marketing.models import Coupon, CouponOffer
from marketing.operations import issuing, offers, redeeming
from staff.models import Approval
from tests.fixtures.borrowers import make_staff
from tests.lending.operations import markets
from tests.lending.operations.markets import DAY, D, at

_serial = count(1)


def draft_offer(**changes: Any) -> CouponOffer:
    """Return a draft: 3 points off for all months, at most 500 yuan a coupon, 1000 yuan together."""
    given: dict[str, Any] = {
        "name": "新客贴息",
        "discount_rate": D("0.030000"),
        "most_per_coupon": D("500.00"),
        "budget": D("1000.00"),
        "valid_from": DAY,
        "valid_until": DAY + timedelta(days=60),
    }
    actor = changes.pop("actor", None) or make_staff("operations")
    return offers.create_offer(**{**given, **changes}, actor=actor, now=at())


def approve_offer(offer: CouponOffer) -> CouponOffer:
    """Have an offer approved by another person."""
    asked = offers.submit_offer(offer_id=offer.pk, reason="r", actor=offer.made_by, now=at())
    offers.decide_offer(approval_id=asked.pk, is_approved=True, note="", actor=make_staff("manager"), now=at())
    offer.refresh_from_db()
    return offer


def run_offer(**changes: Any) -> CouponOffer:
    """Return an offer that runs, covered by own money."""
    offer = draft_offer(**changes)
    pay_in_own_funds(amount=offer.budget, key=f"test-own:{next(_serial)}", actor=None, now=at())
    return approve_offer(offer)


def give(offer: CouponOffer, customer: Customer, *, on: date = DAY) -> Coupon:
    """Give a customer a coupon as an RM does."""
    return issuing.give_coupon(
        offer_id=offer.pk, customer_id=customer.pk, actor=make_staff("rm"), now=at(on), business_date=on
    )


def redeem(coupon: Coupon, application: Application, *, on: date = DAY) -> Coupon:
    """Use a coupon for an application of its holder."""
    return redeeming.redeem_coupon(
        coupon_id=coupon.pk,
        customer_id=coupon.customer_id,
        application_id=application.pk,
        actor=None,
        now=at(on, 11),
        business_date=on,
    )


def approve_new(**terms: Any) -> Application:
    """Return the approved application of a new borrower."""
    application = markets.apply_for(markets.make_borrower(), **terms)
    markets.approve(application)
    application.refresh_from_db()
    return application


def run_loan(coupon: Coupon, application: Application, shares: Sequence[str] = ("4000.00", "6000.00")) -> Loan:
    """Use the coupon, accept, fill, sign, pay out."""
    redeem(coupon, application)
    loan = markets.fill(markets.accept(application.offer), shares)
    markets.sign(markets.draw(loan))
    return markets.pay_out(Loan.objects.get(pk=loan.pk))


def repay(loan: Loan, amount: Decimal | None, *, on: date) -> Repayment:
    """Pay from the balance on a day."""
    return record_repayment(
        loan_id=loan.pk,
        amount=amount,
        idempotency_key=f"coupon-test:{next(_serial)}",
        business_date=on,
        now=at(on, 12),
        actor=None,
    )


def pending_of(offer: CouponOffer) -> Approval:
    """Return the approval that waits for an offer."""
    return Approval.objects.get(kind=offers.APPROVE, target_id=str(offer.pk), state=Approval.State.PENDING)
