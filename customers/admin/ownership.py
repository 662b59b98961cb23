"""Pools and assignment rules: drawn up by one person, in force once a second one has agreed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core.models import User
from customers.models import AssignmentRule, Handover, OwnerChange, Pool
from customers.operations.ownership.configuring import POOL_FIELDS, RULE_FIELDS, draw_up
from staff.admin_access import DefinedByTwo, ReadableByStaff, ReasonForm


def _drawing_up(model: type[Pool | AssignmentRule]) -> Callable[..., Pool | AssignmentRule]:
    def define(*, actor: User, now: datetime, **values: Any) -> Pool | AssignmentRule:
        return draw_up(row=model(**values), actor=actor, now=now)

    return define


class PoolForm(ReasonForm):
    """A pool with the reason why it should change."""

    class Meta:
        model = Pool
        fields = POOL_FIELDS


@admin.register(Pool)
class PoolAdmin(DefinedByTwo, ModelAdmin):
    """Public pools and their terms; a pool stays with its department."""

    form = PoolForm
    changeable = POOL_FIELDS
    defined = ("department", *(name for name in POOL_FIELDS if name != "is_active"))
    define = staticmethod(_drawing_up(Pool))
    list_display = ("name", "department", "daily_claims", "cool_down_days", "no_contact_days", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("department",)


class RuleForm(ReasonForm):
    """A rule with the reason why it should change."""

    class Meta:
        model = AssignmentRule
        fields = RULE_FIELDS


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(DefinedByTwo, ModelAdmin):
    """Who gets new customers and leads; the first that fits decides."""

    form = RuleForm
    changeable = RULE_FIELDS
    defined = tuple(name for name in RULE_FIELDS if name != "is_active")
    define = staticmethod(_drawing_up(AssignmentRule))
    lists = ("sources", "region_prefixes")
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
