"""Products, applications, listings, funding, loans, schedules, repayments, contracts.

Owns the life of a loan; takes decisions from risk as facts and never asks for one.
"""
