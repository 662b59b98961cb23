"""Reads of messages, within the reader's scope."""

from django.db.models import QuerySet

from core.models import User
from messaging.models import Message
from staff.queries import access_right, scope_condition
from staff.rights import VIEW_MESSAGES


def list_messages(user: User) -> QuerySet[Message]:
    """Return the messages a member of staff may see, newest first. Raises Refused."""
    access = access_right(user, VIEW_MESSAGES)
    return (
        Message.objects.filter(customer__isnull=False)
        .filter(scope_condition(access, VIEW_MESSAGES, "customer__rm"))
        .select_related("customer", "template")
        .order_by("-id")
    )


def list_messages_of(customer_id: int) -> QuerySet[Message]:
    """Return what a customer was told, newest first; what the gate stopped is not among it."""
    return (
        Message.objects.filter(customer_id=customer_id)
        .exclude(state=Message.State.SUPPRESSED)
        .select_related("template")
        .order_by("-id")
    )
