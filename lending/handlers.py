"""Doors for events: how a loan goes on by itself."""

from core.outbox import EventContext, handles
from customers.operations import funnel, history, opportunities
from integrations import connect
from integrations.ports import CustodyInstruction, CustodyLeg, FinalRefusal, InstructionStatus
from ledger import custodian
from ledger.events import DepositReceived
from ledger.models import CustodyAccount
from ledger.operations.cases import require_free_money
from lending import sealing
from lending.events import (
    ContractSigned,
    DebitFailed,
    ListingFilled,
    LoanPaidOut,
    LoanSettled,
    PayoutAsked,
    RepaymentPosted,
    SigningAsked,
)
from lending.models import Bid, Contract, LenderShare, Loan, PayoutInstruction, Repayment
from lending.operations import card_money, contracts, loans, payout
from lending.queries.bids import sum_by_investor
from lending.queries.receipts import list_receipt_rows


@handles(ListingFilled, name="lending.make_contract")
def make_contract(event: ListingFilled, context: EventContext) -> None:
    """Create the loan of a filled listing and print its contract."""
    loan = loans.create_loan(listing_id=event.listing_id, now=context.now, business_date=context.business_date)
    if loan.state == Loan.State.CONTRACTING:
        contracts.draw_contract_or_call_for_help(loan_id=loan.pk, now=context.now)


@handles(SigningAsked, name="lending.seal_contract", outside=True)
def seal_contract(event: SigningAsked, context: EventContext) -> None:
    """Have every party's certificate made and the contract signed."""
    contract = Contract.objects.select_related("loan__borrower", "loan__product", "loan__listing__application").get(
        pk=event.contract_id
    )
    if contract.state != Contract.State.SEALING:
        return
    sealed = sealing.seal_contract(contract, now=context.now)
    contracts.record_signed(contract_id=contract.pk, signed_pdf=sealed.pdf, serials=sealed.serials, now=context.now)


@handles(ContractSigned, name="lending.ask_payout")
def ask_payout(event: ContractSigned, context: EventContext) -> None:
    """Store the intent to pay out."""
    payout.ask_payout(loan_id=event.loan_id, now=context.now)


@handles(PayoutAsked, name="lending.pay_out", outside=True)
def pay_out(event: PayoutAsked, context: EventContext) -> None:
    """Have the custodian move the money, then post it; the custodian knows the key from the first try."""
    instruction = PayoutInstruction.objects.select_related("loan").get(loan_id=event.loan_id)
    if instruction.state != PayoutInstruction.State.PENDING:
        return
    # A case that holds money holds payouts too; the delivery is tried again until it is cleared up.
    require_free_money([instruction.loan.borrower_id])
    # The custodian must know the deposits and freezes before he can pay them out.
    custodian.send_queue(now=context.now)
    loan = instruction.loan
    try:
        result = connect.custody_bank().execute(_payout_order(loan, context))
    except FinalRefusal as refusal:
        # Asking the same again for ever would help nobody; somebody has to look.
        payout.record_payout_refusal(loan_id=loan.pk, refusal=refusal.code, now=context.now)
        return
    if result.status == InstructionStatus.EXECUTED:
        payout.record_payout(
            loan_id=loan.pk,
            custody_reference=payout.payout_key(loan),
            now=context.now,
            business_date=context.business_date,
        )
    else:
        payout.record_payout_refusal(loan_id=loan.pk, refusal=result.code, now=context.now)


def _payout_order(loan: Loan, context: EventContext) -> CustodyInstruction:
    lent = sum_by_investor(Bid.objects.filter(listing=loan.listing_id, state=Bid.State.LIVE))
    numbers = dict(
        CustodyAccount.objects.filter(customer_id__in=[*lent, loan.borrower_id]).values_list("customer_id", "number")
    )
    legs = [CustodyLeg(numbers[investor_id], -amount, is_frozen=True) for investor_id, amount in lent.items()]
    return CustodyInstruction(
        key=payout.payout_key(loan),
        kind="LOAN_PAYOUT",
        business_date=context.business_date,
        legs=(*legs, CustodyLeg(numbers[loan.borrower_id], loan.principal)),
        authorisation=f"contract {loan.contract.number}",
    )


@handles(RepaymentPosted, name="lending.note_repayment")
def note_repayment(event: RepaymentPosted, _context: EventContext) -> None:
    """Show a repayment on the pages of the borrower and of every lender."""
    repayment = Repayment.objects.select_related("loan").get(pk=event.repayment_id)
    history.add_timeline_bulk(list_receipt_rows(repayment))


@handles(LoanSettled, name="lending.note_settlement")
def note_settlement(event: LoanSettled, context: EventContext) -> None:
    """Show the end of a loan and end everything that was to be done about it."""
    loan = Loan.objects.get(pk=event.loan_id)
    history.add_timeline(
        customer_id=event.customer_id,
        kind="money",
        text_code="lending.loan_settled_early" if event.is_early else "lending.loan_settled",
        params={"number": loan.number},
        at=context.now,
        key=f"settled:{loan.pk}",
        url=f"/loans/{loan.public_id}/",
    )
    history.end_work_with_prefix(prefix=f"loan:{loan.pk}:", now=context.now, actor=None)


@handles(LoanPaidOut, name="lending.send_payout_to_card")
def send_payout_to_card(event: LoanPaidOut, context: EventContext) -> None:
    """Order the withdrawal of the payout where the product sends it to the borrower's card."""
    card_money.withdraw_payout(loan_id=event.loan_id, now=context.now, business_date=context.business_date)


@handles(DebitFailed, name="lending.debit_card")
def debit_card(event: DebitFailed, context: EventContext) -> None:
    """Ask the bank for what the balance lacked."""
    card_money.debit_card_for_loan(
        loan_id=event.loan_id,
        amount=event.due_amount - event.taken,
        due_on=event.business_date,
        now=context.now,
        business_date=context.business_date,
    )


@handles(DepositReceived, name="lending.repay_from_card")
def repay_from_card(event: DepositReceived, context: EventContext) -> None:
    """Use money that was debited for a loan to repay it."""
    if event.reference_type == card_money.REFERENCE_TYPE:
        card_money.repay_from_debit(
            loan_id=int(event.reference_id),
            order_id=event.order_id,
            amount=event.amount,
            now=context.now,
            business_date=context.business_date,
        )


@handles(LoanPaidOut, name="lending.note_deal")
def note_deal(event: LoanPaidOut, context: EventContext) -> None:
    """Count the first deal of borrower and lenders, and mark what they were applying for as won."""
    lenders = list(
        LenderShare.objects.filter(loan_id=event.loan_id).order_by("investor_id").values_list("investor_id", flat=True)
    )
    for customer_ids, role in (([event.customer_id], "BORROWER"), (lenders, "INVESTOR")):
        funnel.note_step(customer_ids=customer_ids, step="FIRST_DEAL", now=context.now)
        opportunities.win_applying(customer_ids=customer_ids, role=role, now=context.now)
