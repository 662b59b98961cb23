"""The system's own records: parameters, calendar, jobs, events, audit, log-ins."""

from collections.abc import Iterator, Sequence
from typing import Any

from celery import current_app
from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from core import audit, clock, jobs, notices, outbox
from core.errors import BusinessError
from core.models import (
    AuditEntry,
    AuditSeal,
    BusinessDay,
    CloseProgress,
    CloseRun,
    EventDelivery,
    JobRun,
    OutboxEvent,
    Parameter,
    User,
)
from core.web.spreadsheets import answer_csv
from staff import rights
from staff.admin_access import ChangedByTwo, ReadableByStaff, actor_of, holds

EXPORTED_MOST = 50_000


class _Working(ReadableByStaff, ModelAdmin):
    """Rows that those who configure act on by actions."""

    def has_work_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Those who configure also repair."""
        return holds(request, rights.CONFIGURE)


@admin.register(Parameter)
class ParameterAdmin(ChangedByTwo, ModelAdmin):
    """Dated values of rules; a change is a new row from a date on, asked for on the present one."""

    changeable = ("value", "valid_from", "source")
    list_display = ("rule_code", "value", "valid_from", "valid_to", "source")
    list_filter = ("valid_from",)
    search_fields = ("rule_code", "source")

    def save_model(self, request: HttpRequest, obj: Parameter, form: Any, change: bool) -> None:
        """Ask for a new value; all three of its parts belong together."""
        form.changed_data = ["value", "valid_from", "source"]
        super().save_model(request, obj, form, change)


class NoticeForm(forms.Form):
    """A yearly notice as a file, then its text carried along until it is confirmed."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("One line a day that the notice names: 2027-02-06,workday,春节 or 2027-02-08,holiday,春节."),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
    )
    text = forms.CharField(widget=forms.HiddenInput, required=False)
    source = forms.CharField(label=_("source"), max_length=120, widget=UnfoldAdminTextInputWidget)


@admin.register(BusinessDay)
class BusinessDayAdmin(_Working):
    """Working days; the State Council's yearly notice is uploaded, looked at and then written."""

    list_display = ("date", "is_workday", "name", "source", "final")
    list_filter = ("is_workday", "final")
    date_hierarchy = "date"
    ordering = ("-date",)
    actions_list = ["import_notice"]

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the import."""
        page = self.admin_site.admin_view(self.import_page)
        return [path("import/", page, name="core_businessday_import"), *super().get_urls()]

    @action(description=_("Import a yearly notice"), permissions=["work"])
    def import_notice(self, request: HttpRequest) -> HttpResponse:
        """Go to the page of the import."""
        return redirect("admin:core_businessday_import")

    def import_page(self, request: HttpRequest) -> HttpResponse:
        """Show the form, then what the file says, then write it."""
        if not self.has_work_permission(request):
            return HttpResponse(status=403)
        form = NoticeForm(request.POST or None, request.FILES or None)
        days: list[notices.NoticeDay] = []
        if request.method == "POST" and form.is_valid():
            text = _notice_text(form)
            today = clock.business_date()
            try:
                days = notices.read_notice(text, business_date=today)
            except BusinessError as refusal:
                for line in refusal.fields.get("file", []):
                    form.add_error("file", str(line))
            if days and "confirm" in request.POST:
                year, count = notices.import_notice(
                    days,
                    source=form.cleaned_data["source"],
                    business_date=today,
                    actor=actor_of(request),
                    now=clock.now(),
                )
                messages.success(request, _("%(count)s days of %(year)s written.") % {"count": count, "year": year})
                return redirect("admin:core_businessday_changelist")
            form.data = {**dict(form.data.items()), "text": text}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import a yearly notice"),
            "form": form,
            "days": days,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/import_notice.html", context)


def _notice_text(form: NoticeForm) -> str:
    upload = form.cleaned_data["file"]
    return upload.read().decode("utf-8", errors="replace") if upload else form.cleaned_data["text"]


class ProgressInline(ReadableByStaff, TabularInline):
    """The partitions of a close."""

    model = CloseProgress
    fields = ("step", "partition", "state", "rows", "duration_ms", "finished_at")
    extra = 0
    ordering = ("id",)


@admin.register(CloseRun)
class CloseRunAdmin(_Working):
    """The nightly closes; one that was cut off is taken up again where it stopped."""

    list_display = ("business_date", "started_at", "finished_at", "partitions_left")
    inlines = (ProgressInline,)
    actions_list = ["run_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CloseRun]:
        """Count what is left of each close."""
        is_open = Q(progress__state=CloseProgress.State.PENDING)
        return super().get_queryset(request).annotate(left=Count("progress", filter=is_open))

    @admin.display(description=_("partitions left"))
    def partitions_left(self, run: Any) -> int:
        """Return how many partitions are not done."""
        return int(run.left)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks before the close is run."""
        page = self.admin_site.admin_view(self.run_page)
        return [path("run/", page, name="core_closerun_run"), *super().get_urls()]

    @action(description=_("Run the close again"), permissions=["work"])
    def run_again(self, request: HttpRequest) -> HttpResponse:
        """Go to the page that asks; a link alone must not start anything."""
        return redirect("admin:core_closerun_run")

    def run_page(self, request: HttpRequest) -> HttpResponse:
        """Have a worker close every date before today; what is done already stays done."""
        if not self.has_work_permission(request):
            return HttpResponse(status=403)
        if request.method == "POST":
            _start_job(request, "core.tasks.close_day")
            return redirect("admin:core_closerun_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Run the close again"),
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/run_close.html", context)


