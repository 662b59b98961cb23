"""Segments for staff tokens: their rules, the reader's own members and counts, and a count before anything is kept."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.permissions import ByMethod
from core.api.views import StaffAPIView, StaffListView, read_body, user_of
from core.errors import InvalidInput
from customers.queries.staff import access_customer
from segmentation.models import Membership, Segment
from segmentation.operations import segments as operations
from segmentation.queries import segments as reads
from segmentation.queries.rules import get_vocabulary
from segmentation.rules.segments import RuleInvalid, parse
from segmentation.texts import say_fault, say_leaf, say_value
from staff import rights
from staff.queries import access_right

_SCOPE: Any = ByMethod(rights.VIEW_SEGMENTS, rights.EDIT_SEGMENTS)


class SegmentSerializer(serializers.Serializer[Any]):
    """A segment; `members` are those in the reader's scope."""

    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(Segment.Kind.choices)
    state = serializers.ChoiceField(Segment.State.choices)
    rule = serializers.JSONField()
    version = serializers.IntegerField()
    members = serializers.IntegerField()
    evaluated_at = serializers.DateTimeField(allow_null=True)
    fault = serializers.CharField()


class NewSegmentSerializer(serializers.Serializer[Any]):
    """A new segment; one by rule needs a rule."""

    name = serializers.CharField(max_length=60)
    description = serializers.CharField(max_length=300, default="", allow_blank=True)
    kind = serializers.ChoiceField(Segment.Kind.choices, default=Segment.Kind.DYNAMIC)
    rule = serializers.JSONField(required=False, default=None)


class ChangeSerializer(NewSegmentSerializer):
    """Another name or rule; `version` is the one that was read."""

    kind = None  # type: ignore[assignment]
    version = serializers.IntegerField(min_value=1)
    note = serializers.CharField(max_length=200, default="", allow_blank=True)


class PreviewSerializer(serializers.Serializer[Any]):
    """A rule that is not kept."""

    rule = serializers.JSONField()


class CountSerializer(serializers.Serializer[Any]):
    """How many customers of the reader's scope a rule chooses."""

    count = serializers.IntegerField()


class MemberSerializer(serializers.Serializer[Any]):
    """A member in the reader's scope."""

    customer_id = serializers.CharField()
    customer_number = serializers.CharField()
    entered_at = serializers.DateTimeField()


class ListedSegmentSerializer(serializers.Serializer[Any]):
    """A row of the list of segments."""

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Segment.Kind.choices)
    version = serializers.IntegerField()
    evaluated_at = serializers.DateTimeField(allow_null=True)


def _show(request: Request, segment: Segment) -> dict[str, Any]:
    access = access_right(user_of(request), rights.VIEW_SEGMENTS)
    names = ("name", "description", "kind", "state", "rule", "version", "evaluated_at", "fault")
    return {
        "id": segment.public_id,
        **{name: getattr(segment, name) for name in names},
        "members": reads.count_by_segment(access, [segment])[segment.pk],
    }


class SegmentsView(StaffListView):
    """All segments in use."""

    required_scope = _SCOPE
    serializer_class = ListedSegmentSerializer
    queryset = Segment.objects.none()

    def get_rows(self) -> Any:
        """Return the segments in use, the newest first."""
        access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        rows = Segment.objects.filter(state=Segment.State.ACTIVE).order_by("-id")
        return rows.values("id", "public_id", "name", "kind", "version", "evaluated_at")

    @extend_schema(operation_id="staff_segments_list", responses=ListedSegmentSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the segments in use, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="staff_segments_create", request=NewSegmentSerializer, responses={201: SegmentSerializer}
    )
    def post(self, request: Request) -> Response:
        """Make a segment; one by rule has its members within seconds."""
        access_right(user_of(request), rights.EDIT_SEGMENTS)
        body = read_body(NewSegmentSerializer, request)
        segment = operations.create_segment(**body, actor=user_of(request), now=clock.now())
        return Response(_show(request, segment), status=201)


