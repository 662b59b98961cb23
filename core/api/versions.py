"""Changing a record that somebody has read: its ETag, and refusals of those who read another version."""

import hashlib
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import wire
from core.errors import BusinessError


class MatchMissing(BusinessError):
    """A change came without the version it changes."""

    code = "if_match_missing"
    status = 428
    message = _("The header If-Match is missing.")
    next_step = _("Read the record and send the ETag that came with it.")


class VersionChanged(BusinessError):
    """Somebody else was quicker."""

    code = "version_changed"
    status = 412
    message = _("The record has changed since you read it.")
    next_step = _("Read it again, then send your change with the new ETag.")


def etag_of(described: dict[str, Any]) -> str:
    """Return the ETag of a record as it is answered."""
    return f'"{hashlib.sha256(wire.dumps(described)).hexdigest()[:32]}"'
