"""A customer's messages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.views import CustomerAPIView, CustomerListView
from core.errors import NotFound
from customers.queries.own import get_own_customer_id
from messaging.models import Channel, Kind, Message
from messaging.operations.sending import mark_read
from messaging.queries import list_messages_of


class MessageSerializer(serializers.Serializer[Any]):
    """One message as it was sent."""

    id = serializers.CharField()
    channel = serializers.ChoiceField(Channel.choices)
    kind = serializers.ChoiceField(Kind.choices)
    subject = serializers.CharField()
    text = serializers.CharField()
    state = serializers.ChoiceField(Message.State.choices)
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)


class MessagesView(CustomerListView):
    """Notices and marketing; codes are for the phone alone."""

    serializer_class = MessageSerializer

    def get_rows(self) -> Any:
        """Return the caller's messages."""
        rows = list_messages_of(get_own_customer_id(self.request.user)).exclude(kind=Kind.VERIFICATION)
        return rows.values(
            "id",
            "channel",
            "kind",
            "subject",
            "text",
            "state",
            "created_at",
            "sent_at",
            "read_at",
            "public_id",
        )

    @extend_schema(operation_id="me_messages_list", responses=MessageSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your messages, newest first."""
        return super().get(request, *args, **kwargs)


class MessageReadView(CustomerAPIView):
    """The mark that a message was opened."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, public_id: str) -> Response:
        """Mark a message as read; a second time changes nothing."""
        customer_id = get_own_customer_id(request.user)
        if not mark_read(customer_id=customer_id, message_public_id=public_id, now=clock.now()):
            raise NotFound
        return Response(status=204)
