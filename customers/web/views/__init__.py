"""The views behind the customer pages."""
