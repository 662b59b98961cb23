"""Asking by interface who already works on somebody."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.serializers import StrictSerializer
from core.api.throttling import AddressThrottle, ConflictsThrottle, TokenThrottle
from core.api.views import StaffAPIView, user_of
from core.errors import InvalidInput
from customers.operations.conflicts import ask_conflict
from customers.queries.conflicts import Standing, is_askable
from staff import rights
from staff.queries import access_right


class ConflictAskedSerializer(StrictSerializer):
    """Whom somebody is about to enter; a whole phone number, a whole identity number or a name is enough."""

    name = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    identity_number = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")


class WorkedOnSerializer(serializers.Serializer[Any]):
    """Where somebody stands and with whom; `phone` is masked and only told where he was found by it or his number."""

    standing = serializers.ChoiceField([str(standing) for standing in Standing])
    found_by = serializers.ChoiceField(["identity", "phone", "name"])
    is_certain = serializers.BooleanField()
    rm = serializers.CharField(allow_blank=True)
    is_mine = serializers.BooleanField()
    pool = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)


class ConflictAnswerSerializer(serializers.Serializer[Any]):
    """Who works on him; empty where nobody does."""

    results = WorkedOnSerializer(many=True)


class StaffConflictsView(StaffAPIView):
    """The question of the page "Who has this customer?": the same answer, the same limit a day, kept in the same log."""

    required_scope = rights.VIEW_CUSTOMERS
    throttle_classes = (AddressThrottle, TokenThrottle, ConflictsThrottle)

    @extend_schema(
        operation_id="staff_conflicts_ask", request=ConflictAskedSerializer, responses={200: ConflictAnswerSerializer}
    )
    def post(self, request: Request) -> Response:
        """Ask whether a colleague works on somebody already; every question is kept."""
        access = access_right(user_of(request), rights.VIEW_CUSTOMERS)
        asked = self.read_body(ConflictAskedSerializer, request)
        if not is_askable(**asked):
            raise InvalidInput(fields={"phone": [_("Give a whole phone number, an identity number or a name.")]})
        found = ask_conflict(**asked, actor=user_of(request), now=clock.now())
        results = [
            {
                "standing": row.standing,
                "found_by": row.by,
                "is_certain": row.is_certain,
                "rm": row.rm_name,
                "is_mine": row.rm_id == access.member_id,
                "pool": row.pool,
                "phone": row.masked_phone,
            }
            for row in found
        ]
        return Response({"results": results})
