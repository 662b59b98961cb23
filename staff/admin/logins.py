"""Refused log-ins, to read; what other packages put into the admin and nobody here needs is taken out."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import ModelAdmin

from staff.admin_access import ReadableByStaff

# Rights hang on roles, not on groups; a second factor's secret concerns its owner; log-ins stand in the audit trail.
for _model in (Group, TOTPDevice, AccessAttempt, AccessFailureLog, AccessLog):
    admin.site.unregister(_model)
apps.get_app_config("axes").verbose_name = _("Refused log-ins")


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadableByStaff, ModelAdmin):
    """Names and addresses that failed since their last success; eight failures lock for a quarter of an hour."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    search_fields = ("=username", "=ip_address")
    date_hierarchy = "attempt_time"
    ordering = ("-id",)
    # What was sent stays out of sight: people type passwords into the wrong field.
    exclude = ("get_data", "post_data")
