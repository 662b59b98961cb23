"""The admin of customers by subject."""

from customers.admin import facts, ownership, process, records, work

__all__ = ["facts", "ownership", "process", "records", "work"]
