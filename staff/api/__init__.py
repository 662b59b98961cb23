"""Tokens for staff."""
