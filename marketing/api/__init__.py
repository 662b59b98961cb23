"""Coupons for customers and staff tokens."""
