"""Custom fields: defined by one person, active once a second one has agreed."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from customers.models import CustomField
from customers.operations.custom_fields import CHANGEABLE, define_custom_field
from staff.admin_access import DefinedByTwo, ReasonForm


class CustomFieldForm(ReasonForm):
    """A field with the reason why it should change."""

    class Meta:
        model = CustomField
        fields = CHANGEABLE


@admin.register(CustomField)
class CustomFieldAdmin(DefinedByTwo, ModelAdmin):
    """Fields of the customer record beyond those that the product brings."""

    form = CustomFieldForm
    changeable = CHANGEABLE
    defined = ("code", "label", "label_en", "type", "choices", "place")
    define = staticmethod(define_custom_field)
    lists = ("choices",)
    list_display = ("code", "label", "type", "place", "is_active")
    list_filter = ("type", "is_active")
    search_fields = ("code", "label")
    ordering = ("place", "code")
