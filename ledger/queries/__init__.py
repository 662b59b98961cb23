"""Reads of the ledger."""

from ledger.queries.balances import (
    CustomerBalance,
    StatementEntry,
    balance_of,
    balance_of_customer,
    balances_of_customers,
    list_lines,
    list_statement,
    lock_balances,
)

__all__ = [
    "CustomerBalance",
    "StatementEntry",
    "balance_of",
    "balance_of_customer",
    "balances_of_customers",
    "list_lines",
    "list_statement",
    "lock_balances",
]
