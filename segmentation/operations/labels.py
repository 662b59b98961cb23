"""The nightly labelling of customers."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction

from core.close import register_step
from customers.operations.labels import set_labels
from customers.operations.roles import refresh_roles
from segmentation.models import LabelRule, LabelRun
from segmentation.queries.labels import (
    LABELS,
    ROLES,
    ROLES_OF_SOME,
    RULES,
    build_deals,
    get_rule,
    list_limits,
    list_who_could_differ,
)

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
        params = {"customers": None, **list_limits(rule, business_date), **sum_up_deals(customers)}
        written = set_labels(rules=RULES, source=LABELS, params=params, version=rule.version, now=now)
        refresh_roles(source=ROLES, params=params)
    LabelRun.objects.update_or_create(
        business_date=business_date,
        defaults={"limits": rule.limits, "is_full": customers is None, "labels_written": written},
    )
    return written


@transaction.atomic
def relabel_customers(*, customer_ids: Sequence[int], business_date: date, now: datetime) -> int:
    """Write labels and roles of customers whose deals have just come or gone; returns the labels written.

    A role that has lost its last deal falls back to what it was without any.
    """
    rule = get_rule(business_date)
    if rule is None:
        return 0
    params = {**list_limits(rule, business_date), **sum_up_deals(sorted(customer_ids))}
    written = set_labels(rules=RULES, source=LABELS, params=params, version=rule.version, now=now)
    refresh_roles(source=ROLES_OF_SOME, params=params)
    return written


def sum_up_deals(customers: Sequence[int] | None) -> dict[str, Any]:
    """Fill the working table that `LABELS` and `ROLES` read; return whom it is about, as their parameter.

    Summed up once for the customer and for each of his roles; the table ends with the transaction.
    """
    deals, among = build_deals(customers)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.segmentation_deals")
        cursor.execute(f"CREATE TEMPORARY TABLE segmentation_deals ON COMMIT DROP AS {deals}", among)
        cursor.execute("ANALYZE segmentation_deals")
    return among


def seed_rules(_business_date: date, _now: datetime) -> None:
    """Create the first version of the limits; an existing one stays as it is."""
    LabelRule.objects.get_or_create(version="2026-1", defaults={"valid_from": date(2015, 1, 1), "source": "house rule"})


def register() -> None:
    """Register the step with the close."""
    register_step(STEP, _ORDER, label_customers)