def _start_job(request: HttpRequest, name: str) -> None:
    """Hand a job to the workers."""
    try:
        current_app.send_task(name, kwargs={"started_by": actor_of(request).pk}, retry=False)
    except current_app.connection_for_write().connection_errors:
        messages.error(request, _("The broker cannot be reached; the schedule starts the job as soon as it is back."))
        return
    audit.record(actor=actor_of(request), action="core.job_started", data={"job": name}, now=clock.now())
    messages.success(request, _("%(job)s was handed to the workers.") % {"job": name})


@admin.register(JobRun)
class JobRunAdmin(_Working):
    """Runs of jobs; each can be started again."""

    list_display = ("started_at", "name", "state", "finished_at", "outcome", "started_by", "error")
    list_filter = ("state", "name")
    list_select_related = ("started_by",)
    date_hierarchy = "started_at"
    actions = ("start_again",)

    @admin.display(description=_("outcome"))
    def outcome(self, run: JobRun) -> str:
        """Return what the run reported: a count, or the dates that it closed."""
        result = run.detail.get("result", "")
        return ", ".join(map(str, result)) if isinstance(result, list) else str(result if result is not None else "")

    @admin.action(description=_("Start again"), permissions=["work"])
    def start_again(self, request: HttpRequest, chosen: QuerySet[JobRun]) -> None:
        """Hand the chosen jobs to the workers once more."""
        for name in sorted(set(chosen.order_by().values_list("name", flat=True)) & set(jobs.list_names())):
            _start_job(request, name)


class DeliveryInline(ReadableByStaff, TabularInline):
    """What became of an event at each handler."""

    model = EventDelivery
    fields = ("handler", "state", "attempts", "next_attempt_at", "done_at", "latest_error")
    extra = 0


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadableByStaff, ModelAdmin):
    """Everything that happened, with its deliveries."""

    list_display = ("id", "name", "occurred_at")
    list_filter = ("name",)
    ordering = ("-id",)
    inlines = (DeliveryInline,)


@admin.register(EventDelivery)
class EventDeliveryAdmin(_Working):
    """Deliveries; one that failed is tried again by itself, or at once by hand."""

    list_display = ("id", "event", "handler", "state", "attempts", "next_attempt_at", "latest_error")
    list_filter = ("state", "handler")
    list_select_related = ("event",)
    ordering = ("-id",)
    actions = ("try_now",)

    @admin.action(description=_("Try again now"), permissions=["work"])
    def try_now(self, request: HttpRequest, chosen: QuerySet[EventDelivery]) -> None:
        """Make the chosen deliveries due."""
        count = outbox.make_due(list(chosen.values_list("pk", flat=True)), actor=actor_of(request), now=clock.now())
        messages.success(request, _("%(count)s deliveries are due now.") % {"count": count})


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadableByStaff, ModelAdmin):
    """Who did or read what, when and why; never changed, exported with an entry of its own."""

    list_display = ("at", "actor", "action", "target_type", "target_id", "reason", "is_sensitive_read")
    list_filter = ("is_sensitive_read", "action", "target_type")
    search_fields = ("=target_id", "action", "=actor__username")
    date_hierarchy = "at"
    list_select_related = ("actor",)
    ordering = ("-id",)
    actions = ("export_selected",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The trail is for those who audit and those who approve."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The trail is for those who audit and those who approve."""
        return holds(request, rights.AUDIT, rights.APPROVE_CONFIGURATION)

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    def export_selected(self, request: HttpRequest, chosen: QuerySet[AuditEntry]) -> StreamingHttpResponse:
        """Send the chosen entries as a file and leave an entry about it."""
        count = min(chosen.count(), EXPORTED_MOST)
        audit.record(actor=actor_of(request), action="core.audit_exported", data={"entries": count}, now=clock.now())
        rows = chosen.order_by("-id").values_list(
            "id", "at", "actor__username", "action", "target_type", "target_id", "data", "reason", "is_sensitive_read"
        )[:EXPORTED_MOST]
        return answer_csv(_list_audit_rows(rows), "audit")


def _list_audit_rows(rows: Any) -> Iterator[Sequence[Any]]:
    yield ("id", "at", "actor", "action", "record type", "record", "data", "reason", "sensitive")
    yield from rows.iterator(chunk_size=2000)


@admin.register(AuditSeal)
class AuditSealAdmin(ReadableByStaff, ModelAdmin):
    """The chain of seals over the audit trail."""

    list_display = ("sealed_at", "entry_count", "through_transaction_id", "hash")


@admin.register(User)
class UserAdmin(ReadableByStaff, ModelAdmin):
    """Log-ins, without anything secret."""

    list_display = ("username", "display_name", "kind", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("kind", "is_active", "is_staff")
    search_fields = ("username", "display_name")
    fields = ("username", "display_name", "kind", "language", "is_active", "is_staff", "is_superuser", "last_login")
