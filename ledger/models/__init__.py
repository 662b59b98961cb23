"""Rows of the ledger."""

from ledger.models.accounts import CUSTOMER_KINDS, Account, AccountBalance, AccountKind, AllowedSign, BalanceCheckpoint
from ledger.models.cases import LedgerCase
from ledger.models.custody import (
    CustodyAccount,
    CustodyBatch,
    CustodyPosting,
    ReconciliationDifference,
    ReconciliationRun,
    StatementBalance,
    StatementLine,
)
from ledger.models.payments import PaymentOrder
from ledger.models.transfers import Entry, Transfer, TransferType

__all__ = [
    "CUSTOMER_KINDS",
    "Account",
    "AccountBalance",
    "AccountKind",
    "AllowedSign",
    "BalanceCheckpoint",
    "CustodyAccount",
    "CustodyBatch",
    "CustodyPosting",
    "Entry",
    "LedgerCase",
    "PaymentOrder",
    "ReconciliationDifference",
    "ReconciliationRun",
    "StatementBalance",
    "StatementLine",
    "Transfer",
    "TransferType",
]
