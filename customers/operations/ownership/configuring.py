"""Setting up pools and assignment rules: drawn up inactive by one person, active once a second one has agreed."""

from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from core import audit
from core.changes import ChangeInvalid, change_row
from core.models import User
from customers.models import AssignmentRule, Pool
from staff import rights
from staff.queries import access_right

POOL_FIELDS: Final = (
    "name",
    "daily_claims",
    "cool_down_days",
    "no_contact_days",
    "no_deal_days",
    "warning_days",
    "keeps_dealing",
    "daily_views",
    "is_active",
)
RULE_FIELDS: Final = ("name", "place", "role", "sources", "region_prefixes", "team", "way", "is_active")
_ACTION: Final = "customers.ownership_configured"


@transaction.atomic
def draw_up(*, row: Pool | AssignmentRule, actor: User, now: datetime) -> Pool | AssignmentRule:
    """Keep a new pool or rule; it does nothing until its activation is approved. Raises Refused, ChangeInvalid."""
    access_right(actor, rights.CONFIGURE)
    row.is_active = False
    try:
        row.full_clean()
    except ValidationError as error:
        raise ChangeInvalid(fields={name: list(texts) for name, texts in error.message_dict.items()}) from error
    row.save()
    audit.record(actor=actor, action=_ACTION, target=row, data={"name": row.name}, now=now)
    return row


@transaction.atomic
def apply_pool(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> Pool:
    """Change a pool's terms. Raises ChangeInvalid."""
    return change_row(Pool, target_id, values, allowed=POOL_FIELDS, action=_ACTION, actor=actor, now=now)


@transaction.atomic
def apply_rule(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> AssignmentRule:
    """Change an assignment rule. Raises ChangeInvalid."""
    return change_row(AssignmentRule, target_id, values, allowed=RULE_FIELDS, action=_ACTION, actor=actor, now=now)
