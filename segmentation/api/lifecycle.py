"""Service packages with where they are not kept, declines and playbooks, for staff tokens."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.views import StaffAPIView, StaffListView, user_of
from core.errors import NotFound
from core.web.listing import count_rows
from customers.models import Customer, CustomerRole
from segmentation.models import Decline, Playbook
from segmentation.models.vocabulary import ServiceClass
from segmentation.queries import lifecycle as reads
from segmentation.queries import service
from staff import rights
from staff.queries import access_right


class PackageSerializer(serializers.Serializer[Any]):
    """What customers of a class get, and with how many of the reader's it is not kept."""

    service_class = serializers.ChoiceField(ServiceClass.choices)
    answer_hours = serializers.IntegerField()
    contact_days = serializers.IntegerField()
    rm_minutes = serializers.IntegerField()
    team = serializers.CharField()
    offers = serializers.CharField()
    customers = serializers.IntegerField()
    minutes_given = serializers.IntegerField()
    not_contacted = serializers.IntegerField()
    cases_waiting = serializers.IntegerField()
    without_rm = serializers.IntegerField()


class BreachSerializer(serializers.Serializer[Any]):
    """A customer in the reader's scope with whom a package is not kept, since when."""

    customer_id = serializers.CharField()
    customer_number = serializers.CharField()
    since = serializers.DateTimeField()


class DeclineSerializer(serializers.Serializer[Any]):
    """One time a customer began to stay away, and what came of it."""

    id = serializers.CharField()
    customer_id = serializers.CharField()
    customer_number = serializers.CharField()
    role = serializers.ChoiceField(CustomerRole.Role.choices)
    state = serializers.ChoiceField(Decline.State.choices)
    began_date = serializers.DateField(allow_null=True)
    ended_date = serializers.DateField(allow_null=True)
    points = serializers.IntegerField()
    signs = serializers.ListField(child=serializers.CharField())
    cause = serializers.CharField()


class PlaybookSerializer(serializers.Serializer[Any]):
    """What is done with customers in a stage, and how well it goes with the reader's."""

    stage = serializers.ChoiceField(Customer.Stage.choices)
    goal = serializers.CharField()
    offers = serializers.CharField()
    metric = serializers.ChoiceField(Playbook.Metric.choices)
    metric_days = serializers.IntegerField()
    judged = serializers.IntegerField()
    good = serializers.IntegerField()


class PackagesView(StaffAPIView):
    """Service packages."""

    required_scope = rights.VIEW_SEGMENTS

    @extend_schema(operation_id="staff_service_packages", responses=PackageSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return what each class gets, what your customers were given in ninety days, and where it is not kept."""
        access, now = access_right(user_of(request), rights.VIEW_SEGMENTS), clock.now()
        given = service.measure_given(access)
        names = {"not_contacted": "contact", "cases_waiting": "case", "without_rm": "rm"}
        rows = [
            {
                **{
                    name: getattr(row, name)
                    for name in ("service_class", "answer_hours", "contact_days", "rm_minutes", "team")
                },
                "offers": row.offer_text,
                "customers": (found := given.get(row.service_class, service.Given(0, 0))).customers,
                "minutes_given": found.minutes,
                **{name: count_rows(service.list_breaches(access, row, kind, now)) for name, kind in names.items()},
            }
            for row in service.list_packages()
        ]
        return Response(rows)


class BreachesView(StaffListView):
    """With whom a package is not kept."""

    required_scope = rights.VIEW_SEGMENTS
    serializer_class = BreachSerializer
    queryset = Customer.objects.none()

    def get_rows(self) -> Any:
        """Return the caller's customers of a class with whom it is not kept in one respect. Raises NotFound."""
        access = access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        asked, kind = (self.request.query_params.get(name, "") for name in ("service_class", "kind"))
        package = next((row for row in service.list_packages() if row.service_class == asked), None)
        if package is None or kind not in service.KINDS:
            raise NotFound
        rows: Any = service.list_breaches(access, package, kind, clock.now())
        return rows.values("id", "public_id", "number", "since_at").order_by("-id")

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the customer."""
        return {"customer_id": row["public_id"], "customer_number": row["number"], "since": row["since_at"]}

    @extend_schema(
        operation_id="staff_service_breaches",
        parameters=[
            OpenApiParameter("service_class", str, enum=ServiceClass.values, required=True),
            OpenApiParameter("kind", str, enum=list(service.KINDS), required=True),
        ],
        responses=BreachSerializer(many=True),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your customers of a class who were not contacted in time, whose case waits too long, or who have no RM."""
        return super().get(request, *args, **kwargs)


class DeclinesView(StaffListView):
    """Who stays away, came back, was lost."""

    required_scope = rights.VIEW_SEGMENTS
    serializer_class = DeclineSerializer
    queryset = Decline.objects.none()

    def get_rows(self) -> Any:
        """Return the declines of the caller's customers in a state; open ones where none is asked for."""
        access = access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        state = self.request.query_params.get("state", Decline.State.OPEN.value)
        names = ("id", "public_id", "role", "state", "began_date", "ended_date", "points", "signs", "cause")
        named = {"customer_public_id": F("customer__public_id"), "customer_number": F("customer__number")}
        return reads.list_declines(access, state).order_by("-id").values(*names, **named)

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name decline and customer."""
        del row["id"]
        return {"id": row.pop("public_id"), "customer_id": row.pop("customer_public_id"), **row}

    @extend_schema(
        operation_id="staff_declines_list",
        parameters=[OpenApiParameter("state", str, enum=Decline.State.values)],
        responses=DeclineSerializer(many=True),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the times your customers began to stay away, newest first."""
        return super().get(request, *args, **kwargs)


class PlaybooksView(StaffAPIView):
    """Playbooks of the stages."""

    required_scope = rights.VIEW_SEGMENTS

    @extend_schema(operation_id="staff_playbooks", responses=PlaybookSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return what is done in each stage and how well it went with your customers within the last year."""
        access, now = access_right(user_of(request), rights.VIEW_SEGMENTS), clock.now()
        rows = []
        for playbook in reads.list_playbooks():
            judged, good = reads.measure_playbook(access, playbook, now)
            rows.append(
                {
                    "stage": playbook.stage,
                    "goal": playbook.goal_text,
                    "offers": playbook.offer_text,
                    "metric": playbook.metric,
                    "metric_days": playbook.metric_days,
                    "judged": judged,
                    "good": good,
                }
            )
        return Response(rows)
