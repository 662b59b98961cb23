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
from ledger.queries.custody import count_unsent, custody_number, custody_numbers, list_instructions
from ledger.queries.invariants import Finding, Invariant, check_invariants, invariants
from ledger.queries.payments import access_order, list_orders_to_ask

__all__ = [
    "CustomerBalance",
    "Finding",
    "Invariant",
    "StatementEntry",
    "access_order",
    "balance_of",
    "balance_of_customer",
    "balances_of_customers",
    "check_invariants",
    "count_unsent",
    "custody_number",
    "custody_numbers",
    "invariants",
    "list_instructions",
    "list_lines",
    "list_orders_to_ask",
    "list_statement",
    "lock_balances",
]
