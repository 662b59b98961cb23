"""Payment orders."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from core.errors import NotFound
from ledger.models import PaymentOrder

# A partner that has not called by then is asked.
CALLBACK_PATIENCE = timedelta(minutes=5)


def list_orders_to_ask(*, now: datetime, limit: int = 100) -> list[PaymentOrder]:
    """Return orders that are with a partner and have been silent too long, the longest unasked first."""
    silent_since = now - CALLBACK_PATIENCE
    return list(
        PaymentOrder.objects.filter(
            Q(checked_at=None) | Q(checked_at__lt=silent_since),
            status=PaymentOrder.Status.PENDING,
            submitted_at__lt=silent_since,
        ).order_by(F("checked_at").asc(nulls_first=True), "id")[:limit]
    )


def access_order(*, customer_id: int, public_id: str) -> PaymentOrder:
    """Return a customer's own order. Raises NotFound."""
    order = PaymentOrder.objects.filter(public_id=public_id, customer_id=customer_id).first()
    if order is None:
        raise NotFound
    return order
