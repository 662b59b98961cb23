"""Doors for events: what customers are told about their loans and their money."""

from decimal import Decimal

from core import clock
from core.outbox import EventContext, handles
from ledger.events import DepositFailed, DepositReceived, WithdrawalCompleted, WithdrawalFailed
from ledger.models import PaymentOrder
from lending.events import (
    ApplicationDecided,
    ContractDrawn,
    DebitFailed,
    ListingEnded,
    LoanPaidOut,
    LoanSettled,
    ReminderDue,
    RepaymentPosted,
)
from lending.models import Application, Bid, Contract, Instalment, LenderShare, Listing, Loan, LoanState
from lending.operations import card_money
from lending.texts import describe_reasons
from messaging.operations.sending import send_message


def _yuan(amount: Decimal) -> str:
    return f"{amount:,.2f}"


@handles(ApplicationDecided, name="lending.tell_decision")
def tell_decision(event: ApplicationDecided, context: EventContext) -> None:
    """Tell the borrower what was decided, and why."""
    application = Application.objects.select_related("offer").get(pk=event.application_id)
    params: dict[str, object] = {"number": application.number}
    if event.outcome == "APPROVE":
        offer = application.offer
        params |= {
            "amount": _yuan(offer.amount),
            "apr": f"{offer.apr_nominal * 100:.2f}%",
            "expires": f"{offer.expires_at:%Y-%m-%d}",
        }
    if event.outcome == "DECLINE":
        params["reasons"] = describe_reasons(application.reason_codes, application.customer_id)
    # One message for each outcome and day of decision: what people decide again later is told again, what is delivered or
    # decided twice on one day is not.
    assert application.decided_at is not None, "the event says that it was decided"
    day = application.decided_at.astimezone(clock.SHANGHAI).date()
    code = {"APPROVE": "approved", "DECLINE": "declined", "REFER": "referred"}[event.outcome]
    send_message(
        customer_id=event.customer_id,
        code=f"application-{code}",
        params=params,
        dedup_key=f"decision:{event.application_id}:{code}:{day}",
        now=context.now,
        reference=("lending.application", event.application_id),
    )


@handles(ListingEnded, name="lending.tell_listing_ended")
def tell_listing_ended(event: ListingEnded, context: EventContext) -> None:
    """Tell the borrower and every bidder that a listing came to nothing."""
    listing = Listing.objects.get(pk=event.listing_id)
    if event.state == Listing.State.FAILED:
        send_message(
            customer_id=event.customer_id,
            code="listing-failed",
            params={"number": listing.number},
            dedup_key=f"listing-failed:{listing.pk}",
            now=context.now,
        )
    for bid in Bid.objects.filter(listing=listing, state=Bid.State.RELEASED).order_by("pk"):
        send_message(
            customer_id=bid.investor_id,
            code="bid-released",
            params={"number": listing.number, "amount": _yuan(bid.amount)},
            dedup_key=f"bid-released:{bid.pk}",
            now=context.now,
        )


@handles(ContractDrawn, name="lending.ask_to_sign")
def ask_to_sign(event: ContractDrawn, context: EventContext) -> None:
    """Ask the borrower to sign."""
    contract = Contract.objects.only("number").get(pk=event.contract_id)
    send_message(
        customer_id=event.customer_id,
        code="please-sign",
        params={"number": contract.number},
        dedup_key=f"please-sign:{event.contract_id}",
        now=context.now,
    )


@handles(LoanPaidOut, name="lending.tell_paid_out")
def tell_paid_out(event: LoanPaidOut, context: EventContext) -> None:
    """Tell the borrower when to pay first, and the lenders that they have lent."""
    loan = Loan.objects.select_related("standing", "listing").get(pk=event.loan_id)
    first = Instalment.objects.filter(loan=loan, paid_at__isnull=True).order_by("n").first()
    if first is not None:
        send_message(
            customer_id=event.customer_id,
            code="loan-paid-out",
            params={
                "number": loan.number,
                "amount": _yuan(loan.principal),
                "due_date": first.due_date,
                "due_amount": _yuan(first.principal + first.interest + first.fee),
            },
            dedup_key=f"paid-out:{loan.pk}",
            now=context.now,
        )
    for share in LenderShare.objects.filter(loan=loan).order_by("pk"):
        send_message(
            customer_id=share.investor_id,
            code="lent",
            params={"number": loan.listing.number, "amount": _yuan(share.principal)},
            dedup_key=f"lent:{share.pk}",
            now=context.now,
        )


