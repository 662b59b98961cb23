"""Operations staff draft rules, a second person approves them; everything that was decided is there to read."""

import json
from typing import Any

import orjson
from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from core import clock
from core.errors import BusinessError
from core.registries import alert_measures, indicators
from lending.models import Product
from risk import admin_models, admin_monitoring  # noqa: F401 - register their pages
from risk.models import Alert, AlertRule, BureauReport, DecisionRecord, DecisionTable, IndicatorValue, Review, Scorecard
from risk.operations import configuration
from risk.queries.figures import dimension_text, name_indicator, value_text
from risk.reasons import FACTOR_NAMES, describe_problem, staff_sentence
from staff import rights
from staff.admin_access import ReadableByStaff, holds
from staff.models import Approval


class _Readable(ReadableByStaff, ModelAdmin):
    """A list and a page to look at, for those who configure, approve or audit."""


def _name_part(code: str, part: str) -> str:
    """Return what the part of an indicator is called that a rule or a value is about."""
    if part in ("", "*"):
        return str(_("each part") if part else _("total"))
    named = dimension_text(code, part)
    return (
        named
        if named != part
        else str(Product.objects.filter(code=part).values_list("name", flat=True).first() or part)
    )


class _ByIndicator(admin.SimpleListFilter):
    """Of one indicator, by its name."""

    title = _("indicator")
    parameter_name = "indicator"
    field = "indicator"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return all indicators there are."""
        return [(code, indicator.label) for code, indicator in indicators.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the chosen one."""
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class _ByCode(_ByIndicator):
    """The same for values, which call it code."""

    field = "code"


class _IndentedJson(json.JSONEncoder):
    """JSON that a person can edit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "indent": 2})


class _DocumentField(forms.JSONField):
    """JSON that the database can hold: numbers that are finite, no NUL, not nested beyond reading."""

    def to_python(self, value: Any) -> Any:
        """Return the document, or say that it is none."""
        try:
            document = super().to_python(value)
            if "\\u0000" in json.dumps(document, allow_nan=False):
                raise ValueError
        except (RecursionError, ValueError) as error:
            raise forms.ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": "…"}
            ) from error
        return document

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what was typed, also where it cannot be read."""
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput(data)


