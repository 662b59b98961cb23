"""Repayments: taken from the borrower, allocated and divided among the lenders in one transaction, to the fen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, NotFound
from core.models import User
from core.money import ZERO, from_fen, to_fen
from core.outbox import publish_many
from ledger.models import TransferType
from ledger.operations.posting import TransferDraft, post_transfers_bulk
from ledger.rules.accounts import PLATFORM_FEES, available_account
from lending.events import LoanCured, LoanSettled, RepaymentPosted
from lending.models import Loan, Repayment
from lending.operations import repayment_rows
from lending.queries.positions import LockedLoan, RepaymentFacts, lock_for_repayments
from lending.rules import repayment as rules
from lending.rules.repayment import OpenInstalment, RepaymentPlan


class LoanNotRunning(BusinessError):
    """The loan is not in repayment."""

    code = "loan_not_running"
    message = _("This loan is not in repayment.")


class MoreThanPayable(BusinessError):
    """The amount is above what is due and the next instalment."""

    code = "more_than_payable"
    status = 422
    message = _("At most %(payable)s yuan can be paid now.")
    next_step = _("Pay that amount, or settle the whole loan early.")


class KeyUsedForOther(BusinessError):
    """The idempotency key belongs to another repayment."""

    code = "repayment_key_conflict"
    message = _("This key was used for another repayment.")


@dataclass(frozen=True)
class RepaymentDraft:
    """A payment to be posted; without an amount everything due on the business date is paid.

    `waived` are (instalment id, interest fen, fee fen) that an early settlement takes off, `credited` are
    (instalment id, interest fen) that were paid ahead and that it gives back.
    """

    loan_id: int
    idempotency_key: str
    kind: str = Repayment.Kind.REPAYMENT
    amount: Decimal | None = None
    waived: tuple[tuple[int, int, int], ...] = ()
    credited: tuple[tuple[int, int], ...] = ()
    added_fee: tuple[int, int] | None = None


@dataclass(frozen=True)
class PlannedRepayment:
    """A draft with everything it writes."""

    draft: RepaymentDraft
    loan: LockedLoan
    plan: RepaymentPlan


@transaction.atomic
def record_repayment(
    *,
    loan_id: int,
    amount: Decimal | None,
    idempotency_key: str,
    business_date: date,
    now: datetime,
    actor: User | None,
    kind: str = Repayment.Kind.REPAYMENT,
) -> Repayment:
    """Post one payment from the borrower's available balance; the same key posts once.

    Raises NotFound, LoanNotRunning, MoreThanPayable, InsufficientFunds, KeyUsedForOther.
    """
    draft = RepaymentDraft(loan_id=loan_id, idempotency_key=idempotency_key, kind=kind, amount=amount)
    posted = post_repayments([draft], business_date=business_date, now=now, actor=actor)
    if posted:
        return posted[0]
    known = Repayment.objects.get(idempotency_key=idempotency_key)
    if (known.loan_id, known.kind) != (loan_id, kind) or (amount is not None and known.amount != amount):
        raise KeyUsedForOther
    return known


@transaction.atomic(savepoint=False)
def post_repayments(
    drafts: Sequence[RepaymentDraft], *, business_date: date, now: datetime, actor: User | None
) -> list[Repayment]:
    """Post payments of different loans, all or none, in a fixed number of statements; return the new repayments.

    Drafts whose key has been posted are left out. A refusal spoils the surrounding transaction: wrap the call in
    `transaction.atomic()` to go on after one. Raises like `record_repayment`.
    """
    facts = lock_for_repayments([draft.loan_id for draft in drafts], [draft.idempotency_key for draft in drafts])
    fresh = [draft for draft in drafts if draft.idempotency_key not in facts.posted_keys]
    planned = [_plan(draft, facts, business_date) for draft in fresh]
    if not planned:
        return []
    transfers = post_transfers_bulk(
        drafts=[_transfer(item, facts.investors) for item in planned], business_date=business_date, now=now, actor=actor
    )
    repayments = repayment_rows.write_repayments(
        planned, [transfer.id for transfer in transfers], business_date=business_date, now=now
    )
    _publish(planned, repayments, now)
    return repayments


def _plan(draft: RepaymentDraft, facts: RepaymentFacts, business_date: date) -> PlannedRepayment:
    loan = facts.loans.get(draft.loan_id)
    if loan is None:
        raise NotFound
    if loan.state != Loan.State.ACTIVE:
        raise LoanNotRunning
    instalments = facts.instalments[loan.id]
    settles = draft.kind == Repayment.Kind.SETTLEMENT
    if settles:
        _apply_waivers(draft, instalments)
        amount_fen = sum(row.unpaid_fen for row in instalments) - sum(fen for _pk, fen in draft.credited)
    elif draft.amount is None:
        amount_fen = sum(row.unpaid_fen for row in instalments if row.due_date <= business_date)
    else:
        amount_fen = to_fen(draft.amount)
    if amount_fen <= 0:
        raise MoreThanPayable(payable=ZERO)
    try:
        plan = rules.plan_repayment(
            amount_fen=amount_fen,
            instalments=instalments,
            positions=facts.positions[loan.id],
            order=loan.allocation_order,
            on=business_date,
            settles=settles,
            waived=draft.waived,
            credited=draft.credited,
        )
    except rules.PaymentTooLarge as error:
        raise MoreThanPayable(payable=from_fen(error.payable_fen)) from error
    return PlannedRepayment(draft, loan, plan)


def _apply_waivers(draft: RepaymentDraft, instalments: list[OpenInstalment]) -> None:
    waived = {pk: (interest, fee) for pk, interest, fee in draft.waived}
    for row in instalments:
        interest, fee = waived.get(row.id, (0, 0))
        row.interest_fen -= interest
        row.fee_fen -= fee
        if draft.added_fee is not None and row.id == draft.added_fee[0]:
            row.fee_fen += draft.added_fee[1]


def _transfer(item: PlannedRepayment, investors: dict[int, int]) -> TransferDraft:
    lines: Counter[int] = Counter()
    lines[available_account(item.loan.borrower_id)] -= item.plan.amount_fen
    for share_id, parts in item.plan.lender_parts:
        lines[available_account(investors[share_id])] += parts.total_fen
    lines[PLATFORM_FEES] += item.plan.totals.fee_fen
    return TransferDraft(
        type=TransferType.REPAYMENT,
        lines=[(account, from_fen(fen)) for account, fen in lines.items() if fen],
        idempotency_key=f"repayment:{item.draft.idempotency_key}"[:300],
        reference=("lending.loan", item.loan.id),
    )


def _publish(planned: Sequence[PlannedRepayment], repayments: Sequence[Repayment], now: datetime) -> None:
    events: list[object] = []
    for item, repayment in zip(planned, repayments, strict=True):
        loan, plan = item.loan, item.plan
        events.append(
            RepaymentPosted(
                repayment_id=repayment.pk,
                loan_id=loan.id,
                customer_id=loan.borrower_id,
                amount=from_fen(plan.amount_fen),
                kind=item.draft.kind,
            )
        )
        if loan.bucket != "M0" and plan.standing.dpd == 0:
            events.append(LoanCured(loan_id=loan.id, customer_id=loan.borrower_id))
        if plan.is_settled:
            is_early = item.draft.kind == Repayment.Kind.SETTLEMENT
            events.append(LoanSettled(loan_id=loan.id, customer_id=loan.borrower_id, is_early=is_early))
    publish_many(events, now=now)
