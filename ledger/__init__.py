"""Double entry: accounts, transfers, entries, payment orders, the custodian's mirror, cases about money.

Owns every fen and the rule that none is made or lost; PostgreSQL enforces it (docs/algorithms/ledger.md).
Knows no loan: lending says which account gives and which receives.
"""
