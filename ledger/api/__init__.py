"""Addresses of a customer's money: statement, deposits, withdrawals."""
