"""Revisit rules, partners and the costs of winning customers."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core import clock
from customers.models import AcquisitionCost, Partner, RevisitRule
from customers.operations import work_rules
from customers.operations.costs import record_acquisition_cost
from staff import rights
from staff.admin_access import ChangedByTwo, ReadableByStaff, ReasonForm, actor_of, attempt, holds


class _Defined(ChangedByTwo, ModelAdmin):
    """Rows that one person defines inactive and a second one puts in force."""

    defined: tuple[str, ...] = ()
    define: Callable[..., Any]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure."""
        return holds(request, rights.CONFIGURE)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Ask for everything when a row is defined, for changes with their reason later."""
        if obj is None:
            kwargs["form"] = forms.modelform_factory(self.model, fields=self.defined)
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A new row has no reason to give."""
        return list(self.defined) if obj is None else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A new row is written as a whole."""
        return [] if obj is None else super().get_readonly_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Define the row, or ask for its change."""
        if change:
            super().save_model(request, obj, form, change)
            return
        values = {name: form.cleaned_data[name] for name in self.defined}

        def act() -> None:
            obj.pk = type(self).define(**values, actor=actor_of(request), now=clock.now()).pk

        attempt(request, act, _("Defined. A second person has to approve that it becomes active."))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write nothing: the audit trail has it."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """Go back to the list: what came of it has been said."""
        return self.response_change(request, obj)


class RevisitRuleForm(ReasonForm):
    """A rule with the reason why it should change."""

    class Meta:
        model = RevisitRule
        fields = work_rules.RULE_CHANGEABLE


class PartnerForm(ReasonForm):
    """A partner with the reason why he should change."""

    class Meta:
        model = Partner
        fields = work_rules.PARTNER_CHANGEABLE


@admin.register(RevisitRule)
class RevisitRuleAdmin(_Defined):
    """How often and how each tier in each stage is contacted; the first rule that fits decides."""

    form = RevisitRuleForm
    changeable = work_rules.RULE_CHANGEABLE
    defined = ("place", "value_tier", "stage", "interval_days", "channel", "purpose")
    define = staticmethod(work_rules.define_revisit_rule)
    list_display = ("place", "value_tier", "stage", "interval_days", "channel", "purpose", "is_active")
    ordering = ("place", "id")


@admin.register(Partner)
class PartnerAdmin(_Defined):
    """Partners who bring leads under a code of their own."""

    form = PartnerForm
    changeable = work_rules.PARTNER_CHANGEABLE
    defined = ("code", "name", "kind", "fee_per_lead", "fee_share")
    define = staticmethod(work_rules.define_partner)
    list_display = ("code", "name", "kind", "fee_per_lead", "fee_share", "is_active")
    search_fields = ("code", "name")
    ordering = ("name",)


@admin.register(AcquisitionCost)
class AcquisitionCostAdmin(ReadableByStaff, ModelAdmin):
    """What each method of winning customers cost; entered once, never changed."""

    list_display = ("method", "channel", "partner", "from_date", "until_date", "amount")
    list_filter = ("method",)
    list_select_related = ("partner",)
    fields = ("method", "channel", "partner", "from_date", "until_date", "amount", "note")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure."""
        return holds(request, rights.CONFIGURE)

    def save_model(self, request: HttpRequest, obj: AcquisitionCost, form: Any, change: bool) -> None:
        """Record the cost."""
        data = dict(form.cleaned_data)
        partner = data.pop("partner")

        def act() -> None:
            obj.pk = record_acquisition_cost(
                **data, partner_id=partner.pk if partner else None, actor=actor_of(request), now=clock.now()
            ).pk

        attempt(request, act, _("Cost recorded."))

    def log_addition(self, request: HttpRequest, obj: AcquisitionCost, message: Any) -> None:
        """Write nothing: the audit trail has it."""
