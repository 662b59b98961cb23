"""Configuration of the RM's work: revisit rules and partners, defined by one person, put in force by a second one."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.changes import change_row
from core.errors import BusinessError
from core.models import User
from customers.models import Partner, RevisitRule

RULE_CHANGEABLE: Final = ("place", "value_tier", "stage", "interval_days", "channel", "purpose", "is_active")
PARTNER_CHANGEABLE: Final = ("name", "kind", "fee_per_lead", "fee_share", "is_active")


class PartnerKnown(BusinessError):
    """The code is taken."""

    code = "partner_known"
    message = _("A partner with this code is there already.")


@transaction.atomic
def define_revisit_rule(
    *,
    place: int,
    value_tier: str,
    stage: str,
    interval_days: int,
    channel: str,
    purpose: str,
    actor: User | None,
    now: datetime,
) -> RevisitRule:
    """Define a rule that plans nothing before a second person has approved that it becomes active."""
    row = RevisitRule.objects.create(
        place=place,
        value_tier=value_tier,
        stage=stage,
        interval_days=interval_days,
        channel=channel,
        purpose=purpose.strip(),
        is_active=False,
    )
    audit.record(
        actor=actor, action="customers.revisit_rule_defined", target=row, data={"days": interval_days}, now=now
    )
    return row


@transaction.atomic
def define_partner(
    *,
    code: str,
    name: str,
    kind: str,
    fee_per_lead: Decimal,
    fee_share: Decimal,
    actor: User | None,
    now: datetime,
) -> Partner:
    """Define a partner; his code is not taken before a second person has approved him. Raises PartnerKnown."""
    try:
        with transaction.atomic():
            row = Partner.objects.create(
                code=code, name=name.strip(), kind=kind, fee_per_lead=fee_per_lead, fee_share=fee_share, is_active=False
            )
    except IntegrityError as error:
        raise PartnerKnown from error
    audit.record(actor=actor, action="customers.partner_defined", target=row, data={"code": code}, now=now)
    return row


@transaction.atomic
def apply_revisit_rule(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> RevisitRule:
    """Carry out an approved change of a rule. Raises ChangeInvalid."""
    action = "customers.revisit_rule_changed"
    return change_row(RevisitRule, target_id, values, allowed=RULE_CHANGEABLE, action=action, actor=actor, now=now)


@transaction.atomic
def apply_partner(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> Partner:
    """Carry out an approved change of a partner. Raises ChangeInvalid."""
    action = "customers.partner_changed"
    return change_row(Partner, target_id, values, allowed=PARTNER_CHANGEABLE, action=action, actor=actor, now=now)
