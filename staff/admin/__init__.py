"""Pages of operations staff: people and approvals, and the system below them."""

from staff.admin import people, system

__all__ = ["people", "system"]
