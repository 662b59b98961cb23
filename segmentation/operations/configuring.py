"""Limits of labels, service packages and playbooks: one person asks for a change, a second one approves it."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.changes import ChangeInvalid, change_row, write_values
from core.models import User
from segmentation.models import LabelRule, Playbook, ServicePackage
from segmentation.models.labels import LIMITS

RULE_CHANGEABLE: Final = ("valid_from", *LIMITS, "source")
PACKAGE_CHANGEABLE: Final = ("answer_hours", "contact_days", "rm_minutes", "team", "offers", "offers_en")
PLAYBOOK_CHANGEABLE: Final = ("goal", "goal_en", "offers", "offers_en", "metric", "metric_days")


@transaction.atomic
def apply_label_rule(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> LabelRule:
    """Carry out an approved change: a new version from the day after this business date at the earliest.

    A date in force is labelled by one version alone: those whom an event touches and those of the night are told alike.
    Only the latest version can be changed. Raises ChangeInvalid.
    """
    present = LabelRule.objects.select_for_update(no_key=True).get(pk=target_id)
    if LabelRule.objects.filter(pk__gt=present.pk).exists():
        raise ChangeInvalid(fields={"version": [_("Only the latest version can be changed.")]})
    tomorrow = clock.business_date() + timedelta(days=1)
    begins = date.fromisoformat(str(values.get("valid_from", tomorrow)))
    if begins < tomorrow:
        raise ChangeInvalid(fields={"valid_from": [_("A version begins after the present business date.")]})
    row = LabelRule(**{name: getattr(present, name) for name in (*LIMITS, "source")})
    row.version = f"{begins.year}-{LabelRule.objects.count() + 1}"
    row.valid_from = begins
    before = write_values(row, {**values, "valid_from": begins}, allowed=RULE_CHANGEABLE)
    audit.record(
        actor=actor,
        action="segmentation.label_rule_changed",
        target=row,
        data={"before": before, "after": dict(values)},
        now=now,
    )
    return row


def apply_package(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> ServicePackage:
    """Carry out an approved change of a service package. Raises ChangeInvalid."""
    return change_row(
        ServicePackage,
        target_id,
        values,
        allowed=PACKAGE_CHANGEABLE,
        action="segmentation.package_changed",
        actor=actor,
        now=now,
    )


def apply_playbook(*, target_id: str, values: dict[str, Any], actor: User, now: datetime) -> Playbook:
    """Carry out an approved change of a playbook. Raises ChangeInvalid."""
    return change_row(
        Playbook,
        target_id,
        values,
        allowed=PLAYBOOK_CHANGEABLE,
        action="segmentation.playbook_changed",
        actor=actor,
        now=now,
    )
