"""The phone of a lead in plain text, for who says why."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput
from core.models import User
from customers.models import Lead

_SHORTEST: Final = 4


class ReasonMissing(InvalidInput):
    """Plain data is shown for a reason only."""

    code = "reason_missing"
    message = _("Say why you need to see it.")


@transaction.atomic
def unmask_lead_phone(*, lead_id: int, reason: str, actor: User, now: datetime) -> str:
    """Return the phone of a lead and keep who looked and why. Raises ReasonMissing."""
    if len(reason.strip()) < _SHORTEST:
        raise ReasonMissing(fields={"reason": [ReasonMissing.message]})
    lead = Lead.objects.get(pk=lead_id)
    audit.record(
        actor=actor,
        action="customers.unmasked.lead_phone",
        target=lead,
        reason=reason.strip()[:200],
        now=now,
        is_sensitive_read=True,
    )
    return lead.phone
