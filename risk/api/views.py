"""Alerts as staff see them, take them up and close them."""

from typing import Any

import django_filters
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.serializers import StrictSerializer
from core.api.views import StaffAPIView, StaffListView, read_body, user_of
from core.errors import NotFound
from customers.texts import render_text
from risk.models import Alert
from risk.models.alerts import Measure, Severity
from risk.operations import alerts as operations
from risk.queries.alerts import access_alert, list_alerts
from staff import rights


class AlertFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    class Meta:
        model = Alert
        fields = ["state", "severity", "kind"]


class AlertSerializer(serializers.Serializer[Any]):
    """A row of the list of alerts, its reason in plain words."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(Alert.Kind.choices)
    severity = serializers.ChoiceField(Severity.choices)
    state = serializers.ChoiceField(Alert.State.choices)
    reason = serializers.CharField()
    product_code = serializers.CharField(allow_null=True)
    loan_id = serializers.CharField(allow_null=True)
    loan_number = serializers.CharField(allow_null=True)
    business_date = serializers.DateField()
    raised_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closure = serializers.CharField()


class AlertDetailSerializer(AlertSerializer):
    """An alert with what was done about it."""

    dimension = serializers.CharField()
    owner = serializers.CharField(allow_null=True)
    measure_taken = serializers.ChoiceField(Measure.choices)
    action_taken = serializers.CharField()
    closure_note = serializers.CharField()


class AlertActSerializer(StrictSerializer):
    """What an act needs: a note what was done, a closure how it ended."""

    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    closure = serializers.ChoiceField(Alert.Closure.choices, required=False, allow_blank=True, default="")


class StaffAlertsView(StaffListView):
    """Alerts in one's scope."""

    required_scope = rights.VIEW_ALERTS
    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    queryset = Alert.objects.none()

    def get_rows(self) -> Any:
        """Return the alerts in the caller's scope."""
        return list_alerts(user_of(self.request)).values(
            "id",
            "kind",
            "severity",
            "state",
            "reason_code",
            "params",
            "business_date",
            "raised_at",
            "acknowledged_at",
            "closed_at",
            "closure",
            "public_id",
            product_code=F("product__code"),
            loan_public_id=F("loan__public_id"),
            loan_number=F("loan__number"),
        )

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Put the reason into words."""
        reason = render_text(row.pop("reason_code"), row.pop("params"))
        return super().shape_row({**row, "reason": reason, "loan_id": row.pop("loan_public_id")})

    @extend_schema(operation_id="staff_alerts_list", responses=AlertSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return alerts in your scope, newest first."""
        return super().get(request, *args, **kwargs)


def _show(alert: Alert) -> dict[str, Any]:
    names = (
        "kind", "severity", "state", "dimension", "business_date", "raised_at", "acknowledged_at", "closed_at", "closure",
        "measure_taken", "action_taken", "closure_note",
    )  # fmt: skip
    return {
        "id": alert.public_id,
        **{name: getattr(alert, name) for name in names},
        "reason": render_text(alert.reason_code, alert.params),
        "product_code": alert.product.code if alert.product else None,
        "loan_id": alert.loan.public_id if alert.loan else None,
        "loan_number": alert.loan.number if alert.loan else None,
        "owner": str(alert.owner) if alert.owner else None,
    }


class StaffAlertView(StaffAPIView):
    """One alert."""

    required_scope = rights.VIEW_ALERTS

    @extend_schema(operation_id="staff_alerts_read", responses=AlertDetailSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return an alert in your scope with what was done about it."""
        return Response(_show(access_alert(user_of(request), public_id)))


class StaffAlertActView(StaffAPIView):
    """What is done about an alert."""

    required_scope = rights.HANDLE_ALERTS

    @extend_schema(operation_id="staff_alerts_act", request=AlertActSerializer, responses=AlertDetailSerializer)
    def post(self, request: Request, public_id: str, act: str) -> Response:
        """TAKE an alert up, NOTE what was done, LIFT its measure with a reason, or CLOSE it."""
        actor = user_of(request)
        alert = access_alert(actor, public_id)
        body = read_body(AlertActSerializer, request)
        given: dict[str, Any] = {"alert_id": alert.pk, "actor": actor, "now": clock.now()}
        acts = {
            "TAKE": lambda: operations.acknowledge_alert(**given),
            "NOTE": lambda: operations.note_action(**given, text=body["note"]),
            "LIFT": lambda: operations.lift_measure(**given, reason=body["note"]),
            "CLOSE": lambda: operations.close_alert(**given, closure=body["closure"], note=body["note"]),
        }
        if act not in acts:
            raise NotFound
        acts[act]()
        return Response(_show(access_alert(actor, public_id)))
