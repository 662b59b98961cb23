"""Setting up pools and assignment rules: drawn up inactive by one person, active once a second one has agreed."""

from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from core import audit
from core.changes import ChangeInvalid, write_values
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
    audit.record(actor=actor, action="customers.ownership_configured", target=row, data={"name": row.name}, now=now)
    return row


@transaction.atomic
def apply_pool(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> Pool:
    """Change a pool's terms. Raises ChangeInvalid."""
    pool = Pool.objects.select_for_update(no_key=True).get(pk=target_id)
    before = write_values(pool, values, allowed=POOL_FIELDS)
    _note(pool, before, values, actor, now)
    return pool


@transaction.atomic
def apply_rule(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> AssignmentRule:
    """Change an assignment rule. Raises ChangeInvalid."""
    rule = AssignmentRule.objects.select_for_update(no_key=True).get(pk=target_id)
    before = write_values(rule, values, allowed=RULE_FIELDS)
    _note(rule, before, values, actor, now)
    return rule


def _note(
    row: Pool | AssignmentRule, before: dict[str, Any], after: dict[str, Any], actor: User, now: datetime
) -> None:
    data = {"before": before, "after": after}
    audit.record(actor=actor, action="customers.ownership_configured", target=row, data=data, now=now)