@handles(ReminderDue, name="lending.remind_borrower")
def remind_borrower(event: ReminderDue, context: EventContext) -> None:
    """Remind of an instalment that is still unpaid."""
    row = Instalment.objects.select_related("loan").get(pk=event.instalment_id)
    if row.paid_at is not None or row.loan.state != Loan.State.ACTIVE:
        return
    code = "reminder" if event.days > 0 else "today" if event.days == 0 else "overdue"
    send_message(
        customer_id=event.customer_id,
        code=f"repayment-{code}",
        params={
            "number": row.loan.number,
            "amount": _yuan(row.unpaid),
            "due_date": row.due_date,
            "days": -event.days,
        },
        dedup_key=f"reminder:{row.pk}:{event.days}",
        now=context.now,
        reference=("lending.loan", event.loan_id),
    )


@handles(RepaymentPosted, name="lending.tell_repayment")
def tell_repayment(event: RepaymentPosted, context: EventContext) -> None:
    """Confirm a payment to the borrower."""
    standing = LoanState.objects.select_related("loan").get(pk=event.loan_id)
    send_message(
        customer_id=event.customer_id,
        code="repayment-received",
        params={
            "number": standing.loan.number,
            "amount": _yuan(event.amount),
            "outstanding": _yuan(standing.principal_outstanding),
        },
        dedup_key=f"repayment:{event.repayment_id}",
        now=context.now,
    )


@handles(DebitFailed, name="lending.tell_debit_failed")
def tell_debit_failed(event: DebitFailed, context: EventContext) -> None:
    """Tell the borrower that the balance was too small, unless his card is being asked for the rest."""
    if not card_money.can_debit(loan_id=event.loan_id):
        _tell_shortage(event.loan_id, event.customer_id, event.due_amount - event.taken, context)


@handles(DepositFailed, name="lending.tell_card_debit_failed")
def tell_card_debit_failed(event: DepositFailed, context: EventContext) -> None:
    """Tell the borrower that his card did not pay either."""
    if event.reference_type == card_money.REFERENCE_TYPE:
        _tell_shortage(int(event.reference_id), event.customer_id, event.amount, context)


def _tell_shortage(loan_id: int, customer_id: int, amount: Decimal, context: EventContext) -> None:
    """Send one message a due date, however often the debit is tried."""
    loan = Loan.objects.select_related("standing").get(pk=loan_id)
    send_message(
        customer_id=customer_id,
        code="debit-failed",
        params={"number": loan.number, "amount": _yuan(amount)},
        dedup_key=f"debit-failed:{loan.pk}:{loan.standing.oldest_unpaid_due_date}",
        now=context.now,
    )


@handles(LoanSettled, name="lending.tell_settled")
def tell_settled(event: LoanSettled, context: EventContext) -> None:
    """Tell the borrower that he owes nothing more."""
    loan = Loan.objects.only("number").get(pk=event.loan_id)
    send_message(
        customer_id=event.customer_id,
        code="loan-settled",
        params={"number": loan.number},
        dedup_key=f"settled:{loan.pk}",
        now=context.now,
    )


@handles(DepositReceived, name="lending.tell_deposit")
def tell_deposit(event: DepositReceived, context: EventContext) -> None:
    """Tell the customer that his money is there."""
    send_message(
        customer_id=event.customer_id,
        code="deposit-received",
        params={"amount": _yuan(event.amount)},
        dedup_key=f"deposit:{event.order_id}",
        now=context.now,
    )


@handles(WithdrawalCompleted, name="lending.tell_withdrawal")
def tell_withdrawal(event: WithdrawalCompleted, context: EventContext) -> None:
    """Tell the customer that his money has left for his card."""
    order = PaymentOrder.objects.select_related("card").get(pk=event.order_id)
    send_message(
        customer_id=event.customer_id,
        code="withdrawal-completed",
        params={"amount": _yuan(event.amount), "tail": order.card.tail if order.card else ""},
        dedup_key=f"withdrawal:{event.order_id}",
        now=context.now,
    )


@handles(WithdrawalFailed, name="lending.tell_withdrawal_failed")
def tell_withdrawal_failed(event: WithdrawalFailed, context: EventContext) -> None:
    """Tell the customer that his money is back."""
    send_message(
        customer_id=event.customer_id,
        code="withdrawal-failed",
        params={"amount": _yuan(event.amount)},
        dedup_key=f"withdrawal:{event.order_id}",
        now=context.now,
    )