class _RuleAdmin(_Readable):
    """Drafts are edited and checked on each save; lists offer to submit, approve, reject and copy."""

    list_display = ("code", "version", "state", "note", "made_by", "published_at", "published_by", "approved_by")
    list_filter = ("state", "code")
    actions = ("submit_selected", "approve_selected", "reject_selected", "copy_selected")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Edit JSON indented."""
        if isinstance(db_field, models.JSONField):
            return _DocumentField(
                encoder=_IndentedJson,
                required=not db_field.blank,
                label=db_field.verbose_name,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 30, "spellcheck": "false"}),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Show the mistakes of a draft above what has them."""
        editable = ["code", "note", "content", *(["cases"] if self.model is DecisionTable else [])]
        if obj is None:
            return editable
        if not self.has_change_permission(request, obj):
            # A version that is or was in force is read on its page, not as the document that machines read.
            editable = ["code", "note", "its_page"]
        return ["mistakes", *editable, "version", "state", "made_by", "published_at", "published_by", "approved_by"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only what a draft says can be written."""
        stages = ["version", "state", "made_by", "published_at", "published_by", "approved_by"]
        return [] if obj is None else ["mistakes", "code", "its_page", *stages]

    @admin.display(description=_("to read"))
    def its_page(self, rule: Any) -> str:
        """Return the link to the page that shows the version as people read it."""
        page = "risk:table" if isinstance(rule, DecisionTable) else "risk:model"
        return format_html('<a href="{}">{}</a>', reverse(page, args=[rule.code, rule.version]), rule)

    @admin.display(description=_("mistakes"))
    def mistakes(self, rule: Any) -> str:
        """Return one line for each mistake of a draft."""
        if not rule.is_draft:
            return "–"
        lines = [(describe_problem(*problem),) for problem in configuration.find_problems(rule)]
        return format_html_join("\n", "<div>{}</div>", lines) if lines else str(_("none: ready to be submitted"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who edit rules draft them."""
        return holds(request, rights.EDIT_RULES)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts change."""
        return holds(request, rights.EDIT_RULES) and (obj is None or obj.is_draft)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Those who approve are others than those who configure, or at least other people."""
        return holds(request, rights.APPROVE_CONFIGURATION)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the operation, mistakes and all: they are shown on the page."""
        try:
            saved = configuration.save_draft(
                model=self.model,
                rule_id=obj.pk if change else None,
                code=obj.code,
                content=obj.content,
                note=obj.note,
                cases=getattr(obj, "cases", None),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except BusinessError as error:
            _tell(self, request, error)
            return
        obj.pk = saved.pk
        if problems := configuration.find_problems(saved):
            self.message_user(request, _("Saved with %(count)s mistakes.") % {"count": len(problems)}, messages.WARNING)

    @admin.action(description=_("Submit for approval"), permissions=["change"])
    def submit_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        """Submit the drafts to a second person."""
        for rule in chosen:
            with _Told(self, request, _("%(rule)s submitted.") % {"rule": rule}):
                configuration.submit_rule(
                    model=self.model,
                    rule_id=rule.pk,
                    reason=rule.note,
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )

    @admin.action(description=_("Approve and put in force"), permissions=["approve"])
    def approve_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        """Put the submitted drafts in force."""
        self._decide(request, chosen, is_approved=True)

    @admin.action(description=_("Reject"), permissions=["approve"])
    def reject_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        """Give the submitted drafts back."""
        self._decide(request, chosen, is_approved=False)

    def _decide(self, request: HttpRequest, chosen: QuerySet[Any], *, is_approved: bool) -> None:
        for rule in chosen:
            approval = Approval.objects.filter(
                kind=configuration.PUBLISH,
                target_type=self.model._meta.label_lower,
                target_id=str(rule.pk),
                state=Approval.State.PENDING,
            ).first()
            if approval is None:
                self.message_user(request, _("%(rule)s was not submitted.") % {"rule": rule}, messages.ERROR)
                continue
            sentence = _("%(rule)s is in force.") if is_approved else _("%(rule)s rejected.")
            with _Told(self, request, sentence % {"rule": rule}):
                configuration.decide_rule(
                    approval_id=approval.pk,
                    is_approved=is_approved,
                    note="",
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )

    @admin.action(description=_("Copy into a new draft"), permissions=["add"])
    def copy_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        """Begin a new version from what stands there."""
        for rule in chosen:
            with _Told(self, request, _("%(rule)s copied into a new draft.") % {"rule": rule}):
                configuration.save_draft(
                    model=self.model,
                    rule_id=None,
                    code=rule.code,
                    content=rule.content,
                    note=f"{rule.key} +",
                    cases=getattr(rule, "cases", None),
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )


class _Told:
    """Tells the user how one step went: done, or why it was refused."""

    def __init__(self, page: ModelAdmin, request: HttpRequest, sentence: str) -> None:
        self._page, self._request, self._sentence = page, request, sentence

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if error is None:
            self._page.message_user(self._request, self._sentence, messages.SUCCESS)
        elif isinstance(error, BusinessError):
            _tell(self._page, self._request, error)
        return error is None or isinstance(error, BusinessError)


def _tell(page: ModelAdmin, request: HttpRequest, error: BusinessError) -> None:
    lines = [str(line) for sentences in error.fields.values() for line in sentences]
    page.message_user(request, " ".join([error.sentence(), error.advice(), *lines[:10]]).strip(), messages.ERROR)


@admin.register(Scorecard)
class ScorecardAdmin(_RuleAdmin):
    """Points tables by version."""


@admin.register(DecisionTable)
class DecisionTableAdmin(_RuleAdmin):
    """Decision tables by version, with their test cases."""


@admin.register(AlertRule)
class AlertRuleAdmin(_Readable):
    """Limits on indicators; each change leaves an audit entry."""

    list_display = (
        "name",
        "indicator_name",
        "part",
        "limits",
        "direction",
        "raised_at_value",
        "cleared_at_value",
        "raise_days",
        "clear_days",
        "severity",
        "measure",
        "is_active",
    )
    list_filter = (_ByIndicator, "severity", "is_active")

    @admin.display(description=_("indicator"), ordering="indicator")
    def indicator_name(self, rule: AlertRule) -> str:
        """Return what is watched."""
        return name_indicator(rule.indicator)

    @admin.display(description=_("dimension"), ordering="dimension")
    def part(self, rule: AlertRule) -> str:
        """Return which part of it."""
        return _name_part(rule.indicator, rule.dimension)

    @admin.display(description=_("limit that raises"), ordering="raise_above")
    def raised_at_value(self, rule: AlertRule) -> str:
        """Return the limit in the unit of the indicator."""
        return "–" if rule.raise_above is None else value_text(rule.indicator, rule.raise_above)

    @admin.display(description=_("limit that ends"), ordering="clear_at")
    def cleared_at_value(self, rule: AlertRule) -> str:
        """Return the limit in the unit of the indicator."""
        return "–" if rule.clear_at is None else value_text(rule.indicator, rule.clear_at)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show names and units to those who only look."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fields(request, obj)
        return self.list_display

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure set limits."""
        return holds(request, rights.CONFIGURE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who configure set limits."""
        return holds(request, rights.CONFIGURE)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Choose among the indicators and measures there are."""
        if db_field.name == "measure":
            known = [("NONE", _("none")), *((code, measure.label) for code, measure in alert_measures.items())]
            return forms.ChoiceField(choices=known, label=db_field.verbose_name, widget=UnfoldAdminSelectWidget)
        if db_field.name == "dimension":
            return forms.ChoiceField(
                choices=_list_parts(), required=False, label=db_field.verbose_name, widget=UnfoldAdminSelectWidget
            )
        if db_field.name == "indicator":
            choices = [(code, indicator.label) for code, indicator in indicators.items()]
            return forms.ChoiceField(choices=choices, label=db_field.verbose_name, widget=UnfoldAdminSelectWidget)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the operation."""
        changed = {name: form.cleaned_data.get(name) for name in form.changed_data}
        configuration.save_alert_rule(rule=obj, changed=changed, actor=request.user, now=clock.now())  # type: ignore[arg-type]


def _list_parts() -> list[tuple[str, Any]]:
    """Return what a rule may be about: the total, each part, or one that the last close had a value of."""
    newest = IndicatorValue.objects.order_by("-business_date").values("business_date")[:1]
    known = set(IndicatorValue.objects.filter(business_date=newest).values_list("code", "dimension"))
    known |= set(AlertRule.objects.values_list("indicator", "dimension"))
    products = dict(Product.objects.order_by("code").values_list("code", "name"))
    others = {
        part: f"{name_indicator(code)} · {dimension_text(code, part)}"
        for code, part in sorted(known)
        if part not in ("", "*") and part not in products
    }
    return [("", _("total")), ("*", _("each part")), *products.items(), *others.items()]


@admin.register(DecisionRecord)
class DecisionRecordAdmin(_Readable):
    """Automatic decisions; the inputs stay out of the page because they give the income away."""

    list_display = ("decided_at", "application", "outcome", "grade", "score", "scorecard", "table")
    list_filter = ("outcome", "grade")
    search_fields = ("application__number",)
    exclude = ("inputs", "reason_codes", "contributions", "fired")
    readonly_fields = ("reasons", "points", "rows")
    list_select_related = ("application", "scorecard", "table")

    @admin.display(description=_("reasons"))
    def reasons(self, record: DecisionRecord) -> str:
        """Return the reasons as sentences."""
        return " ".join(staff_sentence(code) for code in record.reason_codes)

    @admin.display(description=_("points by factor"))
    def points(self, record: DecisionRecord) -> str:
        """Return what each input gave, the most first."""
        parts = sorted(record.contributions, key=lambda part: -part["points"])
        lines = ((FACTOR_NAMES.get(part["factor"], part["factor"]), part["points"]) for part in parts)
        return format_html_join("", "<div>{} {}</div>", lines) or "–"

    @admin.display(description=_("rows fired"))
    def rows(self, record: DecisionRecord) -> str:
        """Return the rows of the table with what each says."""
        lines = ((row["place"], staff_sentence(row["reason"])) for row in record.fired)
        return format_html_join("", "<div>{} · {}</div>", lines) or "–"


@admin.register(Review)
class ReviewAdmin(_Readable):
    """Manual reviews."""

    list_display = ("proposed_at", "application", "outcome", "state", "maker", "checker", "checked_at")
    list_filter = ("state", "outcome")
    list_select_related = ("application", "maker", "checker")
    exclude = ("reason_codes",)
    readonly_fields = ("reasons",)

    @admin.display(description=_("reasons"))
    def reasons(self, review: Review) -> str:
        """Return the reasons as sentences."""
        return " ".join(staff_sentence(code) for code in review.reason_codes) or "–"


@admin.register(BureauReport)
class BureauReportAdmin(_Readable):
    """Bureau queries with consent, purpose and cost; of the report only what names nobody and no amount."""

    list_display = ("asked_at", "application", "purpose", "state", "reference", "cost", "attempts", "failure_code")
    list_filter = ("state", "purpose")
    search_fields = ("reference", "application__number")
    exclude = ("report",)
    readonly_fields = ("masked_report",)
    list_select_related = ("application",)

    @admin.display(description=_("report, masked"))
    def masked_report(self, report: BureauReport) -> str:
        """Return the report with every value but counts and flags hidden."""
        if not report.report:
            return "–"
        content = orjson.loads(report.report)
        shown = ((key, value if isinstance(value, bool | int) else "***") for key, value in sorted(content.items()))
        return format_html_join("\n", "<div>{}: {}</div>", shown)


@admin.register(IndicatorValue)
class IndicatorValueAdmin(_Readable):
    """Indicators by business date."""

    list_display = ("business_date", "indicator_name", "part", "value_in_unit", "numerator", "denominator")
    list_filter = (_ByCode,)
    ordering = ("-business_date", "code", "dimension")
    fields = list_display

    @admin.display(description=_("indicator"), ordering="code")
    def indicator_name(self, value: IndicatorValue) -> str:
        """Return what was measured."""
        return name_indicator(value.code)

    @admin.display(description=_("dimension"), ordering="dimension")
    def part(self, value: IndicatorValue) -> str:
        """Return of which part."""
        return value.product_name or _name_part(value.code, value.dimension)  # type: ignore[attr-defined]

    @admin.display(description=_("value"), ordering="value")
    def value_in_unit(self, value: IndicatorValue) -> str:
        """Return the value in its unit."""
        return value_text(value.code, value.value)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IndicatorValue]:
        """Read the products' names with the rows."""
        names = Product.objects.filter(code=OuterRef("dimension")).values("name")
        return super().get_queryset(request).annotate(product_name=Subquery(names))


@admin.register(Alert)
class AlertAdmin(_Readable):
    """Alerts; they are handled on their own page."""

    list_display = (
        "raised_at",
        "kind",
        "part",
        "severity",
        "state",
        "owner",
        "measure_taken",
        "closed_at",
        "closure",
    )
    list_filter = ("kind", "state", "severity")
    list_select_related = ("owner__user", "rule", "product")
    exclude = ("dimension",)
    readonly_fields = ("part", "its_page")

    @admin.display(description=_("dimension"), ordering="dimension")
    def part(self, alert: Alert) -> str:
        """Return the loan or the part of the indicator that it is about."""
        if alert.rule is None:
            return alert.dimension
        return f"{name_indicator(alert.rule.indicator)} · {alert.params.get('dimension') or _('total')}"

    @admin.display(description=_("to read"))
    def its_page(self, alert: Alert) -> str:
        """Return the link to the page on which it is handled."""
        return format_html('<a href="{}">{}</a>', reverse("risk:alert", args=[alert.public_id]), self.part(alert))
