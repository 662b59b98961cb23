"""A filled listing becomes a loan; a loan that cannot go on before payout is cancelled with every fen released."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, NotFound
from core.ids import business_number
from core.models import User
from core.outbox import publish
from customers.models import Customer
from customers.operations import history
from lending.events import LoanCancelled
from lending.models import Contract, Listing, Loan
from lending.operations import listings
from lending.operations.offers import get_cap_rate
from lending.queries import terms

DEFAULT_ALLOCATION_ORDER = ["FEE", "PENALTY", "INTEREST", "PRINCIPAL"]


class LoanNotCancellable(BusinessError):
    """The money is on its way or paid out."""

    code = "loan_not_cancellable"
    message = _("This loan can no longer be cancelled.")
    next_step = _("After the payout you can settle it early at the price shown.")


@transaction.atomic
def create_loan(*, listing_id: int, now: datetime, business_date: date) -> Loan:
    """Create the loan of a filled listing with its conventions frozen; asked again it returns the same loan."""
    listing = (
        Listing.objects.select_for_update(no_key=True, of=("self",))
        .select_related("product", "application__product", "application__customer")
        .get(pk=listing_id)
    )
    existing = Loan.objects.filter(listing=listing).first()
    if existing is not None:
        return existing
    product = listing.product
    loan = Loan.objects.create(
        number=business_number("LN", business_date),
        listing=listing,
        borrower_id=listing.borrower_id,
        product=product,
        principal=listing.amount,
        annual_rate=listing.annual_rate,
        periods=listing.periods,
        method=listing.method,
        period_unit=product.period_unit,
        day_count=product.day_count,
        rounding=product.rounding,
        payment_step=product.payment_step,
        payment_rounding=product.payment_rounding,
        principal_grace=product.principal_grace,
        due_date_shift=product.due_date_shift,
        allocation_order=product.allocation_order or DEFAULT_ALLOCATION_ORDER,
        penalty_daily_rate=product.penalty_daily_rate,
        early_settlement_fee_rate=product.early_settlement_fee_rate,
        fee_terms=terms.list_fee_terms(product),
        cap_rate=get_cap_rate(listing.application, on=business_date),
        created_at=now,
        contract_date=business_date,
    )
    audit.record(actor=None, action="lending.loan_created", target=loan, data={"listing": listing.number}, now=now)
    history.add_timeline(
        customer_id=loan.borrower_id,
        kind="change",
        text_code="lending.listing_filled",
        params={"number": listing.number},
        at=now,
        key=f"lending.listing_filled:{listing.pk}",
        amount=loan.principal,
        url=f"/loans/{loan.public_id}/",
    )
    return loan


@transaction.atomic
def cancel_loan(
    *, loan_id: int, reason: str, actor: User | None, now: datetime, business_date: date, customer_id: int | None = None
) -> Loan:
    """Cancel a loan whose payout has not been asked for, and release the bids. Raises NotFound, LoanNotCancellable."""
    found = Loan.objects.filter(pk=loan_id)
    found = found if customer_id is None else found.filter(borrower_id=customer_id)
    borrower_id = found.values_list("borrower_id", flat=True).first()
    if borrower_id is None:
        raise NotFound
    Customer.objects.select_for_update(no_key=True).get(pk=borrower_id)
    loan = Loan.objects.select_for_update(no_key=True).get(pk=loan_id)
    contract = Contract.objects.select_for_update(no_key=True).filter(loan=loan).first()
    # Once the seals are being made the custodian's instruction follows by itself.
    is_sealing = contract is not None and contract.state in {Contract.State.SEALING, Contract.State.SIGNED}
    if loan.state not in {Loan.State.CONTRACTING, Loan.State.SIGNING} or is_sealing:
        raise LoanNotCancellable
    loan.state = Loan.State.CANCELLED
    loan.save(update_fields=["state"])
    if contract is not None:
        contract.state = Contract.State.VOID
        contract.save(update_fields=["state"])
    listings.end_listing(
        listing_id=loan.listing_id,
        state=Listing.State.CANCELLED,
        reason=reason,
        actor=actor,
        now=now,
        business_date=business_date,
    )
    audit.record(actor=actor, action="lending.loan_cancelled", target=loan, data={"reason": reason}, now=now)
    publish(LoanCancelled(loan_id=loan.pk, customer_id=loan.borrower_id, reason=reason), now=now)
    return loan


def cancel_unsigned_loans(*, now: datetime, business_date: date, signing_days: int) -> int:
    """Cancel loans whose borrower did not sign within the days given; return how many."""
    overdue = Loan.objects.filter(state=Loan.State.SIGNING, contract__state=Contract.State.SIGNING).filter(
        contract__made_at__date__lt=date.fromordinal(business_date.toordinal() - signing_days)
    )
    count = 0
    for loan_id in overdue.order_by("pk").values_list("pk", flat=True):
        cancel_loan(loan_id=loan_id, reason="NOT_SIGNED", actor=None, now=now, business_date=business_date)
        count += 1
    return count
