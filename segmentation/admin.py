"""Segments and tellings to look at; limits of labels, service packages and playbooks, changed by two people."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core.registries import attributes
from segmentation.models import Decline, LabelChoice, LabelRule, Playbook, Segment, ServicePackage, StandingRun
from segmentation.operations import configuring
from staff.admin_access import ChangedByTwo, ReadableByStaff, ReasonForm


@admin.display(description=_("customer"))
def customer_number(row: LabelChoice | Decline) -> str:
    """Return the number that pages show, never the key."""
    return row.customer.number


@admin.register(Segment)
class SegmentAdmin(ReadableByStaff, ModelAdmin):
    """All segments with what keeps one from being evaluated."""

    list_display = ("name", "kind", "state", "version", "member_count", "evaluated_at", "fault", "created_by")
    list_filter = ("state", "kind")
    search_fields = ("name",)
    list_select_related = ("created_by",)


@admin.register(StandingRun)
class StandingRunAdmin(ReadableByStaff, ModelAdmin):
    """When the attributes of which customers were last told in bulk."""

    list_display = ("business_date", "started_at", "written")


class LabelRuleForm(ReasonForm):
    """Limits with the reason why they should change."""

    class Meta:
        model = LabelRule
        fields = configuring.RULE_CHANGEABLE


@admin.register(LabelRule)
class LabelRuleAdmin(ChangedByTwo, ModelAdmin):
    """Versions of the limits by which customers are labelled; an approved change of the latest one is a new version."""

    form = LabelRuleForm
    changeable = configuring.RULE_CHANGEABLE
    list_display = ("version", "valid_from", "value_middle", "value_high", "churn_watch", "churn_likely", "source")


class ServicePackageForm(ReasonForm):
    """A package with the reason why it should change."""

    class Meta:
        model = ServicePackage
        fields = configuring.PACKAGE_CHANGEABLE


@admin.register(ServicePackage)
class ServicePackageAdmin(ChangedByTwo, ModelAdmin):
    """What customers of each class get."""

    form = ServicePackageForm
    changeable = configuring.PACKAGE_CHANGEABLE
    list_display = ("service_class", "answer_hours", "contact_days", "rm_minutes", "team")


class PlaybookForm(ReasonForm):
    """A playbook with the reason why it should change."""

    class Meta:
        model = Playbook
        fields = configuring.PLAYBOOK_CHANGEABLE


@admin.register(Playbook)
class PlaybookAdmin(ChangedByTwo, ModelAdmin):
    """What we want with customers in each stage; tasks are the process steps that begin with the stage."""

    form = PlaybookForm
    changeable = configuring.PLAYBOOK_CHANGEABLE
    list_display = ("stage", "goal", "metric", "metric_days")


@admin.register(LabelChoice)
class LabelChoiceAdmin(ReadableByStaff, ModelAdmin):
    """What people have set instead of the rules."""

    list_display = (customer_number, "label", "value_name", "reason", "until_date", "made_by", "made_at", "ended_at")
    list_filter = ("label",)
    list_select_related = ("customer", "made_by")

    @admin.display(description=_("value"))
    def value_name(self, choice: LabelChoice) -> str:
        """Return the value in words."""
        return str(dict(attributes.get(choice.label).list_choices()).get(choice.value, choice.value))


@admin.register(Decline)
class DeclineAdmin(ReadableByStaff, ModelAdmin):
    """Who stayed away, and what came of it."""

    list_display = (customer_number, "role", "state", "began_date", "ended_date", "points", "cause")
    list_filter = ("state", "role", "cause")
    list_select_related = ("customer",)
