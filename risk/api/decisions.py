"""What a customer may know about an automatic decision, and his right to have a person look at it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.serializers import StrictSerializer
from core.api.views import CustomerAPIView, read_body
from customers.queries.own import get_own_customer_id
from lending.queries.own import get_own_application
from risk.operations.human_reviews import ask_human_review
from risk.queries.decisions import explain_to_customer


class ExplainedReasonSerializer(serializers.Serializer[Any]):
    """Why it was decided so."""

    code = serializers.CharField()
    text = serializers.CharField()


class WhatWouldChangeSerializer(serializers.Serializer[Any]):
    """One thing that, different alone, would have given another outcome."""

    text = serializers.CharField()
    present = serializers.CharField()
    needed = serializers.CharField()
    outcome = serializers.CharField()


class HumanReviewSerializer(serializers.Serializer[Any]):
    """How far a request for a person is."""

    id = serializers.CharField()
    state = serializers.CharField()
    asked_at = serializers.DateTimeField()
    due_date = serializers.DateField()
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)


class ExplainedDecisionSerializer(serializers.Serializer[Any]):
    """An automatic decision in plain words."""

    notice = serializers.CharField()
    is_automatic = serializers.BooleanField()
    outcome = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    seen_with_your_consent = serializers.ListField(child=serializers.CharField())
    reasons = ExplainedReasonSerializer(many=True)
    what_would_change = WhatWouldChangeSerializer(many=True)
    may_ask_for_a_person = serializers.BooleanField()
    human_review = HumanReviewSerializer(allow_null=True)


class HumanReviewAskedSerializer(StrictSerializer):
    """What the customer wants looked at, in his own words."""

    text = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class DecisionView(CustomerAPIView):
    """The decision on one's own application, explained."""

    @extend_schema(responses=ExplainedDecisionSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return how your application was decided, why, and what would have had to be different."""
        return Response(explain_to_customer(get_own_application(get_own_customer_id(request.user), public_id)))


class HumanReviewView(CustomerAPIView):
    """The right to a person."""

    needs_idempotency_key = True

    @extend_schema(request=HumanReviewAskedSerializer, responses={201: ExplainedDecisionSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Ask that a person looks at what the rules decided."""
        body = read_body(HumanReviewAskedSerializer, request)
        customer_id = get_own_customer_id(request.user)
        application = get_own_application(customer_id, public_id)

        def ask(_key: str) -> tuple[int, Any]:
            ask_human_review(
                application_id=application.pk,
                customer_id=customer_id,
                text=body["text"],
                now=clock.now(),
                business_date=clock.business_date(),
            )
            return 201, explain_to_customer(get_own_application(customer_id, public_id))

        return self.answer_once(request, ask)
