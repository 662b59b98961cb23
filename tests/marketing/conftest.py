"""The house of the lending tests: reference data on Monday 2026-03-02."""

from tests.lending.operations.conftest import house

__all__ = ["house"]
