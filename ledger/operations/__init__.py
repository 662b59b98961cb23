"""What may be done to money: open accounts, post, reverse, freeze, pay in, pay out, mirror, reconcile."""

from ledger.operations.accounts import open_accounts, open_platform_accounts
from ledger.operations.cases import (
    CaseClosed,
    MoneyHeld,
    ask_clearance,
    decide_clearance,
    open_case,
    require_free_money,
    resolve_case,
)
from ledger.operations.checkpoints import take_checkpoints
from ledger.operations.custody import (
    NotRefused,
    ask_custody_account,
    prepare_custody_batch,
    record_batch_answers,
    record_custody_account,
    resend_posting,
)
from ledger.operations.funds import freeze_funds, unfreeze_funds
from ledger.operations.payments import (
    AmountInvalid,
    AuthorisationMissing,
    CardMissing,
    CustodyAccountMissing,
    DepositTooLarge,
    create_card_debit,
    create_deposit,
    expire_orders,
    record_order_submitted,
    request_withdrawal,
)
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
from ledger.operations.reconciliation import (
    StatementIncomplete,
    ask_reconciliation,
    ask_reconciliations,
    compare_statement,
)
from ledger.operations.results import record_payment_result, refuse_order, take_notice

__all__ = [
    "AlreadyReversed",
    "AmountInvalid",
    "AuthorisationMissing",
    "CardMissing",
    "CaseClosed",
    "CustodyAccountMissing",
    "DepositTooLarge",
    "IdempotencyConflict",
    "InsufficientFunds",
    "MoneyHeld",
    "NotRefused",
    "PostedTransfer",
    "StatementIncomplete",
    "TransferDraft",
    "ask_clearance",
    "ask_custody_account",
    "ask_reconciliation",
    "ask_reconciliations",
    "compare_statement",
    "create_card_debit",
    "create_deposit",
    "decide_clearance",
    "expire_orders",
    "freeze_funds",
    "open_accounts",
    "open_case",
    "open_platform_accounts",
    "post_transfer",
    "post_transfers_bulk",
    "prepare_custody_batch",
    "record_batch_answers",
    "record_custody_account",
    "record_order_submitted",
    "record_payment_result",
    "refuse_order",
    "request_withdrawal",
    "require_free_money",
    "resend_posting",
    "resolve_case",
    "reverse_transfer",
    "take_checkpoints",
    "take_notice",
    "unfreeze_funds",
]
