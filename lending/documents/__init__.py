"""Loan contracts as documents: what they must say, their PDF, their signatures and the check of both.

Owns the text and the layout of the contract. Owns no rows: callers collect the facts, keep the bytes and their hash.
Imports nothing of lending but itself; no clock, no network except a time-stamp address that the caller passes.
"""
