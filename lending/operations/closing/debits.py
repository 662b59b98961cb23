"""Automatic debit of what is due, for borrowers who agreed to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from core.money import ZERO
from core.outbox import publish_many
from ledger.operations.posting import InsufficientFunds
from lending.events import DebitFailed
from lending.models import DebitAttempt, Repayment
from lending.operations.repayments import LoanNotRunning, MoreThanPayable, RepaymentDraft, post_repayments

_BATCH = 500
# What each agreeing borrower owes on the date and what he has; a debit already tried on the date is left out.
_DUE = """
SELECT s.loan_id, l.borrower_id, due.amount, COALESCE(b.balance, 0)
FROM lending_loanstate s
JOIN lending_loan l ON l.id = s.loan_id AND l.state = 'ACTIVE'
JOIN LATERAL (
    SELECT sum(i.fee - i.fee_waived - i.fee_paid + i.penalty - i.penalty_paid
               + i.interest - i.interest_waived - i.interest_paid + i.principal - i.principal_paid) AS amount
    FROM lending_instalment i WHERE i.loan_id = s.loan_id AND i.paid_at IS NULL AND i.due_date <= %(on)s
) due ON due.amount > 0
JOIN customers_consent c ON c.customer_id = l.borrower_id AND c.purpose = 'AUTO_DEBIT' AND c.withdrawn_at IS NULL
LEFT JOIN ledger_accountbalance b ON b.account_id = l.borrower_id * 10 + 1
LEFT JOIN lending_debitattempt a
    ON a.loan_id = s.loan_id AND a.business_date = %(on)s AND a.round = %(round)s
WHERE s.loan_id >= %(low)s AND s.loan_id < %(high)s AND s.oldest_unpaid_due_date <= %(on)s AND a.id IS NULL
ORDER BY s.loan_id
"""


@dataclass(frozen=True)
class DueDebit:
    """A debit to be tried: what is due, what may be taken."""

    loan_id: int
    borrower_id: int
    due: Decimal
    take: Decimal


def debit_due(business_date: date, from_id: int, to_id: int, now: datetime) -> int:
    """Take at the close what is due, or what is there, from the borrowers' available balances."""
    return _debit_round(business_date, from_id, to_id, now, DebitAttempt.Round.CLOSE)


@transaction.atomic
def debit_in_the_morning(*, business_date: date, from_id: int, to_id: int, now: datetime) -> int:
    """Take what is due; what a balance lacks is asked of the bank card, so that it is there on the due date itself."""
    return _debit_round(business_date, from_id, to_id, now, DebitAttempt.Round.MORNING)


def _debit_round(business_date: date, from_id: int, to_id: int, now: datetime, round_name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"on": business_date, "low": from_id, "high": to_id, "round": round_name})
        rows = cursor.fetchall()
    left: dict[int, Decimal] = {}
    debits = []
    for loan_id, borrower_id, due, balance in rows:
        available = left.get(borrower_id, balance)
        take = min(due, available)
        left[borrower_id] = available - take
        debits.append(DueDebit(loan_id, borrower_id, due, take))
    for start in range(0, len(debits), _BATCH):
        _debit(debits[start : start + _BATCH], business_date, now, round_name)
    return len(debits)


def _debit(debits: Sequence[DueDebit], business_date: date, now: datetime, round_name: str) -> None:
    taken = _take_together([debit for debit in debits if debit.take], business_date, now, round_name)
    DebitAttempt.objects.bulk_create(
        DebitAttempt(
            loan_id=debit.loan_id,
            business_date=business_date,
            round=round_name,
            due_amount=debit.due,
            taken=taken.get(debit.loan_id, ZERO),
            outcome=_outcome(debit.due, taken.get(debit.loan_id, ZERO)),
        )
        for debit in debits
    )
    if round_name == DebitAttempt.Round.CLOSE:
        return
    failed = [
        DebitFailed(
            loan_id=debit.loan_id,
            customer_id=debit.borrower_id,
            business_date=business_date,
            due_amount=debit.due,
            taken=taken.get(debit.loan_id, ZERO),
        )
        for debit in debits
        if taken.get(debit.loan_id, ZERO) < debit.due
    ]
    publish_many(failed, now=now)


def _outcome(due: Decimal, taken: Decimal) -> str:
    if taken == due:
        return DebitAttempt.Outcome.PAID
    return DebitAttempt.Outcome.PART if taken else DebitAttempt.Outcome.NOTHING


def _take_together(
    debits: Sequence[DueDebit], business_date: date, now: datetime, round_name: str
) -> dict[int, Decimal]:
    """Take all in one go; when a balance or a debt changed since it was read, one by one."""
    if not debits:
        return {}
    drafts = [_draft(debit, business_date, round_name) for debit in debits]
    try:
        with transaction.atomic():
            post_repayments(drafts, business_date=business_date, now=now, actor=None)
    except (InsufficientFunds, MoreThanPayable, LoanNotRunning):
        return _take_singly(debits, business_date, now, round_name)
    return {debit.loan_id: debit.take for debit in debits}


def _take_singly(debits: Sequence[DueDebit], business_date: date, now: datetime, round_name: str) -> dict[int, Decimal]:
    taken = {}
    for debit in debits:
        try:
            with transaction.atomic():
                draft = _draft(debit, business_date, round_name)
                post_repayments([draft], business_date=business_date, now=now, actor=None)
        except (InsufficientFunds, MoreThanPayable, LoanNotRunning):
            continue
        taken[debit.loan_id] = debit.take
    return taken


def _draft(debit: DueDebit, business_date: date, round_name: str) -> RepaymentDraft:
    return RepaymentDraft(
        loan_id=debit.loan_id,
        idempotency_key=f"auto-debit:{debit.loan_id}:{business_date}:{round_name}",
        kind=Repayment.Kind.AUTO_DEBIT,
        amount=debit.take,
    )
