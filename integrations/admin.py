"""Operations staff read what came in and what went out; nobody edits it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from integrations.models import CallbackRejection, InboundCallback, OutboundCall


class ReadOnlyAdmin(ModelAdmin):
    """A list and a page to look at."""

    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever is let into the admin may read."""
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever is let into the admin may read."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are written by operations only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are never edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are evidence."""
        return False


@admin.register(InboundCallback)
class InboundCallbackAdmin(ReadOnlyAdmin):
    """The body stays out of the page: it may hold a phone number."""

    list_display = ("received_at", "gateway", "kind", "event_key", "state", "failure_count", "last_error")
    list_filter = ("gateway", "kind", "state")
    search_fields = ("event_key",)
    exclude = ("raw_body",)
    ordering = ("-received_at",)


@admin.register(OutboundCall)
class OutboundCallAdmin(ReadOnlyAdmin):
    """Calls to partners with the outcome of the latest attempt."""

    list_display = ("last_at", "port", "operation", "idempotency_key", "outcome", "code", "attempt_count")
    list_filter = ("port", "outcome")
    search_fields = ("idempotency_key",)
    ordering = ("-last_at",)


@admin.register(CallbackRejection)
class CallbackRejectionAdmin(ReadOnlyAdmin):
    """Calls that proved nothing, counted by the hour."""

    list_display = ("hour", "gateway", "reason", "call_count")
    list_filter = ("gateway", "reason")
    ordering = ("-hour",)
