"""Which labels differ from what their rule says."""

from datetime import date
from typing import Any, Final

from django.db import connection

from core.registries import attributes
from customers.operations.labels import LabelRow
from segmentation.models import LabelRule

STAGE_RULE: Final = "segmentation.stage"
VALUE_RULE: Final = "segmentation.value"

_STAGES = """
SELECT * FROM (
    SELECT c.id, c.stage AS before, c.labels->'stage'->>'version' AS version, coalesce(n.value, 0) AS deals,
           f.value AS first_date, l.value AS last_date,
           CASE WHEN coalesce(n.value, 0) = 0 THEN 'POTENTIAL'
                WHEN f.value > %(on)s::date - %(new)s THEN 'NEW'
                WHEN coalesce(o.value, 0) + coalesce(i.value, 0) = 0 AND l.value <= %(on)s::date - %(lost)s THEN 'LOST'
                WHEN n.value >= %(mature)s THEN 'MATURE'
                ELSE 'ACTIVE' END AS stage
    FROM customers_customer c
    LEFT JOIN ({deal_count}) n ON n.customer_id = c.id
    LEFT JOIN ({first_deal_date}) f ON f.customer_id = c.id
    LEFT JOIN ({last_deal_date}) l ON l.customer_id = c.id
    LEFT JOIN ({outstanding}) o ON o.customer_id = c.id
    LEFT JOIN ({invested}) i ON i.customer_id = c.id
) x WHERE x.stage <> x.before OR x.version IS DISTINCT FROM %(version)s
"""
_VALUES = """
SELECT * FROM (
    SELECT c.id, c.value_tier AS before, c.labels->'value_tier'->>'version' AS version,
           coalesce(b.value, 0) AS borrowed, coalesce(v.value, 0) AS lent,
           CASE WHEN b.value IS NULL AND v.value IS NULL THEN 'UNKNOWN'
                WHEN coalesce(b.value, 0) + coalesce(v.value, 0) >= %(high)s THEN 'HIGH'
                WHEN coalesce(b.value, 0) + coalesce(v.value, 0) >= %(middle)s THEN 'MIDDLE'
                ELSE 'LOW' END AS tier
    FROM customers_customer c
    LEFT JOIN ({borrowed_ever}) b ON b.customer_id = c.id
    LEFT JOIN ({lent_ever}) v ON v.customer_id = c.id
) x WHERE x.tier <> x.before OR x.version IS DISTINCT FROM %(version)s
"""


def get_rule(on: date) -> LabelRule | None:
    """Return the version in force on a date."""
    return LabelRule.objects.filter(valid_from__lte=on).order_by("-valid_from", "-id").first()


def list_stage_changes(rule: LabelRule, on: date) -> list[LabelRow]:
    """Return the customers whose stage the rule sees differently, or whose label another version wrote."""
    keys = ("deal_count", "first_deal_date", "last_deal_date", "outstanding", "invested")
    params: dict[str, Any] = {
        "on": on,
        "new": rule.new_days,
        "lost": rule.lost_days,
        "mature": rule.mature_deals,
        "version": rule.version,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STAGES.format(**{key: attributes.get(key).sql for key in keys}), params)
        return [
            LabelRow(
                pk,
                "stage",
                before,
                stage,
                STAGE_RULE,
                rule.version,
                {"code": "segmentation.stage_reason", "deals": deals, "first": first or "—", "last": last or "—"},
            )
            for pk, before, _version, deals, first, last, stage in cursor.fetchall()
        ]


def list_value_changes(rule: LabelRule) -> list[LabelRow]:
    """Return the customers whose value tier the rule sees differently, or whose label another version wrote."""
    params: dict[str, Any] = {"high": rule.value_high, "middle": rule.value_middle, "version": rule.version}
    with connection.cursor() as cursor:
        sql = {key: attributes.get(key).sql for key in ("borrowed_ever", "lent_ever")}
        cursor.execute(_VALUES.format(**sql), params)
        return [
            LabelRow(
                pk,
                "value_tier",
                before,
                tier,
                VALUE_RULE,
                rule.version,
                {"code": "segmentation.value_reason", "borrowed": borrowed, "lent": lent},
            )
            for pk, before, _version, borrowed, lent, tier in cursor.fetchall()
        ]
