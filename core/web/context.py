"""What the frame around every page shows."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core import clock
from core.registries import frame_items


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the business date and what the apps put into the frame, computed when the template asks."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {
        "business_date": SimpleLazyObject(clock.business_date),
        "frame": {key: SimpleLazyObject(partial(item, user)) for key, item in frame_items.items()},
    }
