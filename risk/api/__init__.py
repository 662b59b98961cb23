"""Addresses of alerts for staff."""
