"""Customers brought in by web, app, survey and partners."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.parsers import BulkJSONParser
from core.api.serializers import StrictSerializer
from core.api.views import StaffAPIView, user_of
from customers.operations.intake.bulk import MAX_ROWS, take_in_batch
from customers.operations.intake.take_in import Outcome
from customers.rules.intake import FIELDS
from staff import rights
from staff.queries import access_right

_CHANNELS = ("WEB", "APP", "SURVEY", "PARTNER")


class IntakeRowSerializer(serializers.Serializer[Any]):
    """One person; what is wrong with a row goes into quarantine and never refuses the others."""

    def get_fields(self) -> Any:
        """Return a text for each field that a row may bring."""
        return {
            name: serializers.CharField(required=False, allow_blank=True, default="", max_length=500) for name in FIELDS
        }


class IntakeSerializer(StrictSerializer):
    """Up to a thousand rows from one source."""

    channel = serializers.ChoiceField(choices=_CHANNELS)
    name = serializers.RegexField(
        r"^[A-Za-z0-9_.-]{1,30}$", required=False, default="", help_text="which site, survey or partner"
    )
    rows = IntakeRowSerializer(many=True, allow_empty=False, max_length=MAX_ROWS)  # type: ignore[call-arg]


class IntakeOutcomeSerializer(serializers.Serializer[Any]):
    """What became of one row."""

    line = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=["created", "known", "quarantined"])
    customer = serializers.CharField(allow_null=True)
    faults = serializers.DictField(child=serializers.CharField())


class IntakeAnswerSerializer(serializers.Serializer[Any]):
    """The batch and its rows, in their order."""

    id = serializers.CharField()
    created = serializers.IntegerField()
    known = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    rows = IntakeOutcomeSerializer(many=True)


class IntakeView(StaffAPIView):
    """The door for many customers at once."""

    required_scope = rights.TAKE_IN_CUSTOMERS
    needs_idempotency_key = True
    parser_classes = (BulkJSONParser,)

    @extend_schema(operation_id="intake_customers", request=IntakeSerializer, responses={200: IntakeAnswerSerializer})
    def post(self, request: Request) -> Response:
        """Take rows in: new people are created, known ones recognised, faulty rows kept for mending."""
        access = access_right(user_of(request), rights.TAKE_IN_CUSTOMERS)
        body = self.read_body(IntakeSerializer, request)
        source = f"{body['channel']}:{body['name']}" if body["name"] else body["channel"]

        def act(_key: str) -> tuple[int, Any]:
            job, outcomes = take_in_batch(rows=body["rows"], source=source, actor=user_of(request), now=clock.now())
            may_see = access.has(rights.VIEW_CUSTOMERS)
            return 200, {
                "id": job.public_id,
                "created": job.created,
                "known": job.updated,
                "quarantined": job.quarantined,
                "rows": [_answer(outcome, may_see) for outcome in outcomes],
            }

        return self.answer_once(request, act)


def _answer(outcome: Outcome, may_see: bool) -> dict[str, Any]:
    """Return one row's answer; who only brings people in learns no id of one who was there before."""
    is_told = outcome.state == "created" or may_see
    return {
        "line": outcome.line,
        "outcome": outcome.state or "quarantined",
        "customer": outcome.public_id or None if is_told else None,
        "faults": dict(outcome.faults or {}),
    }
