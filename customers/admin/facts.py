"""Custom fields: defined by one person, active once a second one has agreed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from core import clock
from customers.models import CustomField
from customers.operations.custom_fields import CHANGEABLE, define_custom_field
from staff import rights
from staff.admin_access import ChangedByTwo, ReasonForm, actor_of, attempt, holds


class DefineForm(forms.ModelForm):
    """A new field."""

    class Meta:
        model = CustomField
        fields = ("code", "label", "label_en", "type", "choices", "place")


class CustomFieldForm(ReasonForm):
    """A field with the reason why it should change."""

    class Meta:
        model = CustomField
        fields = CHANGEABLE


@admin.register(CustomField)
class CustomFieldAdmin(ChangedByTwo, ModelAdmin):
    """Fields of the customer record beyond those that the product brings."""

    form = CustomFieldForm
    changeable = CHANGEABLE
    list_display = ("code", "label", "type", "place", "is_active")
    list_filter = ("type", "is_active")
    search_fields = ("code", "label")
    ordering = ("place", "code")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure."""
        return holds(request, rights.CONFIGURE)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Ask for everything when a field is defined, for changes with their reason later."""
        if obj is None:
            kwargs["form"] = DefineForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A new field has no reason to give."""
        return list(DefineForm.Meta.fields) if obj is None else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Code and type are settled once and for all."""
        return [] if obj is None else super().get_readonly_fields(request, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Write the choices in one line, with commas."""
        if db_field.name == "choices":
            kwargs["widget"] = UnfoldAdminTextInputWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: CustomField, form: Any, change: bool) -> None:
        """Define the field, or ask for its change."""
        if change:
            super().save_model(request, obj, form, change)
            return
        data = form.cleaned_data

        def define() -> None:
            obj.pk = define_custom_field(
                code=data["code"],
                label=data["label"],
                label_en=data["label_en"],
                type=data["type"],
                choices=data["choices"] or [],
                place=data["place"],
                actor=actor_of(request),
                now=clock.now(),
            ).pk

        attempt(request, define, _("Defined. A second person has to approve that it becomes active."))

    def log_addition(self, request: HttpRequest, obj: CustomField, message: Any) -> None:
        """Write nothing: the audit trail has it."""

    def response_add(self, request: HttpRequest, obj: CustomField, post_url_continue: Any = None) -> Any:
        """Go back to the list: what came of it has been said."""
        return self.response_change(request, obj)
