"""Set a customer's money aside and set it free again."""

from datetime import date, datetime
from decimal import Decimal

from core.models import User
from ledger.models import TransferType
from ledger.operations.posting import NO_REFERENCE, PostedTransfer, Reference, post_transfer
from ledger.rules.accounts import available_account, frozen_account


def freeze_funds(
    *,
    customer_id: int,
    amount: Decimal,
    idempotency_key: str,
    business_date: date,
    now: datetime,
    actor: User | None,
    reference: Reference = NO_REFERENCE,
) -> PostedTransfer:
    """Move money from available to frozen. Raises InsufficientFunds, IdempotencyConflict."""
    return post_transfer(
        type=TransferType.FREEZE,
        lines=[(available_account(customer_id), -amount), (frozen_account(customer_id), amount)],
        idempotency_key=idempotency_key,
        business_date=business_date,
        now=now,
        actor=actor,
        reference=reference,
    )


def unfreeze_funds(
    *,
    customer_id: int,
    amount: Decimal,
    idempotency_key: str,
    business_date: date,
    now: datetime,
    actor: User | None,
    reference: Reference = NO_REFERENCE,
) -> PostedTransfer:
    """Move money from frozen to available. Raises InsufficientFunds, IdempotencyConflict."""
    return post_transfer(
        type=TransferType.UNFREEZE,
        lines=[(frozen_account(customer_id), -amount), (available_account(customer_id), amount)],
        idempotency_key=idempotency_key,
        business_date=business_date,
        now=now,
        actor=actor,
        reference=reference,
    )
