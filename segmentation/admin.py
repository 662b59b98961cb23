"""Segments and the nightly telling of attributes, for operations to look at; both are changed on their pages and by the close."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from segmentation.models import Segment, StandingRun
from staff.admin_access import ReadableByStaff


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

    list_display = ("business_date", "from_id", "to_id", "started_at", "written")
