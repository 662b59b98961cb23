"""The custodian: sub-accounts, the queue of instructions, its answers."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.ids import business_number
from core.models import User
from core.outbox import publish
from customers.models import Consent, Customer
from customers.operations import history
from integrations.ports import InstructionResult, InstructionStatus
from integrations.ports.custody import MAX_BATCH_SIZE
from ledger.events import CustodyAccountAsked, CustodyAccountOpened
from ledger.models import CustodyAccount, CustodyBatch, CustodyPosting, LedgerCase
from ledger.operations.accounts import open_accounts
from ledger.operations.cases import open_case, resolve_case
from ledger.queries.custody import INSTRUCTION_KEY


class NotRefused(BusinessError):
    """The custodian did not refuse this transfer."""

    code = "not_refused"
    message = _("The custodian has not refused transfer %(number)s.")


@transaction.atomic
def ask_custody_account(*, customer_id: int, now: datetime) -> CustodyAccount | None:
    """Open the customer's accounts here and have the bank open its own, once he is identified and has agreed to it.

    Returns None while identity or consent is missing; asking again changes nothing.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    has_agreed = Consent.objects.filter(
        customer=customer, purpose=Consent.Purpose.CUSTODY, withdrawn_at__isnull=True
    ).exists()
    if customer.status != Customer.Status.IDENTIFIED or not has_agreed:
        return None
    account, is_new = CustodyAccount.objects.get_or_create(customer=customer, defaults={"asked_at": now})
    if is_new:
        open_accounts(customer_ids=[customer_id], now=now)
        audit.record(actor=customer.user, action="ledger.custody_account_asked", target=account, now=now)
        publish(CustodyAccountAsked(customer_id), now=now)
    return account


@transaction.atomic
def record_custody_account(*, customer_id: int, number: str, refusal_code: str, now: datetime) -> CustodyAccount:
    """Record the bank's answer; a repeated answer changes nothing."""
    account = CustodyAccount.objects.select_for_update(no_key=True).get(pk=customer_id)
    if account.status == CustodyAccount.Status.OPEN:
        return account
    account.status = CustodyAccount.Status.OPEN if number else CustodyAccount.Status.REFUSED
    account.number = number
    account.refusal_code = refusal_code[:64]
    account.opened_at = now if number else None
    account.save(update_fields=["status", "number", "refusal_code", "opened_at"])
    audit.record(
        actor=None, action=f"ledger.custody_account_{account.status.lower()}", target=account, data={}, now=now
    )
    text_code = "ledger.custody_opened" if number else "ledger.custody_refused"
    history.add_timeline(
        customer_id=customer_id,
        kind="change",
        text_code=text_code,
        params={"code": refusal_code},
        at=now,
        key=f"{text_code}:{customer_id}",
    )
    if number:
        publish(CustodyAccountOpened(customer_id), now=now)
    return account


# Postings of a customer without a sub-account wait for it; all others go in the order of their ids.
_WAITING = """
SELECT p.id FROM ledger_custodyposting p
WHERE p.state = 'PENDING' AND NOT EXISTS (
    SELECT FROM ledger_entry e
    LEFT JOIN ledger_custodyaccount a ON a.customer_id = e.account_id / 10 AND a.status = 'OPEN'
    WHERE e.transfer_id = p.transfer_id AND e.account_id >= 10 AND a.customer_id IS NULL
)
ORDER BY p.id LIMIT %s
"""
_CLAIM = """
UPDATE ledger_custodyposting c
SET state = 'SENT', batch_id = %(batch)s, statement_date = greatest(t.business_date, %(first_open)s::date)
FROM ledger_transfer t WHERE t.id = c.transfer_id AND c.id = ANY(%(ids)s)
"""
# A day that was compared with its statement takes no more instructions.
_FIRST_OPEN_DATE = "SELECT max(business_date) + 1 FROM ledger_reconciliationrun WHERE compared_at IS NOT NULL"


