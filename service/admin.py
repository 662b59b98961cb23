"""Operations staff read collection work; it is done on the pages of the RM."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from service.models import CollectionCase, CollectionContact, PromiseToPay
from staff import rights
from staff.queries import get_access

_READERS = (rights.CONFIGURE, rights.APPROVE_CONFIGURATION, rights.AUDIT)


class _Readable:
    """Looked at by those who configure, approve or audit; edited by nobody."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to those who may read it."""
        access = get_access(request.user)  # type: ignore[arg-type]
        return access is not None and any(access.has(right) for right in _READERS)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show the rows to those who may read them."""
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are written by operations only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are never edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are evidence."""
        return False


class ContactInline(_Readable, TabularInline):
    """Contacts of a case."""

    model = CollectionContact
    fields = ("at", "channel", "outcome", "note", "staff_user", "number_of_day")
    extra = 0


class PromiseInline(_Readable, TabularInline):
    """Promises of a case."""

    model = PromiseToPay
    fields = ("made_at", "amount", "promised_date", "state", "paid")
    extra = 0


@admin.register(CollectionCase)
class CollectionCaseAdmin(_Readable, ModelAdmin):
    """Cases with their contacts and promises."""

    list_display = ("opened_at", "loan", "stage", "dpd", "overdue_amount", "assignee", "state", "is_on_hold", "closure")
    list_filter = ("state", "stage", "is_on_hold")
    search_fields = ("loan__number",)
    list_select_related = ("loan", "assignee__user")
    show_full_result_count = False
    inlines = (ContactInline, PromiseInline)
