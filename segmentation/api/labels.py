"""Labels for staff tokens: how many have each value, who has one, and the labels of a customer with version, time, reason."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import StaffAPIView, StaffListView, user_of
from customers.models import Customer
from customers.queries.staff import access_customer
from segmentation.queries import lifecycle as reads
from segmentation.rules.labels import FIGURES, KEYS
from staff import rights
from staff.queries import access_right


class LabelCountSerializer(serializers.Serializer[Any]):
    """How many of the reader's customers have a value."""

    key = serializers.CharField()
    value = serializers.CharField()
    customers = serializers.IntegerField()


class LabelSerializer(serializers.Serializer[Any]):
    """A label of a customer: which value, by which version, since when, for which figures."""

    key = serializers.CharField()
    value = serializers.CharField()
    version = serializers.CharField()
    since = serializers.DateTimeField()
    reason = serializers.JSONField()


class CustomerLabelsSerializer(serializers.Serializer[Any]):
    """The labels of a customer and the figures beside them."""

    labels = LabelSerializer(many=True)
    figures = serializers.DictField(allow_null=True)


class HolderSerializer(serializers.Serializer[Any]):
    """A customer in the reader's scope."""

    customer_id = serializers.CharField()
    customer_number = serializers.CharField()


class LabelCountsView(StaffAPIView):
    """How many customers have each value of each label."""

    required_scope = rights.VIEW_SEGMENTS

    @extend_schema(operation_id="staff_labels_counts", responses=LabelCountSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return the counts of your customers."""
        access = access_right(user_of(request), rights.VIEW_SEGMENTS)
        counts = reads.count_values(access)
        rows = [
            {"key": label, "value": value, "customers": count}
            for label, values in counts.items()
            for value, count in sorted(values.items())
        ]
        return Response(rows)


class LabelHoldersView(StaffListView):
    """Who has a value of a label."""

    required_scope = rights.VIEW_SEGMENTS
    serializer_class = HolderSerializer
    queryset = Customer.objects.none()

    def get_rows(self) -> Any:
        """Return the caller's customers with the value that is asked for; of no value nobody."""
        access = access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        label = self.request.query_params.get("key", "")
        rows = Customer.objects.none()
        if label in KEYS:
            rows = reads.list_holders(access, label, self.request.query_params.get("value", ""))
        return rows.values("id", "public_id", "number").order_by("-id")

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the customer."""
        return {"customer_id": row["public_id"], "customer_number": row["number"]}

    @extend_schema(
        operation_id="staff_labels_customers",
        parameters=[OpenApiParameter("key", str, enum=list(KEYS)), OpenApiParameter("value", str)],
        responses=HolderSerializer(many=True),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your customers with a value of a label."""
        return super().get(request, *args, **kwargs)


class CustomerLabelsView(StaffAPIView):
    """The labels of one customer."""

    required_scope = rights.VIEW_SEGMENTS

    @extend_schema(operation_id="staff_customer_labels", responses=CustomerLabelsSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return the labels of a customer with rule version, time and reason."""
        access = access_right(user_of(request), rights.VIEW_SEGMENTS)
        customer = access_customer(access, public_id)
        found, stays = reads.read_labels(customer.pk), reads.list_stays(customer.pk)
        labels = [
            {
                "key": key,
                "value": stays[key].value,
                "version": stays[key].version,
                "since": stays[key].from_at,
                "reason": stays[key].reason,
            }
            for key in KEYS
            if key in stays
        ]
        figures = {name: _plain(getattr(found, name)) for name in FIGURES} if found else None
        return Response({"labels": labels, "figures": figures})


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | list) else str(value)
