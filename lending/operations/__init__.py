"""Writes of the lending business, one action a function.

Locks are always taken in this order: customer, loan, advisory lock of the listing, ledger accounts, listing.
"""
