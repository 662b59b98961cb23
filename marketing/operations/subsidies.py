"""Paying back, from the platform's own money, the discounted part of interest that was paid on time."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from core.money import ZERO
from core.outbox import publish_many
from customers.operations import costs, history
from ledger.models import TransferType
from ledger.operations.posting import TransferDraft, post_transfers_bulk
from ledger.rules.accounts import PLATFORM_OWN, available_account
from lending.models import Instalment, Loan
from marketing.events import SubsidyDue
from marketing.models import Coupon, CouponOffer, CouponPayment
from marketing.operations.redeeming import release_coupon
from marketing.queries.saving import list_paid_interest
from marketing.rules import Earned, SubsidyTerms, can_earn_more, earn_subsidies, find_last_covered


@transaction.atomic
def note_payout(*, loan_id: int) -> None:
    """Remember which loan a coupon is used for."""
    application_id = Loan.objects.values_list("listing__application_id", flat=True).get(pk=loan_id)
    Coupon.objects.filter(application_id=application_id, state=Coupon.State.RESERVED).update(loan_id=loan_id)


@transaction.atomic
def pay_subsidies(*, loan_id: int, now: datetime, business_date: date) -> list[CouponPayment]:
    """Pay what instalments of a loan have earned by its coupon, each once; when no more can be earned, the rest comes back.

    Raises InsufficientFunds while the platform's own money is short; approved budgets are covered when they begin.
    """
    coupon = (
        Coupon.objects.select_for_update(no_key=True, of=("self",))
        .filter(application__listing__loan=loan_id, state=Coupon.State.RESERVED)
        .first()
    )
    if coupon is None:
        return []
    offer = CouponOffer.objects.get(pk=coupon.offer_id)
    loan = Loan.objects.select_related("listing").get(pk=loan_id)
    if coupon.loan_id is None:
        coupon.loan = loan
        coupon.save(update_fields=["loan"])
    assert loan.start_date is not None, "a loan in repayment has begun"
    terms = SubsidyTerms(
        offer.discount_rate, loan.annual_rate, find_last_covered(loan.start_date, offer.covered_months)
    )
    rows = list_paid_interest(loan)
    is_over = loan.state == Loan.State.SETTLED
    paid = set(CouponPayment.objects.filter(coupon=coupon).values_list("instalment_id", flat=True))
    earned = earn_subsidies(
        [row for row in rows if row.instalment_id not in paid],
        terms,
        today=business_date,
        is_over=is_over,
        left=coupon.reserved,
    )
    payments = _pay(coupon, loan, offer, earned, now=now, business_date=business_date) if earned else []
    if not can_earn_more(rows, terms, today=business_date, is_over=is_over):
        release_coupon(application_id=loan.listing.application_id, now=now, business_date=business_date)
    return payments


def _pay(
    coupon: Coupon, loan: Loan, offer: CouponOffer, earned: Sequence[Earned], *, now: datetime, business_date: date
) -> list[CouponPayment]:
    _note_payments(coupon, loan, offer, earned, now)
    # Own money is summed under its lock, and the offer's row is shared by all its loans: both come last and are held for a moment.
    posted = post_transfers_bulk(
        drafts=[
            TransferDraft(
                type=TransferType.INTEREST_SUBSIDY,
                lines=[(PLATFORM_OWN, -one.amount), (available_account(coupon.customer_id), one.amount)],
                idempotency_key=_key(coupon, one),
                reference=("lending.loan", loan.pk),
            )
            for one in earned
        ],
        business_date=business_date,
        now=now,
        actor=None,
    )
    payments = CouponPayment.objects.bulk_create(
        CouponPayment(
            coupon=coupon,
            instalment_id=one.instalment_id,
            interest=one.interest,
            amount=one.amount,
            transfer_id=transfer.id,
            business_date=business_date,
        )
        for one, transfer in zip(earned, posted, strict=True)
    )
    amount = sum((one.amount for one in earned), ZERO)
    coupon.reserved -= amount
    coupon.spent += amount
    coupon.save(update_fields=["reserved", "spent"])
    CouponOffer.objects.filter(pk=offer.pk).update(reserved=F("reserved") - amount, spent=F("spent") + amount)
    return payments


def _key(coupon: Coupon, one: Earned) -> str:
    return f"coupon-paid:{coupon.pk}:{one.instalment_id}"


def _note_payments(coupon: Coupon, loan: Loan, offer: CouponOffer, earned: Sequence[Earned], now: datetime) -> None:
    for one in earned:
        costs.record_cost(
            customer_id=coupon.customer_id,
            kind="coupon",
            amount=one.amount,
            actor=None,
            now=now,
            key=_key(coupon, one),
        )
    history.add_timeline_bulk(
        [
            history.TimelineRow(
                coupon.customer_id,
                "money",
                "marketing.subsidy_paid",
                now,
                _key(coupon, one),
                {"number": loan.number, "name": offer.name},
                amount=one.amount,
                url=f"/loans/{loan.public_id}/",
            )
            for one in earned
        ]
    )


@transaction.atomic
def ask_for_repaid(*, loan_ids: Sequence[int], now: datetime) -> int:
    """Have those of some repaid loans looked at that have a coupon in use; return how many."""
    used = Coupon.objects.filter(application__listing__loan__in=loan_ids, state=Coupon.State.RESERVED)
    found = sorted(pk for pk in used.values_list("application__listing__loan", flat=True) if pk is not None)
    publish_many([SubsidyDue(pk) for pk in found], now=now)
    return len(found)


@transaction.atomic
def ask_subsidies(*, business_date: date, now: datetime) -> int:
    """Have the instalments looked at that were due on a date that has ended and earned nothing yet; return how many loans.

    Each is paid in a transaction of its own, so that no lock on own money is held for a whole night's work.
    """
    due = Instalment.objects.filter(loan=OuterRef("loan"), due_date=business_date)
    settled = CouponPayment.objects.filter(coupon=OuterRef(OuterRef("pk")), instalment=OuterRef("pk"))
    waiting = Coupon.objects.filter(Exists(due.filter(~Exists(settled))), state=Coupon.State.RESERVED)
    loan_ids = [pk for pk in waiting.order_by("loan").values_list("loan", flat=True) if pk is not None]
    publish_many([SubsidyDue(pk) for pk in loan_ids], now=now)
    return len(loan_ids)