@transaction.atomic
def prepare_custody_batch(*, now: datetime) -> CustodyBatch | None:
    """Return the batch that goes to the bank next: the unanswered one, else a new one, None when nothing waits.

    A batch is made only when the one before it is answered, so that the bank sees money come in before it goes out.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledger.custody_batch'))")
        unanswered = CustodyBatch.objects.filter(state=CustodyBatch.State.PREPARED).order_by("id").first()
        if unanswered is not None:
            return unanswered
        cursor.execute(_WAITING, [MAX_BATCH_SIZE])
        ids = [posting_id for (posting_id,) in cursor.fetchall()]
        if not ids:
            return None
        batch = CustodyBatch.objects.create(key=business_number("CB", now.date()), size=len(ids), prepared_at=now)
        cursor.execute(_FIRST_OPEN_DATE)
        (first_open,) = cursor.fetchone()
        cursor.execute(_CLAIM, {"batch": batch.pk, "first_open": first_open, "ids": ids})
    return batch


_ANSWER = f"""
UPDATE ledger_custodyposting SET state = answered.state, refusal_code = answered.code
FROM (
    SELECT c.id, r.state, r.code
    FROM ledger_custodyposting c
    JOIN ledger_transfer t ON t.id = c.transfer_id
    JOIN unnest(%(keys)s::text[], %(states)s::text[], %(codes)s::text[]) AS r(key, state, code)
        ON r.key = {INSTRUCTION_KEY}
    WHERE c.batch_id = %(batch)s AND c.state = 'SENT'
) answered WHERE answered.id = ledger_custodyposting.id
"""  # noqa: S608 - the fragment is a constant of queries.custody


@transaction.atomic
def record_batch_answers(*, batch_id: int, results: Sequence[InstructionResult], now: datetime) -> CustodyBatch:
    """Record what became of a batch's instructions; each refused one opens a blocking case. Repeats change nothing."""
    batch = CustodyBatch.objects.select_for_update(no_key=True).get(pk=batch_id)
    if batch.state == CustodyBatch.State.ANSWERED:
        return batch
    refused = [result for result in results if result.status == InstructionStatus.REFUSED]
    with connection.cursor() as cursor:
        cursor.execute(
            _ANSWER,
            {
                "keys": [result.key for result in results],
                "states": [result.status.value for result in results],
                "codes": [result.code[:64] for result in results],
                "batch": batch_id,
            },
        )
    for result in refused:
        open_case(
            kind=LedgerCase.Kind.REFUSED_BY_BANK,
            key=_refusal_key(result.key),
            is_blocking=True,
            now=now,
            detail={"instruction": result.key, "code": result.code, "bank_reference": result.bank_reference},
        )
    batch.state = CustodyBatch.State.ANSWERED
    batch.refused_count = len(refused)
    batch.answered_at = now
    batch.save(update_fields=["state", "refused_count", "answered_at"])
    return batch


def _refusal_key(instruction: str) -> str:
    return f"refused:{instruction}"


@transaction.atomic
def resend_posting(*, transfer_id: int, reason: str, actor: User, now: datetime) -> None:
    """Send a transfer that the custodian refused once more, under a new key, and close the case of the refusal.

    Raises NotRefused.
    """
    posting = (
        CustodyPosting.objects.select_for_update(no_key=True).select_related("transfer").get(transfer_id=transfer_id)
    )
    number = posting.transfer.number
    if posting.state != CustodyPosting.State.REFUSED:
        raise NotRefused(number=number)
    refused_key = f"{number}-{posting.attempt}" if posting.attempt else number
    posting.state = CustodyPosting.State.PENDING
    posting.batch = None
    posting.statement_date = None
    posting.attempt += 1
    posting.save(update_fields=["state", "batch", "statement_date", "attempt"])
    audit.record(actor=actor, action="ledger.posting_resent", target=posting.transfer, reason=reason, now=now)
    case = LedgerCase.objects.filter(key=_refusal_key(refused_key), status=LedgerCase.Status.OPEN).first()
    if case is not None:
        resolve_case(case_id=case.pk, resolution=reason, actor=actor, now=now)
