"""What the close finds out each night, for staff tokens: indicators, early warnings, periodic assessments; stress tests."""

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.views import StaffAPIView, StaffListView, user_of
from risk.models import AssessmentPlan, IndicatorValue, Reassessment, StressRun, WarningSignal
from risk.queries import figures, reassessments
from risk.queries.stress import get_run, list_runs
from risk.queries.warnings import describe_warning, list_signals_in_scope
from risk.reasons import staff_sentence
from staff import rights
from staff.queries import access_right

_YEAR = timedelta(days=366)


class IndicatorFilter(django_filters.FilterSet):
    """Which figures, of which days."""

    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")

    class Meta:
        model = IndicatorValue
        fields = ["code", "dimension", "since", "until"]


class IndicatorValueSerializer(serializers.Serializer[Any]):
    """One figure of one business date; an empty dimension is the whole."""

    code = serializers.CharField()
    name = serializers.CharField()
    dimension = serializers.CharField()
    business_date = serializers.DateField()
    value = serializers.DecimalField(max_digits=20, decimal_places=6)
    numerator = serializers.DecimalField(max_digits=20, decimal_places=2)
    denominator = serializers.DecimalField(max_digits=20, decimal_places=2)


class StaffIndicatorsView(StaffListView):
    """The figures that are watched, by those who watch the whole house."""

    required_scope = rights.MONITOR_RISK
    serializer_class = IndicatorValueSerializer
    filterset_class = IndicatorFilter
    queryset = IndicatorValue.objects.none()

    def get_rows(self) -> Any:
        """Return the values."""
        figures.access_monitoring(user_of(self.request))
        names = ("id", "code", "dimension", "business_date", "value", "numerator", "denominator")
        return IndicatorValue.objects.order_by("-id").values(*names)

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the figure; a value has no key outside."""
        del row["id"]
        exact = {name: str(row[name]) for name in ("value", "numerator", "denominator")}
        return {**row, **exact, "name": figures.name_indicator(row["code"])}

    @extend_schema(operation_id="staff_indicators_list", responses=IndicatorValueSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the figures that are watched, newest first."""
        return super().get(request, *args, **kwargs)


class WarningFilter(django_filters.FilterSet):
    """Live ones, or those of a pattern."""

    live = django_filters.BooleanFilter(field_name="ended_date", lookup_expr="isnull")
    pattern = django_filters.CharFilter(field_name="rule__pattern")

    class Meta:
        model = WarningSignal
        fields = ["live", "pattern", "outcome"]


class WarningSerializer(serializers.Serializer[Any]):
    """An early warning about a borrower in the reader's scope."""

    customer_id = serializers.CharField()
    customer_number = serializers.CharField()
    loan_number = serializers.CharField(allow_null=True)
    pattern = serializers.CharField()
    text = serializers.CharField()
    points = serializers.IntegerField()
    raised_date = serializers.DateField()
    ended_date = serializers.DateField(allow_null=True)
    outcome = serializers.ChoiceField(WarningSignal.Outcome.choices, allow_blank=True)


class StaffWarningsView(StaffListView):
    """Early warnings about one's own borrowers."""

    required_scope = rights.VIEW_LOANS
    serializer_class = WarningSerializer
    filterset_class = WarningFilter
    queryset = WarningSignal.objects.none()

    def get_rows(self) -> Any:
        """Return the warnings in the caller's scope."""
        access = access_right(user_of(self.request), rights.VIEW_LOANS)
        return list_signals_in_scope(access).values(
            "id", "points", "raised_date", "ended_date", "outcome", "figures", pattern=F("rule__pattern"),
            rule_name=F("rule__name"), customer_number=F("customer__number"), public_id=F("customer__public_id"),
            loan_number=F("loan__number"),
        )  # fmt: skip

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Put the warning into words."""
        del row["id"]
        text = describe_warning(row["pattern"], row.pop("rule_name"), row.pop("figures"))
        return {"customer_id": row.pop("public_id"), **row, "text": text}

    @extend_schema(operation_id="staff_warnings_list", responses=WarningSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return early warnings about your borrowers, newest first."""
        return super().get(request, *args, **kwargs)


class PlanSerializer(serializers.Serializer[Any]):
    """When a borrower is assessed again."""

    customer_id = serializers.CharField()
    customer_number = serializers.CharField()
    grade = serializers.CharField()
    score = serializers.IntegerField(allow_null=True)
    assessed_date = serializers.DateField()
    due_date = serializers.DateField()
    failure = serializers.CharField()


