"""Post transfers: one by one, many at once, and their reversals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, NotFound
from core.ids import business_number
from core.models import User
from core.prepared import Prepared
from ledger.models import Transfer, TransferType
from ledger.rules.lines import Line, check_lines, is_same_posting, reverse_lines

Reference = tuple[str, int | str]
NO_REFERENCE: Reference = ("", "")
_BALANCE_RULE = "balance_not_negative"


class InsufficientFunds(BusinessError):
    """An account would fall below zero."""

    code = "insufficient_funds"
    message = _("The balance is not enough.")
    next_step = _("Pay in, or take a smaller amount.")


class IdempotencyConflict(BusinessError):
    """The same key names another posting."""

    code = "idempotency_conflict"
    message = _("This key was used for another movement of money.")
    next_step = _("Look at the first one before you send another.")


class AlreadyReversed(BusinessError):
    """A transfer is reversed once, and a reversal never."""

    code = "already_reversed"
    message = _("Transfer %(number)s has been reversed, or is itself a reversal.")


@dataclass(frozen=True, slots=True)
class TransferDraft:
    """One transfer to be posted. Positive amounts are owed to the account's owner; the lines sum to zero.

    `custody_reference` is the key of an instruction that the custodian has carried out already.
    """

    type: TransferType
    lines: Sequence[Line]
    idempotency_key: str
    reference: Reference = NO_REFERENCE
    memo: str = ""
    custody_reference: str = ""


@dataclass(frozen=True, slots=True)
class PostedTransfer:
    """A transfer in the books; `is_new` is false where the key had been posted before."""

    id: int
    number: str
    is_new: bool


@transaction.atomic(savepoint=False)
def post_transfer(
    *,
    type: TransferType,
    lines: Sequence[Line],
    idempotency_key: str,
    business_date: date,
    now: datetime,
    actor: User | None,
    reference: Reference = NO_REFERENCE,
    memo: str = "",
    custody_reference: str = "",
) -> PostedTransfer:
    """Move money between accounts: one statement, in the caller's transaction.

    The same key with the same lines returns the first transfer. Locks the customers' balances in account order; post
    twice in one transaction only after `queries.lock_balances` over the accounts of both.

    Raises InsufficientFunds, IdempotencyConflict; InvalidLines for lines that no caller should send. A refusal
    spoils the surrounding transaction: wrap the call in `transaction.atomic()` to go on after one.
    """
    draft = TransferDraft(type, lines, idempotency_key, reference, memo, custody_reference)
    return _post([draft], _Stamp(business_date, now, actor))[0]


@transaction.atomic(savepoint=False)
def post_transfers_bulk(
    *, drafts: Sequence[TransferDraft], business_date: date, now: datetime, actor: User | None
) -> list[PostedTransfer]:
    """Post many transfers with one statement, all or none; the result is in the order of the drafts.

    Meant for partitions of up to some ten thousand entries. Raises like `post_transfer`, and ValueError where two
    drafts carry one key.
    """
    if len({draft.idempotency_key for draft in drafts}) != len(drafts):
        raise ValueError("two drafts carry one idempotency key")
    return _post(drafts, _Stamp(business_date, now, actor)) if drafts else []


@transaction.atomic
def reverse_transfer(
    *, transfer_id: int, reason: str, business_date: date, now: datetime, actor: User
) -> PostedTransfer:
    """Undo a transfer by its mirror image; the original stays. Raises AlreadyReversed, InsufficientFunds, NotFound."""
    original = Transfer.objects.filter(pk=transfer_id).first()
    if original is None:
        raise NotFound
    if original.type == TransferType.REVERSAL or Transfer.objects.filter(reversal_of=original).exists():
        raise AlreadyReversed(number=original.number)
    draft = TransferDraft(
        TransferType.REVERSAL,
        reverse_lines(original.entries.order_by("id").values_list("account_id", "amount")),
        f"reversal:{original.number}",
        (original.reference_type, original.reference_id),
        reason[:200],
    )
    posted = _post([draft], _Stamp(business_date, now, actor, original.pk))[0]
    if not posted.is_new:
        raise AlreadyReversed(number=original.number)
    audit.record(
        actor=actor,
        action="ledger.transfer_reversed",
        target=original,
        data={"number": original.number, "reversal": posted.number},
        reason=reason,
        now=now,
    )
    return posted


# One statement, because the database takes a transfer only together with its entries. The key decides: a row that is
# there already is left alone, and one that another transaction is writing is waited for.
_INSERT_ONE = Prepared("""
WITH written AS (
    INSERT INTO ledger_transfer (number, type, idempotency_key, business_date, posted_at, reference_type,
        reference_id, memo, actor_id, reversal_of_id, custody_reference)
    VALUES (%(number)s::text, %(type)s::text, %(key)s::text, %(business_date)s::date, %(now)s::timestamptz,
        %(reference_type)s::text, %(reference_id)s::text, %(memo)s::text, %(actor)s::bigint, %(reversal_of)s::bigint,
        %(custody_reference)s::text)
    ON CONFLICT DO NOTHING
    RETURNING id, idempotency_key, number
), entered AS (
    INSERT INTO ledger_entry (transfer_id, account_id, amount)
    SELECT written.id, line.account_id, line.amount
    FROM written, unnest(%(accounts)s::bigint[], %(amounts)s::numeric[]) AS line(account_id, amount)
)
SELECT idempotency_key, id, number FROM written
""")
_INSERT_MANY = """
WITH draft AS (
    SELECT * FROM unnest(%(number)s::text[], %(type)s::text[], %(key)s::text[], %(reference_type)s::text[],
        %(reference_id)s::text[], %(memo)s::text[], %(custody_reference)s::text[])
        WITH ORDINALITY AS d(number, type, key, reference_type, reference_id, memo, custody_reference, n)
), written AS (
    INSERT INTO ledger_transfer (number, type, idempotency_key, business_date, posted_at, reference_type,
        reference_id, memo, actor_id, reversal_of_id, custody_reference)
    SELECT number, type, key, %(business_date)s, %(now)s, reference_type, reference_id, memo, %(actor)s,
        NULL, custody_reference
    FROM draft ORDER BY n
    ON CONFLICT DO NOTHING
    RETURNING id, idempotency_key, number
), entered AS (
    INSERT INTO ledger_entry (transfer_id, account_id, amount)
    SELECT written.id, line.account_id, line.amount
    FROM unnest(%(owners)s::int[], %(accounts)s::bigint[], %(amounts)s::numeric[])
        WITH ORDINALITY AS line(owner, account_id, amount, n)
    JOIN draft ON draft.n = line.owner
    JOIN written ON written.idempotency_key = draft.key
    ORDER BY line.n
)
SELECT idempotency_key, id, number FROM written
"""


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What all transfers of one posting share."""

    business_date: date
    now: datetime
    actor: User | None
    reversal_of: int | None = None


