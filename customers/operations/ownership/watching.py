"""Keeping what the watch over a leaver's book has found; what is unusual is judged above."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from customers.models import LeaverWatch


@transaction.atomic
def record_watch(
    *, watch_id: int, usual_outflow: Decimal, outflow: Decimal, exits: int, alarmed_at: datetime | None
) -> LeaverWatch:
    """Replace a watch's figures by those of today."""
    watch = LeaverWatch.objects.select_for_update(no_key=True).get(pk=watch_id)
    watch.usual_outflow = usual_outflow
    watch.outflow = outflow
    watch.exits = exits
    watch.alarmed_at = alarmed_at
    watch.save(update_fields=["usual_outflow", "outflow", "exits", "alarmed_at"])
    return watch
