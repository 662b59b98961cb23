"""Reads of the integrations."""

from datetime import datetime

from integrations.models import CallbackState, InboundCallback


def lock_callback(*, callback_id: int) -> InboundCallback:
    """Return the callback with its row locked."""
    return InboundCallback.objects.select_for_update(no_key=True).get(pk=callback_id)


def list_open_callbacks(*, received_before: datetime, after_id: int = 0, limit: int = 100) -> list[InboundCallback]:
    """Return callbacks that are stored but not processed, oldest first, page by page."""
    rows = InboundCallback.objects.exclude(state=CallbackState.DONE)
    return list(rows.filter(received_at__lt=received_before, pk__gt=after_id).order_by("pk")[:limit])
