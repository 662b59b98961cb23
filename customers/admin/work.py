"""Revisit rules, partners and the costs of winning customers."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core import clock
from customers.models import AcquisitionCost, Partner, RevisitRule
from customers.operations import work_rules
from customers.operations.costs import record_acquisition_cost
from staff.admin_access import AddedByOperation, DefinedByTwo, ReasonForm, actor_of, attempt


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
class RevisitRuleAdmin(DefinedByTwo, ModelAdmin):
    """How often and how each tier in each stage is contacted; the first rule that fits decides."""

    form = RevisitRuleForm
    changeable = work_rules.RULE_CHANGEABLE
    defined = ("place", "value_tier", "stage", "interval_days", "channel", "purpose")
    define = staticmethod(work_rules.define_revisit_rule)
    list_display = ("place", "value_tier", "stage", "interval_days", "channel", "purpose", "is_active")
    ordering = ("place", "id")


@admin.register(Partner)
class PartnerAdmin(DefinedByTwo, ModelAdmin):
    """Partners who bring leads under a code of their own."""

    form = PartnerForm
    changeable = work_rules.PARTNER_CHANGEABLE
    defined = ("code", "name", "kind", "fee_per_lead", "fee_share")
    define = staticmethod(work_rules.define_partner)
    list_display = ("code", "name", "kind", "fee_per_lead", "fee_share", "is_active")
    search_fields = ("code", "name")
    ordering = ("name",)


@admin.register(AcquisitionCost)
class AcquisitionCostAdmin(AddedByOperation, ModelAdmin):
    """What each method of winning customers cost; entered once, never changed."""

    list_display = ("method", "channel", "partner", "from_date", "until_date", "amount")
    list_filter = ("method",)
    list_select_related = ("partner",)
    fields = ("method", "channel", "partner", "from_date", "until_date", "amount", "note")
    ordering = ("-id",)

    def save_model(self, request: HttpRequest, obj: AcquisitionCost, form: Any, change: bool) -> None:
        """Record the cost."""
        data = dict(form.cleaned_data)
        partner = data.pop("partner")

        def act() -> None:
            obj.pk = record_acquisition_cost(
                **data, partner_id=partner.pk if partner else None, actor=actor_of(request), now=clock.now()
            ).pk

        attempt(request, act, _("Cost recorded."))
