"""Alerts as staff see them."""

from typing import Any

import django_filters
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import StaffListView, user_of
from customers.texts import render_text
from risk.models import Alert
from risk.models.alerts import Severity
from risk.queries.alerts import list_alerts
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
