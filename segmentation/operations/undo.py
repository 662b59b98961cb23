"""Taking back what was done to a list at one time."""

from datetime import datetime
from typing import Any, Final

from core.models import User
from core.registries import reversals
from segmentation.models import Membership
from segmentation.operations.segments import remove_members

LIST_FILLED: Final = "segmentation.list_filled"


def take_off_again(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Take off a list whom one act has put onto it."""
    added = Membership.objects.filter(
        segment_id=payload["segment"],
        customer_id__in=payload["customers"],
        entered_at=datetime.fromisoformat(payload["at"]),
        left_at=None,
    )
    ids = list(added.values_list("customer_id", flat=True))
    remove_members(segment_id=payload["segment"], customer_ids=ids, actor=actor, now=now)


def register() -> None:
    """Register the way back."""
    reversals.register(LIST_FILLED, take_off_again)
