"""The nightly labelling of customers."""

from datetime import date, datetime
from typing import Final

from django.db import transaction

from core.close import register_step
from customers.operations.labels import set_labels
from customers.operations.roles import refresh_roles
from segmentation.models import LabelRule, LabelRun
from segmentation.queries import RULES, build_labels, build_roles, get_rule, list_who_could_differ

STEP: Final = "segmentation.labels"
_ORDER: Final = 740


@transaction.atomic
def label_customers(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Write stage and value tier where the rule in force sees them differently; returns the labels written."""
    rule = get_rule(business_date)
    if rule is None:
        return 0
    customers = list_who_could_differ(rule, business_date)
    written = 0
    if customers is None or customers:
        source, params = build_labels(rule, business_date, customers)
        written = set_labels(rules=RULES, source=source, params=params, version=rule.version, now=now)
        roles, params = build_roles(rule, business_date, customers)
        refresh_roles(source=roles, params=params)
    LabelRun.objects.update_or_create(
        business_date=business_date,
        defaults={"limits": rule.limits, "is_full": customers is None, "labels_written": written},
    )
    return written


def seed_rules(_business_date: date, _now: datetime) -> None:
    """Create the first version of the limits; an existing one stays as it is."""
    LabelRule.objects.get_or_create(version="2026-1", defaults={"valid_from": date(2015, 1, 1), "source": "house rule"})


def register() -> None:
    """Register the step with the close."""
    register_step(STEP, _ORDER, label_customers)
