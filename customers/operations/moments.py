"""When something to come may lie."""

from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.errors import Text

# Nobody plans a call or keeps a promise further ahead; a year typed wrong is found.
FARTHEST: Final = timedelta(days=5 * 366)


def find_moment_fault(at: datetime, now: datetime) -> Text | None:
    """Return what is wrong with the moment of something to come: it lies ahead, and within five years."""
    if at <= now:
        return _("Choose a later moment.")
    if at > now + FARTHEST:
        return _("Choose a moment within five years.")
    return None