class StaffAssessmentPlansView(StaffListView):
    """Borrowers who come due within a year, or are overdue."""

    required_scope = rights.VIEW_LOANS
    serializer_class = PlanSerializer
    queryset = AssessmentPlan.objects.none()

    def get_rows(self) -> Any:
        """Return the plans in the caller's scope."""
        access = access_right(user_of(self.request), rights.VIEW_LOANS)
        rows = reassessments.list_plans(access, until=clock.business_date() + _YEAR).order_by("-id")
        return rows.values(
            "id", "grade", "score", "assessed_date", "due_date", "failure_code", public_id=F("customer__public_id"),
            customer_number=F("customer__number"),
        )  # fmt: skip

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Say why one could not be done yet."""
        del row["id"]
        code = row.pop("failure_code")
        return {"customer_id": row.pop("public_id"), **row, "failure": staff_sentence(code) if code else ""}

    @extend_schema(operation_id="staff_assessment_plans_list", responses=PlanSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return when your borrowers are assessed again."""
        return super().get(request, *args, **kwargs)


class ReassessmentFilter(django_filters.FilterSet):
    """Which way the grade moved, since when."""

    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")

    class Meta:
        model = Reassessment
        fields = ["movement", "since"]


class ReassessmentSerializer(serializers.Serializer[Any]):
    """One periodic assessment beside what was before."""

    id = serializers.CharField()
    customer_id = serializers.CharField()
    customer_number = serializers.CharField()
    grade_before = serializers.CharField()
    grade = serializers.CharField()
    score_before = serializers.IntegerField(allow_null=True)
    score = serializers.IntegerField()
    movement = serializers.ChoiceField(Reassessment.Movement.choices)
    reasons = serializers.ListField(child=serializers.CharField())
    business_date = serializers.DateField()
    next_date = serializers.DateField()


class StaffReassessmentsView(StaffListView):
    """Periodic assessments of one's own borrowers."""

    required_scope = rights.VIEW_LOANS
    serializer_class = ReassessmentSerializer
    filterset_class = ReassessmentFilter
    queryset = Reassessment.objects.none()

    def get_rows(self) -> Any:
        """Return the assessments in the caller's scope."""
        access = access_right(user_of(self.request), rights.VIEW_LOANS)
        return reassessments.list_reassessments(access).values(
            "id", "public_id", "grade_before", "grade", "score_before", "score", "movement", "reason_codes",
            "business_date", "next_date", customer_number=F("customer__number"), person=F("customer__public_id"),
        )  # fmt: skip

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Put the reasons into words."""
        reasons = [staff_sentence(code) for code in row.pop("reason_codes")]
        return super().shape_row({**row, "customer_id": row.pop("person"), "reasons": reasons})

    @extend_schema(operation_id="staff_assessments_list", responses=ReassessmentSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return periodic assessments of your borrowers, newest first."""
        return super().get(request, *args, **kwargs)


class StressRunSerializer(serializers.Serializer[Any]):
    """A stress test that was kept."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(StressRun.Kind.choices)
    business_date = serializers.DateField()
    made_at = serializers.DateTimeField()
    note = serializers.CharField()


class StressResultSerializer(StressRunSerializer):
    """A stress test with its assumptions and its result; what they hold follows from the kind (docs/algorithms/stress.md)."""

    assumptions = serializers.JSONField()
    result = serializers.JSONField()


_RUN = ("kind", "business_date", "made_at", "note")


class StaffStressRunsView(StaffListView):
    """Stress tests."""

    required_scope = rights.MONITOR_RISK
    serializer_class = StressRunSerializer
    queryset = StressRun.objects.none()

    def get_rows(self) -> Any:
        """Return the tests."""
        return list_runs(user_of(self.request)).order_by("-id").values("id", "public_id", *_RUN)

    @extend_schema(operation_id="staff_stress_runs_list", responses=StressRunSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the stress tests, newest first."""
        return super().get(request, *args, **kwargs)


class StaffStressRunView(StaffAPIView):
    """One stress test."""

    required_scope = rights.MONITOR_RISK

    @extend_schema(operation_id="staff_stress_runs_read", responses=StressResultSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return a stress test with its assumptions and its result."""
        run = get_run(user_of(request), public_id)
        shown = {name: getattr(run, name) for name in (*_RUN, "assumptions", "result")}
        return Response({"id": run.public_id, **shown})