_Checked = tuple[TransferDraft, list[Line]]


def _post(drafts: Sequence[TransferDraft], stamp: _Stamp) -> list[PostedTransfer]:
    checked = [(draft, check_lines(draft.lines)) for draft in drafts]
    known = _insert(checked, stamp)
    if len(known) < len(drafts):
        known |= _find_repeated([row for row in checked if row[0].idempotency_key not in known])
    if len(known) < len(drafts):
        # A random number was taken, or the custodian's instruction was posted under another key.
        known |= _insert([row for row in checked if row[0].idempotency_key not in known], stamp)
    if len(known) < len(drafts):
        raise IdempotencyConflict
    return [known[draft.idempotency_key] for draft in drafts]


def _insert(checked: Sequence[_Checked], stamp: _Stamp) -> dict[str, PostedTransfer]:
    """Write those whose key is free and return them by key. Raises InsufficientFunds."""
    rows = [_row(draft, stamp) for draft, _lines in checked]
    is_single = len(rows) == 1
    parameters: dict[str, Any] = dict(rows[0]) if is_single else {name: [row[name] for row in rows] for name in rows[0]}
    parameters |= {
        "accounts": _array(account_id for _draft, lines in checked for account_id, _amount in lines),
        "amounts": _array(amount for _draft, lines in checked for _account, amount in lines),
        "business_date": stamp.business_date,
        "now": stamp.now,
        "actor": stamp.actor.pk if stamp.actor is not None else None,
        "reversal_of": stamp.reversal_of,
    }
    if not is_single:
        parameters["owners"] = _array(n for n, (_draft, lines) in enumerate(checked, 1) for _line in lines)
    try:
        with connection.cursor() as cursor:
            if is_single:
                _INSERT_ONE.execute(cursor, parameters)
            else:
                cursor.execute(_INSERT_MANY, parameters)
            return {key: PostedTransfer(pk, number, True) for key, pk, number in cursor.fetchall()}
    except IntegrityError as error:
        if _constraint_of(error) == _BALANCE_RULE:
            raise InsufficientFunds from error
        raise


def _row(draft: TransferDraft, stamp: _Stamp) -> dict[str, str]:
    return {
        "number": business_number("TR", stamp.business_date),
        "type": str(draft.type),
        "key": draft.idempotency_key,
        "reference_type": draft.reference[0],
        "reference_id": str(draft.reference[1]),
        "memo": draft.memo,
        "custody_reference": draft.custody_reference,
    }


def _array(values: Iterable[Any]) -> str:
    """Return a PostgreSQL array literal; the driver would adapt every number of a long list on its own."""
    return "{" + ",".join(map(str, values)) + "}"


def _constraint_of(error: IntegrityError) -> str | None:
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


_POSTED = """
SELECT t.idempotency_key, t.id, t.number, t.type, array_agg(e.account_id), array_agg(e.amount)
FROM ledger_transfer t JOIN ledger_entry e ON e.transfer_id = t.id
WHERE t.idempotency_key = ANY(%s) GROUP BY t.id
"""


def _find_repeated(checked: Sequence[_Checked]) -> dict[str, PostedTransfer]:
    """Return what had been posted under the drafts' keys. Raises IdempotencyConflict where it was something else."""
    by_key = {draft.idempotency_key: (draft, lines) for draft, lines in checked}
    known = {}
    with connection.cursor() as cursor:
        cursor.execute(_POSTED, [list(by_key)])
        for key, pk, number, type_, account_ids, amounts in cursor.fetchall():
            draft, lines = by_key[key]
            if type_ != draft.type or not is_same_posting(zip(account_ids, amounts, strict=True), lines):
                raise IdempotencyConflict
            known[key] = PostedTransfer(pk, number, False)
    return known
