"""The admin of customers by subject."""

from customers.admin import facts, ownership, records, work

__all__ = ["facts", "ownership", "records", "work"]
