"""Worlds that modules of this place keep."""

from tests.customers.operations.workday import _kept_desk

__all__ = ["_kept_desk"]
