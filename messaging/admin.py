"""Templates and messages; what a message said stays with the customer and his manager."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from messaging.models import Message, Template
from staff.admin_access import ChangedByTwo, ReadableByStaff


@admin.register(Template)
class TemplateAdmin(ChangedByTwo, ModelAdmin):
    """Texts by code, channel and language; an approved change is a new version."""

    changeable = ("subject", "body")
    list_display = ("code", "channel", "language", "version", "kind", "is_active", "subject")
    list_filter = ("kind", "channel", "language", "is_active")
    search_fields = ("code", "body")


@admin.register(Message)
class MessageAdmin(ReadableByStaff, ModelAdmin):
    """What was sent when and what became of it, without address and text."""

    list_display = ("created_at", "kind", "channel", "template", "state", "reason", "sent_at")
    list_filter = ("state", "channel", "kind")
    search_fields = ("=customer__number", "=dedup_key")
    list_select_related = ("template",)
    exclude = ("address", "text", "subject", "customer")
    ordering = ("-id",)
