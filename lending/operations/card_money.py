"""Money between a loan and the borrower's bank card."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from core.money import from_fen
from customers.models import BankCard, Consent
from ledger.operations.payments import create_card_debit, request_withdrawal
from lending.models import Loan, Repayment
from lending.operations.repayments import RepaymentDraft, post_repayments
from lending.queries.positions import list_open_instalments, lock_loans
from lending.rules.repayment import sum_payable_fen

REFERENCE_TYPE = "lending.loan_debit"


def _find_card(customer_id: int) -> BankCard | None:
    return BankCard.objects.filter(customer_id=customer_id, state=BankCard.State.BOUND).order_by("-bound_at").first()


@transaction.atomic
def withdraw_payout(*, loan_id: int, now: datetime, business_date: date) -> bool:
    """Send a payout on to the borrower's card where the product says so; tell whether it was ordered."""
    loan = Loan.objects.select_related("product", "borrower__user").get(pk=loan_id)
    card = _find_card(loan.borrower_id)
    if not loan.product.auto_withdraw or card is None:
        return False
    request_withdrawal(
        customer_id=loan.borrower_id,
        card_id=card.pk,
        amount=loan.principal,
        authorisation=f"offer of loan {loan.number}",
        idempotency_key=f"payout-withdrawal:{loan.pk}",
        actor=loan.borrower.user,
        now=now,
        business_date=business_date,
    )
    return True


def can_debit(*, loan_id: int) -> bool:
    """Tell whether the borrower of a loan has a bound card and a live mandate."""
    customer_id = Loan.objects.values_list("borrower_id", flat=True).get(pk=loan_id)
    return _find_card(customer_id) is not None and _find_mandate(customer_id) is not None


def _find_mandate(customer_id: int) -> Consent | None:
    return Consent.objects.filter(
        customer_id=customer_id, purpose=Consent.Purpose.AUTO_DEBIT, withdrawn_at__isnull=True
    ).first()


@transaction.atomic
def debit_card_for_loan(*, loan_id: int, amount: Decimal, due_on: date, now: datetime, business_date: date) -> bool:
    """Order the debit of the borrower's card under his live mandate, once a loan and due day; tell whether it was."""
    loan = Loan.objects.get(pk=loan_id)
    card = _find_card(loan.borrower_id)
    mandate = _find_mandate(loan.borrower_id)
    if loan.state != Loan.State.ACTIVE or card is None or mandate is None or amount <= 0:
        return False
    create_card_debit(
        customer_id=loan.borrower_id,
        card_id=card.pk,
        amount=amount,
        purpose="LOAN_REPAYMENT",
        authorisation=f"CONSENT-{mandate.pk}",
        idempotency_key=f"loan-debit:{loan.pk}:{due_on}",
        now=now,
        business_date=business_date,
        reference=(REFERENCE_TYPE, loan.pk),
    )
    return True


@transaction.atomic
def repay_from_debit(*, loan_id: int, order_id: int, amount: Decimal, now: datetime, business_date: date) -> None:
    """Repay with money that was debited for the loan; what is no longer owed stays with the borrower."""
    loan = lock_loans([loan_id]).get(loan_id)
    if loan is None or loan.state != Loan.State.ACTIVE:
        return
    payable = from_fen(sum_payable_fen(list_open_instalments([loan_id])[loan_id], business_date))
    draft = RepaymentDraft(
        loan_id=loan_id,
        idempotency_key=f"card-debit:{order_id}",
        kind=Repayment.Kind.AUTO_DEBIT,
        amount=min(amount, payable),
    )
    if draft.amount:
        post_repayments([draft], business_date=business_date, now=now, actor=None)
