"""Merging by interface."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.serializers import StrictSerializer
from core.api.views import StaffAPIView, user_of
from customers.models import Merge
from customers.operations import merging
from customers.queries.duplicates import access_merge
from customers.queries.staff import access_customer
from customers.rules.merging import CHOICES
from staff import rights
from staff.queries import access_right


class MergeAskedSerializer(StrictSerializer):
    """Which record stays, which goes into it, and from which of the two each value comes."""

    kept = serializers.CharField(max_length=22)
    merged = serializers.CharField(max_length=22)
    choices = serializers.DictField(
        child=serializers.ChoiceField(choices=["kept", "merged"]), required=False, default=dict,
        help_text=", ".join(CHOICES),
    )  # fmt: skip


class MergeSerializer(serializers.Serializer[Any]):
    """A merge."""

    id = serializers.CharField()
    kept = serializers.CharField()
    merged = serializers.CharField()
    at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


def _answer(merge: Merge) -> dict[str, Any]:
    return {
        "id": merge.public_id,
        "kept": merge.kept.public_id,
        "merged": merge.merged.public_id,
        "at": merge.at,
        "undone_at": merge.undone_at,
    }


class MergesView(StaffAPIView):
    """The door for merging."""

    required_scope = rights.MERGE_CUSTOMERS
    needs_idempotency_key = True

    @extend_schema(operation_id="staff_merge", request=MergeAskedSerializer, responses={201: MergeSerializer})
    def post(self, request: Request) -> Response:
        """Take one record into another one."""
        access = access_right(user_of(request), rights.MERGE_CUSTOMERS)
        body = self.read_body(MergeAskedSerializer, request)
        kept = access_customer(access, body["kept"], rights.MERGE_CUSTOMERS)
        merged = access_customer(access, body["merged"], rights.MERGE_CUSTOMERS)

        def act(_key: str) -> tuple[int, Any]:
            merge = merging.merge_customers(
                kept_id=kept.pk,
                merged_id=merged.pk,
                choices=body["choices"],
                actor=user_of(request),
                now=clock.now(),
            )
            return 201, _answer(merge)

        return self.answer_once(request, act)


class UndoMergeView(StaffAPIView):
    """The way back."""

    required_scope = rights.MERGE_CUSTOMERS
    needs_idempotency_key = True

    @extend_schema(operation_id="staff_merge_undo", request=None, responses={200: MergeSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Take a merge apart."""
        access = access_right(user_of(request), rights.MERGE_CUSTOMERS)
        merge = access_merge(access, public_id)

        def act(_key: str) -> tuple[int, Any]:
            merging.undo_merge(merge_id=merge.pk, actor=user_of(request), now=clock.now())
            merge.refresh_from_db()
            return 200, _answer(merge)

        return self.answer_once(request, act)
