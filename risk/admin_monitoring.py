"""Operations staff set warning rules and bring in market news; what monitoring found is there to read."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from core import clock
from core.errors import BusinessError
from core.registries import warning_patterns
from risk.models import AssessmentPlan, MarketRate, PolicyNotice, Reassessment, StressRun, WarningRule
from risk.operations import market, warnings
from risk.reasons import staff_sentence
from staff import rights
from staff.admin_access import ReadableByStaff, actor_of, holds


class _Readable(ReadableByStaff, ModelAdmin):
    """A list and a page to look at, for those who configure, approve or audit."""


@admin.register(WarningRule)
class WarningRuleAdmin(_Readable):
    """Rules of early warning: a registered pattern with its numbers; each change leaves an audit entry."""

    list_display = ("name", "pattern_name", "values", "points", "horizon_days", "is_active")
    list_filter = ("is_active",)

    @admin.display(description=_("pattern"), ordering="pattern")
    def pattern_name(self, rule: WarningRule) -> str:
        """Return what is looked for."""
        return str(warning_patterns.get(rule.pattern).label) if rule.pattern in warning_patterns else rule.pattern

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure set rules."""
        return holds(request, rights.CONFIGURE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure set rules."""
        return holds(request, rights.CONFIGURE)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Choose among the patterns there are."""
        if db_field.name == "pattern":
            choices = [(code, pattern.label) for code, pattern in warning_patterns.items()]
            return forms.ChoiceField(choices=choices, label=db_field.verbose_name, widget=UnfoldAdminSelectWidget)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the operation."""
        changed = {name: form.cleaned_data.get(name) for name in form.changed_data}
        try:
            warnings.save_warning_rule(rule=obj, changed=changed, actor=actor_of(request), now=clock.now())
        except BusinessError as error:
            lines = [str(line) for sentences in error.fields.values() for line in sentences]
            self.message_user(request, " ".join(lines or [error.sentence()]), messages.ERROR)


class RateFileForm(forms.Form):
    """A file of published rates."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("Columns: code, published_date, value, source; a line such as LPR_1Y,2026-02-24,0.0300,NIFC."),
        widget=UnfoldAdminFileFieldWidget,
    )


@admin.register(MarketRate)
class MarketRateAdmin(_Readable):
    """Published rates; a file brings in those that the feed did not."""

    list_display = ("published_date", "code", "value", "origin", "source", "recorded_by", "recorded_at")
    list_filter = ("code", "origin")
    actions_list = ("import_rates",)
    list_select_related = ("recorded_by",)

    def has_work_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Those who configure bring files in."""
        return holds(request, rights.CONFIGURE)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the import."""
        page = self.admin_site.admin_view(self.import_page)
        return [path("import/", page, name="risk_marketrate_import"), *super().get_urls()]

    @action(description=_("Import rates"), permissions=["work"])
    def import_rates(self, request: HttpRequest) -> HttpResponse:
        """Go to the page of the import."""
        return redirect("admin:risk_marketrate_import")

    def import_page(self, request: HttpRequest) -> HttpResponse:
        """Take a file, or say what is wrong with it."""
        if not self.has_work_permission(request):
            return HttpResponse(status=403)
        form = RateFileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                count = market.import_rates(
                    raw=form.cleaned_data["file"].read(),
                    actor=actor_of(request),
                    now=clock.now(),
                    business_date=clock.business_date(),
                )
            except market.RateFileInvalid as refusal:
                for line in refusal.fields.get("file", []):
                    form.add_error("file", str(line))
            else:
                messages.success(request, _("%(count)s rates written.") % {"count": count})
                return redirect("admin:risk_marketrate_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import rates"),
            "form": form,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/import_rates.html", context)


@admin.register(PolicyNotice)
class PolicyNoticeAdmin(_Readable):
    """Policies; they are assessed on their own page."""

    list_display = ("published_date", "title", "issuer", "effective_date", "state", "assessed_by")
    list_filter = ("state", "issuer")
    list_select_related = ("assessed_by",)


@admin.register(StressRun)
class StressRunAdmin(_Readable):
    """Stress tests; they are run and looked at on their own page."""

    list_display = ("made_at", "kind", "business_date", "made_by", "note")
    list_filter = ("kind",)
    list_select_related = ("made_by",)
    exclude = ("assumptions", "result")
    readonly_fields = ("its_page",)

    @admin.display(description=_("to read"))
    def its_page(self, run: StressRun) -> str:
        """Return the link to the page that shows what was assumed and what came out."""
        return format_html('<a href="{}">{}</a>', reverse("risk:stress-run", args=[run.public_id]), run)


@admin.register(AssessmentPlan)
class AssessmentPlanAdmin(_Readable):
    """When each borrower is assessed again; the intervals are a parameter."""

    list_display = ("due_date", "customer", "grade", "score", "assessed_date", "failure")
    list_filter = ("grade", "failure_code")
    list_select_related = ("customer",)
    exclude = ("failure_code",)
    readonly_fields = ("failure",)

    @admin.display(description=_("what keeps it back"))
    def failure(self, plan: AssessmentPlan) -> str:
        """Return why the last assessment could not be done."""
        return staff_sentence(plan.failure_code) if plan.failure_code else "–"


@admin.register(Reassessment)
class ReassessmentAdmin(_Readable):
    """Periodic assessments; the inputs stay out of the page because they give the income away."""

    list_display = (
        "business_date",
        "customer",
        "grade_before",
        "grade",
        "score_before",
        "score",
        "movement",
        "next_date",
    )
    list_filter = ("movement", "grade")
    exclude = ("inputs", "reason_codes")
    readonly_fields = ("reasons",)
    list_select_related = ("customer",)

    @admin.display(description=_("reasons"))
    def reasons(self, reassessment: Reassessment) -> str:
        """Return the reasons as sentences."""
        return " ".join(staff_sentence(code) for code in reassessment.reason_codes) or "–"
