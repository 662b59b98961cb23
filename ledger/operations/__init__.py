"""What may be done to money: open accounts, post, reverse, freeze, pay in, pay out, mirror, reconcile."""

from ledger.operations.accounts import open_accounts, open_platform_accounts
from ledger.operations.posting import (
    AlreadyReversed,
    IdempotencyConflict,
    InsufficientFunds,
    PostedTransfer,
    TransferDraft,
    post_transfer,
    post_transfers_bulk,
    reverse_transfer,
)

__all__ = [
    "AlreadyReversed",
    "IdempotencyConflict",
    "InsufficientFunds",
    "PostedTransfer",
    "TransferDraft",
    "open_accounts",
    "open_platform_accounts",
    "post_transfer",
    "post_transfers_bulk",
    "reverse_transfer",
]
