"""Payout: the custodian moves the money first, then the books and the schedule follow in one transaction."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.models import User
from core.money import ZERO
from core.outbox import publish
from customers.models import Customer
from customers.operations import history
from ledger.models import TransferType
from ledger.operations.posting import post_transfer
from ledger.rules.accounts import available_account, frozen_account
from lending.events import LoanPaidOut, PayoutAsked
from lending.models import Bid, Contract, Instalment, LenderShare, Listing, Loan, LoanState, PayoutInstruction
from lending.queries import bids as bids_queries
from lending.queries import terms


class PayoutNotAsked(BusinessError):
    """The loan is not waiting for its payout."""

    code = "payout_not_asked"
    message = _("This loan is not waiting for its payout.")


@transaction.atomic
def ask_payout(*, loan_id: int, now: datetime) -> PayoutInstruction:
    """Store the intent to pay a signed loan out; asked twice it stays one instruction. Raises PayoutNotAsked."""
    loan = Loan.objects.select_for_update(no_key=True).get(pk=loan_id)
    existing = PayoutInstruction.objects.filter(loan=loan).first()
    if existing is not None:
        return existing
    is_signed = Contract.objects.filter(loan=loan, state=Contract.State.SIGNED).exists()
    if loan.state != Loan.State.SIGNING or not is_signed:
        raise PayoutNotAsked
    loan.state = Loan.State.PAYING_OUT
    loan.save(update_fields=["state"])
    # The payout is the principal, whole: fees are never taken out of it (民法典 670).
    instruction = PayoutInstruction.objects.create(loan=loan, amount=loan.principal, asked_at=now)
    publish(PayoutAsked(loan_id=loan.pk), now=now)
    return instruction


def payout_key(loan: Loan) -> str:
    """Return the key under which the custodian knows the payout: a new one after each refusal.

    A custodian answers a key that he has refused with the same refusal for ever.
    """
    instruction = PayoutInstruction.objects.get(loan=loan)
    # Only a refused instruction is ever asked again, and then at another instant.
    again = f"-{instruction.asked_at.timestamp():.0f}" if instruction.refusal else ""
    return f"payout-{loan.public_id}{again}"


@transaction.atomic
def record_payout(*, loan_id: int, custody_reference: str, now: datetime, business_date: date) -> Loan:
    """Post the payout the custodian carried out, make the lenders' claims and the schedule; a repeat changes nothing.

    Raises PayoutNotAsked.
    """
    borrower_id = Loan.objects.values_list("borrower_id", flat=True).get(pk=loan_id)
    Customer.objects.select_for_update(no_key=True).get(pk=borrower_id)
    loan = Loan.objects.select_for_update(no_key=True).select_related("listing").get(pk=loan_id)
    instruction = PayoutInstruction.objects.select_for_update(no_key=True).filter(loan=loan).first()
    if instruction is None:
        raise PayoutNotAsked
    if instruction.state == PayoutInstruction.State.EXECUTED:
        return loan
    bids = list(
        Bid.objects.select_for_update(no_key=True).filter(listing=loan.listing, state=Bid.State.LIVE).order_by("pk")
    )
    lent = bids_queries.sum_by_investor(bids)
    post_transfer(
        type=TransferType.LOAN_PAYOUT,
        lines=[
            *((frozen_account(investor_id), -amount) for investor_id, amount in lent.items()),
            (available_account(loan.borrower_id), loan.principal),
        ],
        idempotency_key=f"payout:{loan.pk}",
        business_date=business_date,
        now=now,
        actor=None,
        reference=("lending.loan", loan.pk),
        custody_reference=custody_reference,
    )
    instruction.state = PayoutInstruction.State.EXECUTED
    instruction.executed_at = now
    instruction.custody_reference = custody_reference
    instruction.save()
    history.end_work(key=_refusal_key(loan_id), now=now, actor=None)
    Bid.objects.filter(pk__in=[bid.pk for bid in bids]).update(state=Bid.State.WON, ended_at=now)
    Listing.objects.filter(pk=loan.listing_id).update(state=Listing.State.PAID_OUT)
    LenderShare.objects.bulk_create(
        LenderShare(loan=loan, investor_id=investor_id, principal=amount) for investor_id, amount in lent.items()
    )
    _start(loan, now, business_date)
    audit.record(actor=None, action="lending.loan_paid_out", target=loan, data={"amount": loan.principal}, now=now)
    _note(loan, bids, now)
    publish(LoanPaidOut(loan_id=loan.pk, customer_id=loan.borrower_id, amount=loan.principal), now=now)
    return loan


def _start(loan: Loan, now: datetime, business_date: date) -> None:
    """Write the schedule and the standing of a loan that begins on the business date."""
    schedule, nominal = terms.schedule_loan(loan, disbursed_on=business_date)
    rows = schedule.rows
    Instalment.objects.bulk_create(
        Instalment(
            loan=loan,
            n=row.n,
            due_date=row.due_date,
            nominal_due_date=nominal_date,
            principal=row.principal,
            interest=row.interest,
            fee=row.fee,
            balance_after=row.balance,
            # A period of full grace asks for nothing and counts as paid.
            paid_at=None if row.payment + row.fee else now,
        )
        for row, nominal_date in zip(rows, nominal, strict=True)
    )
    first = next(row for row in rows if row.payment + row.fee)
    LoanState.objects.create(
        loan=loan,
        principal_outstanding=loan.principal,
        interest_outstanding=sum((row.interest for row in rows), ZERO),
        fees_outstanding=sum((row.fee for row in rows), ZERO),
        oldest_unpaid_due_date=first.due_date,
        next_due_date=first.due_date,
        next_due_amount=first.principal + first.interest + first.fee,
        as_of_date=business_date,
    )
    loan.state = Loan.State.ACTIVE
    loan.paid_out_at = now
    loan.start_date = business_date
    loan.maturity_date = rows[-1].due_date
    loan.save()


def _note(loan: Loan, bids: list[Bid], now: datetime) -> None:
    url = f"/loans/{loan.public_id}/"
    params = {"number": loan.number}
    row = history.TimelineRow
    history.add_timeline_bulk(
        [
            row(
                loan.borrower_id,
                "money",
                "lending.loan_paid_out",
                now,
                f"paid_out:{loan.pk}",
                params,
                loan.principal,
                url,
            ),
            *(
                row(bid.investor_id, "money", "lending.bid_lent", now, f"bid_lent:{bid.pk}", params, bid.amount, url)
                for bid in bids
            ),
        ]
    )


def _refusal_key(loan_id: int) -> str:
    return f"loan:{loan_id}:payout_refused"


@transaction.atomic
def record_payout_refusal(*, loan_id: int, refusal: str, now: datetime) -> None:
    """Record that the custodian refused; people have to look, the money stays frozen."""
    instruction = PayoutInstruction.objects.select_for_update(no_key=True).get(loan_id=loan_id)
    if instruction.state != PayoutInstruction.State.PENDING:
        return
    instruction.state = PayoutInstruction.State.REFUSED
    instruction.refusal = refusal[:200]
    instruction.save(update_fields=["state", "refusal"])
    loan = instruction.loan
    audit.record(actor=None, action="lending.payout_refused", target=loan, data={"refusal": refusal}, now=now)
    history.raise_work(
        group="RISK",
        kind="lending.payout_refused",
        reason_code="lending.payout_refused",
        params={"number": loan.number, "refusal": refusal},
        key=_refusal_key(loan.pk),
        now=now,
        customer_id=loan.borrower_id,
        right="operations.configure",
        urgency=10,
        url=f"/loans/{loan.public_id}/",
    )


@transaction.atomic
def retry_payout(*, loan_id: int, actor: User, now: datetime) -> None:
    """Ask the custodian again after a refusal has been cleared up. Raises PayoutNotAsked."""
    instruction = PayoutInstruction.objects.select_for_update(no_key=True).filter(loan_id=loan_id).first()
    if instruction is None or instruction.state != PayoutInstruction.State.REFUSED:
        raise PayoutNotAsked
    instruction.state = PayoutInstruction.State.PENDING
    instruction.asked_at = now
    instruction.save(update_fields=["state", "asked_at"])
    audit.record(actor=actor, action="lending.payout_asked_again", target=instruction.loan, now=now)
    publish(PayoutAsked(loan_id=loan_id), now=now)
