"""Addresses of what a customer was told."""
