"""Addresses of registration, log-in and a customer's own record, and the staff list of customers."""
