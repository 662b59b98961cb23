"""The risk register, incidents and drills, for staff tokens."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.permissions import ByMethod
from core.api.serializers import StrictSerializer
from core.api.views import StaffAPIView, StaffListView, read_body, user_of
from risk.models import Incident, RiskEntry
from risk.operations import register as operations
from risk.queries import register as reads
from staff import rights
from staff.queries import access_right

_LOOK: Any = ByMethod(rights.MONITOR_RISK, rights.MANAGE_RISK)
_ENTRY = ("title", "category", "likelihood", "impact", "response", "plan", "review_date", "is_closed")
_INCIDENT = (
    "kind", "title", "scenario", "began_at", "noticed_at", "restored_at", "data_until", "rto_minutes", "rpo_minutes",
    "lessons", "is_closed",
)  # fmt: skip


class RiskFilter(django_filters.FilterSet):
    """Of one kind, or those to be looked at by a day."""

    due = django_filters.DateFilter(field_name="review_date", lookup_expr="lte")

    class Meta:
        model = RiskEntry
        fields = ["category", "due", "is_closed"]


class RiskSerializer(serializers.Serializer[Any]):
    """A risk of the house; its grade is likelihood times impact."""

    id = serializers.CharField()
    title = serializers.CharField()
    category = serializers.ChoiceField(RiskEntry.Category.choices)
    likelihood = serializers.IntegerField()
    impact = serializers.IntegerField()
    grade = serializers.IntegerField()
    response = serializers.ChoiceField(RiskEntry.Response.choices)
    plan = serializers.CharField()
    review_date = serializers.DateField()
    is_closed = serializers.BooleanField()


class RiskReviewSerializer(StrictSerializer):
    """Another look at a risk."""

    likelihood = serializers.IntegerField(min_value=1, max_value=5)
    impact = serializers.IntegerField(min_value=1, max_value=5)
    response = serializers.ChoiceField(RiskEntry.Response.choices)
    plan = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=1000)
    closes = serializers.BooleanField(required=False, default=False)


class StaffRisksView(StaffListView):
    """The register."""

    required_scope = rights.MONITOR_RISK
    serializer_class = RiskSerializer
    filterset_class = RiskFilter
    queryset = RiskEntry.objects.none()

    def get_rows(self) -> Any:
        """Return the risks, closed ones too."""
        rows = reads.list_entries(user_of(self.request), with_closed=True)
        return rows.order_by("-id").values("id", "public_id", *_ENTRY)

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Grade the risk."""
        return super().shape_row({**row, "grade": row["likelihood"] * row["impact"]})

    @extend_schema(operation_id="staff_risks_list", responses=RiskSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the risks of the house, newest first."""
        return super().get(request, *args, **kwargs)


class StaffRiskView(StaffAPIView):
    """One risk."""

    required_scope = _LOOK

    @extend_schema(operation_id="staff_risks_read", responses=RiskSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return a risk."""
        return Response(_show_entry(reads.get_entry(user_of(request), public_id)))

    @extend_schema(operation_id="staff_risks_review", request=RiskReviewSerializer, responses=RiskSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Look at a risk again: grade it anew, or close it."""
        actor = user_of(request)
        entry = reads.get_entry(actor, public_id)
        body = read_body(RiskReviewSerializer, request)
        reviewed = operations.review_entry(
            entry_id=entry.pk, **body, actor=actor, now=clock.now(), business_date=clock.business_date()
        )
        return Response(_show_entry(reviewed))


def _show_entry(entry: RiskEntry) -> dict[str, Any]:
    return {"id": entry.public_id, **{name: getattr(entry, name) for name in (*_ENTRY, "grade")}}


class IncidentFilter(django_filters.FilterSet):
    """Incidents or drills, open or closed."""

    class Meta:
        model = Incident
        fields = ["kind", "is_closed"]


class IncidentBodySerializer(StrictSerializer):
    """An incident or a drill as it is written up; whoever writes it up owns it."""

    kind = serializers.ChoiceField(Incident.Kind.choices)
    title = serializers.CharField(max_length=120)
    scenario = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")
    began_at = serializers.DateTimeField()
    noticed_at = serializers.DateTimeField()
    restored_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    data_until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    rto_minutes = serializers.IntegerField(min_value=0, max_value=1_000_000)
    rpo_minutes = serializers.IntegerField(min_value=0, max_value=1_000_000)
    lessons = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")


class IncidentSerializer(IncidentBodySerializer):
    """An incident or a drill as it stands."""

    id = serializers.CharField()
    is_closed = serializers.BooleanField()


class StaffIncidentsView(StaffListView):
    """Incidents and drills."""

    required_scope = _LOOK
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    queryset = Incident.objects.none()

    def get_rows(self) -> Any:
        """Return them all."""
        return reads.list_incidents(user_of(self.request)).order_by("-id").values("id", "public_id", *_INCIDENT)

    @extend_schema(operation_id="staff_incidents_list", responses=IncidentSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return incidents and drills, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="staff_incidents_report", request=IncidentBodySerializer, responses={201: IncidentSerializer}
    )
    def post(self, request: Request) -> Response:
        """Write up an incident or a drill, such as from the machine that noticed it."""
        actor = user_of(request)
        access = access_right(actor, rights.MANAGE_RISK)
        body = read_body(IncidentBodySerializer, request)
        saved = operations.save_incident(
            incident=Incident(**body, owner_id=access.member_id), actor=actor, now=clock.now()
        )
        shown = {name: getattr(saved, name) for name in _INCIDENT}
        return Response({"id": saved.public_id, **shown}, status=201)
