"""Asking whether somebody is already being worked on; every question is kept, without what was asked."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.errors import BusinessError
from core.models import AuditEntry, User
from customers.queries.conflicts import Conflict, check_conflict
from staff import rights
from staff.queries import access_right

_ACTION = "customers.conflict_checked"
DAILY_LIMIT = 300


class TooManyChecks(BusinessError):
    """Somebody seems to look customers up with the check."""

    code = "too_many_conflict_checks"
    status = 429
    message = _("You have asked %(limit)s times today; more is not allowed.")
    next_step = _("Try again tomorrow.")


@transaction.atomic
def ask_conflict(*, name: str, phone: str, identity_number: str, actor: User, now: datetime) -> list[Conflict]:
    """Return who already works on somebody, and keep that it was asked. Raises Refused, TooManyChecks."""
    access_right(actor, rights.VIEW_CUSTOMERS)
    day_start = clock.at(now.astimezone(clock.SHANGHAI).date(), 0)
    if AuditEntry.objects.filter(actor=actor, action=_ACTION, at__gte=day_start).count() >= DAILY_LIMIT:
        raise TooManyChecks(limit=DAILY_LIMIT)
    found = check_conflict(name, phone, identity_number)
    asked = [
        field for field, value in (("name", name), ("phone", phone), ("identity_number", identity_number)) if value
    ]
    audit.record(
        actor=actor,
        action=_ACTION,
        data={"asked": asked, "found": len(found), "customers": [row.customer_id for row in found if row.customer_id]},
        now=now,
    )
    return found
