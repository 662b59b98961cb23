"""Pools and assignment rules: drawn up by one person, in force once a second one has agreed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from core import clock
from customers.models import AssignmentRule, Handover, OwnerChange, Pool
from customers.operations.ownership.configuring import POOL_FIELDS, RULE_FIELDS, draw_up
from staff import rights
from staff.admin_access import ChangedByTwo, ReadableByStaff, ReasonForm, actor_of, attempt, holds


class _DrawnUp(ChangedByTwo, ModelAdmin):
    """Configuration that one person may add inactive."""

    new_form: type[Any]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure."""
        return holds(request, rights.CONFIGURE)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Ask for everything at first, for changes with their reason later."""
        if obj is None:
            kwargs["form"] = self.new_form
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What is new has no reason to give."""
        return list(self.new_form._meta.fields or ()) if obj is None else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A pool stays with its department."""
        return [] if obj is None else super().get_readonly_fields(request, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Write lists in one line, with commas."""
        if db_field.name in {"sources", "region_prefixes"}:
            kwargs["widget"] = UnfoldAdminTextInputWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Draw it up, or ask for its change."""
        if change:
            super().save_model(request, obj, form, change)
            return
        attempt(
            request,
            lambda: draw_up(row=obj, actor=actor_of(request), now=clock.now()),
            _("Drawn up. A second person has to approve that it becomes active."),
        )


class NewPoolForm(forms.ModelForm):
    """A new pool."""

    class Meta:
        model = Pool
        fields = ("department", *(name for name in POOL_FIELDS if name != "is_active"))


class PoolForm(ReasonForm):
    """A pool with the reason why it should change."""

    class Meta:
        model = Pool
        fields = POOL_FIELDS


@admin.register(Pool)
class PoolAdmin(_DrawnUp):
    """Public pools and their terms."""

    form = PoolForm
    new_form = NewPoolForm
    changeable = POOL_FIELDS
    list_display = ("name", "department", "daily_claims", "cool_down_days", "no_contact_days", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("department",)


class NewRuleForm(forms.ModelForm):
    """A new rule."""

    class Meta:
        model = AssignmentRule
        fields = tuple(name for name in RULE_FIELDS if name != "is_active")


class RuleForm(ReasonForm):
    """A rule with the reason why it should change."""

    class Meta:
        model = AssignmentRule
        fields = RULE_FIELDS


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(_DrawnUp):
    """Who gets new customers and leads; the first that fits decides."""

    form = RuleForm
    new_form = NewRuleForm
    changeable = RULE_FIELDS
    list_display = ("place", "name", "role", "team", "way", "is_active")
    list_filter = ("is_active", "way")
    list_select_related = ("team",)


@admin.register(OwnerChange)
class OwnerChangeAdmin(ReadableByStaff, ModelAdmin):
    """Every change of owner."""

    list_display = ("at", "customer_number", "old", "new", "old_pool", "new_pool", "reason", "actor")
    list_filter = ("reason",)
    search_fields = ("=customer__number", "=batch")
    list_select_related = ("customer", "old__user", "new__user", "old_pool", "new_pool", "actor")
    exclude = ("customer",)
    ordering = ("-id",)

    @admin.display(description=_("customer number"))
    def customer_number(self, row: OwnerChange) -> str:
        """Return the number: a name would be too much in a list."""
        return row.customer.number


@admin.register(Handover)
class HandoverAdmin(ReadableByStaff, ModelAdmin):
    """Books handed over."""

    list_display = ("started_at", "giver", "is_leaving", "total", "moved", "told", "actor")
    list_filter = ("is_leaving",)
    list_select_related = ("giver__user", "actor")
    exclude = ("plan",)
