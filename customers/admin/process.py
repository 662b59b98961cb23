"""Steps of the relationship process: defined by one person, put in force by a second one; a change is a new version."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from customers.models import ProcessStep
from customers.operations.process import configuring
from staff.admin_access import DefinedByTwo, ReasonForm


class ProcessStepForm(ReasonForm):
    """A step with the reason why it should change."""

    class Meta:
        model = ProcessStep
        fields = configuring.CHANGEABLE


@admin.register(ProcessStep)
class ProcessStepAdmin(DefinedByTwo, ModelAdmin):
    """What is done with every customer from his first day on, and what proves it."""

    form = ProcessStepForm
    changeable = configuring.CHANGEABLE
    defined = configuring.DEFINED
    define = staticmethod(configuring.define_process_step)
    list_display = (
        "place", "code", "version", "name", "phase", "begins_with", "due_workdays", "doer", "proof", "is_active"
    )  # fmt: skip
    list_filter = ("is_active", "phase", "doer")
    search_fields = ("code", "name")
    ordering = ("place", "code", "-version")
