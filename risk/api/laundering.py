"""The desk of suspicion for staff tokens: to nobody without the right is there any case."""

from typing import Any

import django_filters
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import audit, clock
from core.api.serializers import StrictSerializer, YuanField
from core.api.views import StaffAPIView, StaffListView, read_body, user_of
from core.models import User
from risk.models import SuspicionCase
from risk.operations import laundering as operations
from risk.queries import laundering as reads
from staff import rights

_CASE = ("number", "kind", "state", "amount", "opened_at", "business_date", "due_date")


class SuspicionFilter(django_filters.FilterSet):
    """Of one kind, in one state, due by a day."""

    due = django_filters.DateFilter(field_name="due_date", lookup_expr="lte")

    class Meta:
        model = SuspicionCase
        fields = ["kind", "state", "due"]


class SuspicionSerializer(serializers.Serializer[Any]):
    """A case of suspicion; the customer by number alone."""

    id = serializers.CharField()
    number = serializers.CharField()
    customer_number = serializers.CharField()
    kind = serializers.ChoiceField(SuspicionCase.Kind.choices)
    state = serializers.ChoiceField(SuspicionCase.State.choices)
    amount = YuanField(allow_null=True)
    opened_at = serializers.DateTimeField()
    business_date = serializers.DateField()
    due_date = serializers.DateField()


class SuspicionDetailSerializer(SuspicionSerializer):
    """A case with its evidence and what two people make of it."""

    evidence = serializers.JSONField()
    proposal = serializers.ChoiceField(SuspicionCase.Proposal.choices, allow_blank=True)
    grounds = serializers.CharField()
    proposed_by = serializers.CharField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)
    decision_note = serializers.CharField()


class ProposalSerializer(StrictSerializer):
    """What one person proposes."""

    proposal = serializers.ChoiceField(SuspicionCase.Proposal.choices)
    grounds = serializers.CharField(max_length=4000)


class DecisionSerializer(StrictSerializer):
    """What another person makes of it."""

    is_agreed = serializers.BooleanField()
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class StaffSuspicionsView(StaffListView):
    """All cases."""

    required_scope = rights.WORK_AML
    serializer_class = SuspicionSerializer
    filterset_class = SuspicionFilter
    queryset = SuspicionCase.objects.none()

    def get_rows(self) -> Any:
        """Return the cases, closed ones too."""
        rows = reads.list_cases(user_of(self.request), with_closed=True).order_by("-id")
        return rows.values("id", "public_id", *_CASE, customer_number=F("customer__number"))

    @extend_schema(operation_id="staff_suspicions_list", responses=SuspicionSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the cases of suspicion, newest first."""
        return super().get(request, *args, **kwargs)


def _show(actor: User, public_id: str) -> dict[str, Any]:
    """Return a case; each look at it is in the trail."""
    case = reads.get_case(actor, public_id)
    audit.record(actor=actor, action="risk.suspicion_read", target=case, now=clock.now(), is_sensitive_read=True)
    return {
        "id": case.public_id,
        **{name: getattr(case, name) for name in (*_CASE, "evidence", "proposal", "grounds", "decision_note")},
        "customer_number": case.customer.number,
        "amount": None if case.amount is None else str(case.amount),
        "proposed_by": str(case.proposed_by) if case.proposed_by else None,
        "decided_by": str(case.decided_by) if case.decided_by else None,
    }


class StaffSuspicionView(StaffAPIView):
    """One case."""

    required_scope = rights.WORK_AML

    @extend_schema(operation_id="staff_suspicions_read", responses=SuspicionDetailSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return a case with its evidence."""
        return Response(_show(user_of(request), public_id))


class SuspicionProposalView(StaffAPIView):
    """The first of two people."""

    required_scope = rights.WORK_AML

    @extend_schema(
        operation_id="staff_suspicions_propose", request=ProposalSerializer, responses=SuspicionDetailSerializer
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Propose to report a case or to dismiss it."""
        actor = user_of(request)
        case = reads.get_case(actor, public_id)
        body = read_body(ProposalSerializer, request)
        operations.propose_outcome(case_id=case.pk, **body, actor=actor, now=clock.now())
        return Response(_show(actor, public_id))


class SuspicionDecisionView(StaffAPIView):
    """The second of two people."""

    required_scope = rights.DECIDE_AML

    @extend_schema(
        operation_id="staff_suspicions_decide", request=DecisionSerializer, responses=SuspicionDetailSerializer
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Agree with what another person proposed, or send the case back."""
        actor = user_of(request)
        case = reads.get_case(actor, public_id)
        body = read_body(DecisionSerializer, request)
        operations.decide_case(case_id=case.pk, **body, actor=actor, now=clock.now())
        return Response(_show(actor, public_id))