class SegmentView(StaffAPIView):
    """One segment."""

    required_scope = _SCOPE

    @extend_schema(operation_id="staff_segments_read", responses=SegmentSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return a segment with its rule and your count of members."""
        return Response(_show(request, reads.get_segment(public_id)))

    @extend_schema(operation_id="staff_segments_change", request=ChangeSerializer, responses=SegmentSerializer)
    def put(self, request: Request, public_id: str) -> Response:
        """Change name or rule; another rule is another version."""
        access_right(user_of(request), rights.EDIT_SEGMENTS)
        body = read_body(ChangeSerializer, request)
        segment = reads.get_segment(public_id)
        changed = operations.change_segment(segment_id=segment.pk, **body, actor=user_of(request), now=clock.now())
        return Response(_show(request, changed))


class ArchiveView(StaffAPIView):
    """Take a segment out of use."""

    required_scope = rights.EDIT_SEGMENTS

    @extend_schema(operation_id="staff_segments_archive", request=None, responses=SegmentSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Archive a segment that nothing rests on; its history stays."""
        access_right(user_of(request), rights.EDIT_SEGMENTS)
        segment = reads.get_segment(public_id)
        archived = operations.archive_segment(segment_id=segment.pk, actor=user_of(request), now=clock.now())
        return Response(_show(request, archived))


class RestoreView(StaffAPIView):
    """Take an archived segment into use again."""

    required_scope = rights.EDIT_SEGMENTS

    @extend_schema(operation_id="staff_segments_restore", request=None, responses=SegmentSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Take a segment into use again; its members follow within seconds."""
        access_right(user_of(request), rights.EDIT_SEGMENTS)
        segment = reads.get_segment(public_id)
        restored = operations.restore_segment(segment_id=segment.pk, actor=user_of(request), now=clock.now())
        return Response(_show(request, restored))


class AnswerSerializer(serializers.Serializer[Any]):
    """One condition of a rule: where it stands, in words, whether it holds and what the customer has."""

    path = serializers.CharField()
    condition = serializers.CharField()
    holds = serializers.BooleanField()
    value = serializers.CharField()


class ExplanationSerializer(serializers.Serializer[Any]):
    """Why a customer is in a segment or not; a list has no conditions."""

    is_in = serializers.BooleanField()
    fits = serializers.BooleanField(allow_null=True)
    conditions = AnswerSerializer(many=True)


class ExplanationView(StaffAPIView):
    """Why a customer is in a segment or not."""

    required_scope = rights.VIEW_SEGMENTS

    @extend_schema(operation_id="staff_segments_explain", responses=ExplanationSerializer)
    def get(self, request: Request, public_id: str, customer: str) -> Response:
        """Return each condition of the rule in force with what a customer of yours has."""
        access = access_right(user_of(request), rights.VIEW_SEGMENTS)
        segment = reads.get_segment(public_id)
        person = access_customer(access, customer)
        answer: dict[str, Any] = {
            "is_in": segment.memberships.filter(customer=person, left_at=None).exists(),
            "fits": None,
            "conditions": [],
        }
        if segment.kind == Segment.Kind.DYNAMIC:
            words, names = (
                get_vocabulary(with_people=False),
                dict(reads.list_segments().values_list("public_id", "name")),
            )
            try:
                found = reads.explain(segment, person.pk, clock.business_date())
            except RuleInvalid as error:
                raise InvalidInput(fields={"rule": [say_fault(error)]}) from error
            answer["fits"] = found.holds
            answer["conditions"] = [
                {
                    "path": one.path,
                    "condition": say_leaf(one.leaf, words.facts, names),
                    "holds": one.holds,
                    "value": say_value(one.leaf, one.value, words.facts),
                }
                for one in found.answers
            ]
        return Response(ExplanationSerializer(answer).data)


class MembersView(StaffListView):
    """The members of a segment in one's scope."""

    required_scope = rights.VIEW_SEGMENTS
    serializer_class = MemberSerializer
    queryset = Membership.objects.none()

    def get_rows(self) -> Any:
        """Return the present members in the caller's scope."""
        access = access_right(user_of(self.request), rights.VIEW_SEGMENTS)
        segment = reads.get_segment(self.kwargs["public_id"])
        rows = Membership.objects.filter(
            segment=segment, left_at=None, customer__in=reads.list_members(access, segment).values("pk")
        )
        return rows.values(
            "id", "entered_at", public_id=F("customer__public_id"), customer_number=F("customer__number")
        ).order_by("-id")

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Name the customer."""
        del row["id"]
        return {"customer_id": row.pop("public_id"), **row}

    @extend_schema(operation_id="staff_segments_members", responses=MemberSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return members that you may see, the latest entries first."""
        return super().get(request, *args, **kwargs)


class PreviewView(StaffAPIView):
    """A count before anything is kept."""

    required_scope = rights.EDIT_SEGMENTS

    @extend_schema(operation_id="staff_segments_preview", request=PreviewSerializer, responses=CountSerializer)
    def post(self, request: Request) -> Response:
        """Return how many of your customers a rule chooses."""
        access = access_right(user_of(request), rights.EDIT_SEGMENTS)
        words = get_vocabulary(with_people=False)
        try:
            rule = parse(self.read_body(PreviewSerializer, request)["rule"], words)
        except RuleInvalid as error:
            raise InvalidInput(fields={f"rule.{error.path}".rstrip("."): [say_fault(error)]}) from error
        return Response({"count": reads.count_rule(access, rule, words, clock.business_date())})
