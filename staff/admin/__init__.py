"""Pages of operations staff: people and approvals, and the system below them."""

from staff.admin import logins, people, system

__all__ = ["logins", "people", "system"]
