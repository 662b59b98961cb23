"""The admin of customers by subject."""

from customers.admin import facts, records

__all__ = ["facts", "records"]
