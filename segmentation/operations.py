"""The nightly labelling of customers."""

from datetime import date, datetime
from typing import Final

from django.db import transaction

from core.close import register_step
from customers.operations.labels import set_labels
from segmentation.models import LabelRule
from segmentation.queries import get_rule, list_stage_changes, list_value_changes

STEP: Final = "segmentation.labels"
_ORDER: Final = 740


@transaction.atomic
def label_customers(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Write stage and value tier where the rule in force sees them differently; returns the labels written."""
    rule = get_rule(business_date)
    if rule is None:
        return 0
    return set_labels(label="stage", rows=list_stage_changes(rule, business_date), now=now) + set_labels(
        label="value_tier", rows=list_value_changes(rule), now=now
    )


def seed_rules(_business_date: date, _now: datetime) -> None:
    """Create the first version of the limits; an existing one stays as it is."""
    LabelRule.objects.get_or_create(version="2026-1", defaults={"valid_from": date(2015, 1, 1), "source": "house rule"})


def register() -> None:
    """Register the step with the close."""
    register_step(STEP, _ORDER, label_customers)
