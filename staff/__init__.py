"""Departments, roles, data scope and maker-checker approvals.

Owns who may see and do what; knows no customer.
"""
