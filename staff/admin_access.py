"""Who sees what in the admin: rights of staff instead of Django's own permissions."""

from typing import Any

from django.http import HttpRequest

from staff import rights
from staff.queries import get_access

READERS = (rights.CONFIGURE, rights.APPROVE_CONFIGURATION, rights.AUDIT)


def holds(request: HttpRequest, *wanted: str) -> bool:
    """Tell whether the user holds one of the rights."""
    access = get_access(request.user)  # type: ignore[arg-type]
    return access is not None and any(access.has(right) for right in wanted)


class ReadableByStaff:
    """A list and a page to look at, for those who configure, approve or audit; rows are written by operations only."""

    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to those who may read it."""
        return holds(request, *READERS)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show the rows to those who may read them."""
        return holds(request, *READERS)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are evidence."""
        return False
