"""Paying back, from the platform's own money, the discounted part of interest that was paid on time."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from core.money import ZERO
from customers.operations import costs, history
from ledger.models import TransferType
from ledger.operations import post_transfer
from ledger.rules.accounts import PLATFORM_OWN, available_account
from lending.models import Loan, Repayment
from marketing.models import Coupon, CouponOffer, CouponPayment
from marketing.operations.redeeming import release_coupon
from marketing.queries.saving import list_paid_parts
from marketing.rules import SubsidyTerms, earn_subsidy, find_last_covered


@transaction.atomic
def note_payout(*, loan_id: int) -> None:
    """Remember which loan a coupon is used for."""
    application_id = Loan.objects.values_list("listing__application_id", flat=True).get(pk=loan_id)
    Coupon.objects.filter(application_id=application_id, state=Coupon.State.RESERVED).update(loan_id=loan_id)


@transaction.atomic
def pay_subsidy(*, repayment_id: int, now: datetime, business_date: date) -> CouponPayment | None:
    """Pay what a repayment earns by its loan's coupon, once; None where there is no coupon or nothing is earned.

    Raises InsufficientFunds while the platform's own money is short; approved budgets are covered when they begin.
    """
    repayment = Repayment.objects.select_related("loan__listing").get(pk=repayment_id)
    loan = repayment.loan
    coupon = (
        Coupon.objects.select_for_update(no_key=True)
        .filter(application_id=loan.listing.application_id, state=Coupon.State.RESERVED)
        .first()
    )
    if coupon is None or CouponPayment.objects.filter(coupon=coupon, repayment=repayment).exists():
        return None
    offer = CouponOffer.objects.get(pk=coupon.offer_id)
    assert loan.start_date is not None, "a loan in repayment has begun"
    terms = SubsidyTerms(
        offer.discount_rate, loan.annual_rate, find_last_covered(loan.start_date, offer.covered_months)
    )
    interest, amount = earn_subsidy(
        list_paid_parts(repayment), terms, paid_on=repayment.business_date, left=coupon.reserved
    )
    if amount <= ZERO:
        return None
    posted = post_transfer(
        type=TransferType.INTEREST_SUBSIDY,
        lines=[(PLATFORM_OWN, -amount), (available_account(coupon.customer_id), amount)],
        idempotency_key=f"coupon:{coupon.pk}:{repayment.pk}",
        business_date=business_date,
        now=now,
        actor=None,
        reference=("lending.loan", loan.pk),
    )
    payment = CouponPayment.objects.create(
        coupon=coupon,
        repayment=repayment,
        interest=interest,
        amount=amount,
        transfer_id=posted.id,
        business_date=business_date,
    )
    coupon.reserved -= amount
    coupon.spent += amount
    coupon.loan = loan
    coupon.save(update_fields=["reserved", "spent", "loan"])
    # The offer's row is shared by all its loans, so that it is written last and held for a moment.
    _note_payment(payment, loan, offer, now)
    CouponOffer.objects.filter(pk=offer.pk).update(reserved=F("reserved") - amount, spent=F("spent") + amount)
    return payment


def _note_payment(payment: CouponPayment, loan: Loan, offer: CouponOffer, now: datetime) -> None:
    key = f"coupon-paid:{payment.pk}"
    customer_id = payment.coupon.customer_id
    costs.record_cost(customer_id=customer_id, kind="coupon", amount=payment.amount, actor=None, now=now, key=key)
    history.add_timeline(
        customer_id=customer_id,
        kind="money",
        text_code="marketing.subsidy_paid",
        params={"number": loan.number, "name": offer.name},
        at=now,
        key=key,
        amount=payment.amount,
        url=f"/loans/{loan.public_id}/",
    )


@transaction.atomic
def settle_coupon(*, loan_id: int, now: datetime, business_date: date) -> Coupon | None:
    """Pay what the loan's repayments have earned and were not told of yet, then give the rest of the promise back."""
    application_id = Loan.objects.values_list("listing__application_id", flat=True).get(pk=loan_id)
    if not Coupon.objects.filter(application_id=application_id, state=Coupon.State.RESERVED).exists():
        return None
    for repayment_id in Repayment.objects.filter(loan_id=loan_id).order_by("id").values_list("id", flat=True):
        pay_subsidy(repayment_id=repayment_id, now=now, business_date=business_date)
    return release_coupon(application_id=application_id, now=now, business_date=business_date)
