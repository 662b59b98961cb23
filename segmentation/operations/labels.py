"""Labelling: after an event for whom it touches, each night for all; both by the same statement (`queries.labelling`)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction

from core import clock
from core.registries import Among
from customers.operations.labels import set_labels
from customers.operations.process import begin_steps
from customers.operations.roles import refresh_roles
from segmentation.operations.attributes import lock_ranges, refresh_families
from segmentation.operations.declines import follow_declines
from segmentation.queries.attributes import TABLE, among_range, among_some, find_latest_look
from segmentation.queries.labelling import COLUMNS, LABELS_TABLE, REASONS, build_told, list_limits
from segmentation.queries.labels import get_rule
from segmentation.rules.labels import KEYS

STEP: Final = "segmentation.labels"
# After the attributes of the new day, before the segments that use labels.
STEP_ORDER: Final = 806
_MANY: Final = 10_000
# What labels are kept in is read by these families.
FAMILIES: Final = ("segmentation.labels", "customers.profile")
# The rule behind what stands on the record itself.
_ON_RECORD: Final = {"stage": "segmentation.stage", "value_tier": "segmentation.value"}

_columns = ", ".join(COLUMNS)
_told = ", ".join(f"n.{name}" for name in COLUMNS)
_kept = ", ".join(f"l.{name}" for name in COLUMNS)
_DIFFERENCES: Final = f"""
CREATE TEMPORARY TABLE segmentation_told ON COMMIT DROP AS
SELECT n.*, l.customer_id IS NULL AS is_new, {", ".join(f"l.{key} AS {key}_before" for key in KEYS)}
FROM ({{told}}) n LEFT JOIN {LABELS_TABLE} l ON l.customer_id = n.customer_id
WHERE ({_told}, %(version)s) IS DISTINCT FROM ({_kept}, l.version)
   OR (n.stage, coalesce(n.value_tier, 'UNKNOWN')) IS DISTINCT FROM (n.stage_on_record, n.value_on_record)
"""  # noqa: S608 - everything is our own
_VALUES: Final = ", ".join(f"('{key}', x.{key}_before, x.{key})" for key in KEYS)
_END: Final = f"""
UPDATE segmentation_labelstay h SET until_at = %(now)s
FROM segmentation_told x CROSS JOIN LATERAL (VALUES {_VALUES}) v(label, before, value)
WHERE NOT x.is_new AND v.before IS DISTINCT FROM v.value
  AND h.customer_id = x.customer_id AND h.label = v.label AND h.until_at IS NULL
"""  # noqa: S608 - everything is our own
_figures = {key: ", ".join(f"'{name}', x.{name}" for name in names) for key, names in REASONS.items()}
_REASON: Final = " ".join(f"WHEN '{key}' THEN jsonb_build_object({names})" for key, names in _figures.items())
_BEGIN: Final = f"""
INSERT INTO segmentation_labelstay (customer_id, label, value, before, version, reason, from_date, from_at)
SELECT x.customer_id, v.label, v.value, coalesce(v.before, ''), %(version)s,
       jsonb_strip_nulls(CASE v.label {_REASON} END), x.today, %(now)s
FROM segmentation_told x CROSS JOIN LATERAL (VALUES {_VALUES}) v(label, before, value)
WHERE v.value IS NOT NULL AND v.before IS DISTINCT FROM v.value
ORDER BY x.customer_id
"""  # noqa: S608 - everything is our own
_KEEP: Final = f"""
INSERT INTO {LABELS_TABLE} (customer_id, version, told_at, {_columns})
SELECT n.customer_id, %(version)s, %(now)s, {_told} FROM segmentation_told n ORDER BY n.customer_id
ON CONFLICT (customer_id) DO UPDATE
SET version = excluded.version, told_at = excluded.told_at, {", ".join(f"{name} = excluded.{name}" for name in COLUMNS)}
"""  # noqa: S608 - everything is our own
# A record that was merged into another has no labels any more.
_LEAVE: Final = f"""
WITH gone AS (
    DELETE FROM {LABELS_TABLE} l WHERE NOT EXISTS (SELECT 1 FROM {TABLE} s WHERE s.customer_id = l.customer_id) {{among}}
    RETURNING l.customer_id
)
UPDATE segmentation_labelstay h SET until_at = %(now)s FROM gone
WHERE h.customer_id = gone.customer_id AND h.until_at IS NULL
"""  # noqa: S608 - everything is our own
# Stage and value stand on the record, whoever wrote there last: the attributes say what stands there.
_FOR_RECORD: Final = f"""
SELECT l.customer_id, l.stage, coalesce(l.value_tier, 'UNKNOWN') AS value_tier,
       jsonb_build_object('code', 'segmentation.stage_reason', 'deals', coalesce(s.deal_count, 0),
                          'first', coalesce(s.first_deal_date::text, '—'), 'last', coalesce(s.last_deal_date::text, '—'))
           AS stage_reason,
       CASE WHEN l.value_tier IS NULL THEN jsonb_build_object('code', 'segmentation.no_deals')
            ELSE jsonb_build_object('code', 'segmentation.value_reason', 'deals', s.deal_count, 'volume',
                 (coalesce(s.borrowed_ever, 0) + coalesce(s.lent_ever, 0))::text, 'weighted', l.weighted_volume::text)
       END AS value_tier_reason
FROM segmentation_told n JOIN {LABELS_TABLE} l ON l.customer_id = n.customer_id
JOIN {TABLE} s ON s.customer_id = n.customer_id
"""  # noqa: S608 - everything is our own
# The value of a role is what was borrowed or lent in it; a role that has lost its last deal falls back.
_FOR_ROLES: Final = f"""
SELECT s.customer_id, r.role, coalesce(r.since, o.since_date) AS since_date, coalesce(r.stage, 'POTENTIAL') AS stage,
       CASE WHEN r.since IS NULL THEN 'UNKNOWN' WHEN r.value >= %(value_high)s THEN 'HIGH'
            WHEN r.value >= %(value_middle)s THEN 'MIDDLE' ELSE 'LOW' END AS value_tier, coalesce(r.value, 0) AS value
FROM {TABLE} s JOIN {LABELS_TABLE} l ON l.customer_id = s.customer_id
CROSS JOIN LATERAL (VALUES ('BORROWER', s.first_borrowed_date, l.stage_borrower, s.borrowed_ever),
                           ('INVESTOR', s.first_lent_date, l.stage_investor, s.lent_ever)) r(role, since, stage, value)
LEFT JOIN customers_customerrole o ON o.customer_id = s.customer_id AND o.role = r.role
WHERE (r.since IS NOT NULL OR o.id IS NOT NULL) {{among}}
  AND (s.changed_at >= %(since)s OR EXISTS (SELECT 1 FROM segmentation_told n WHERE n.customer_id = s.customer_id))
"""  # noqa: S608 - everything is our own


@transaction.atomic
def label_range(_business_date: date, from_id: int, to_id: int, now: datetime) -> int:
    """Label a range of customers for the new day, as a step of the close; return whose labels changed."""
    lock_ranges()
    changed = _label(*among_range(from_id, to_id), now, since=find_latest_look(from_id))
    if changed:
        # The attributes of everybody were told a step ago: only those of whom this step has changed can be others now.
        refresh_families(FAMILIES, *among_some(changed), now)
    if len(changed) > _MANY:
        # After a first telling or new limits: whoever reads before the database looks by itself reads by the right index.
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {LABELS_TABLE}, segmentation_labelstay, segmentation_decline")
    return len(changed)


@transaction.atomic
def relabel_customers(customer_ids: Sequence[int], _business_date: date, now: datetime) -> Sequence[int]:
    """Label some customers whose attributes have just been told and are locked.

    Labels are told as attributes here at once; it returns nobody, for nothing else is left to tell.
    """
    among, parameters = among_some(sorted(customer_ids))
    _label(among, parameters, now, since=None)
    refresh_families(FAMILIES, among, parameters, now)
    if moved := _list_moved():
        # The night begins the steps of those whose stage moves by the calendar.
        begin_steps(customer_ids=moved, now=now)
    return []


def _list_moved() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_temp.segmentation_told')")
        if cursor.fetchone()[0] is None:
            return []
        cursor.execute("SELECT customer_id FROM segmentation_told WHERE stage <> stage_before ORDER BY 1")
        return [pk for (pk,) in cursor.fetchall()]


def _label(among: Among, parameters: dict[str, Any], now: datetime, *, since: datetime | None) -> list[int]:
    """Write what differs: labels, their stays, and what stands on record and roles; return whose labels or record changed.

    The day is that of `core_businessdate`, as with the attributes that labels are told from. Roles are looked at of
    those whose labels changed, and whose attributes did since a moment; without one, of all.
    """
    today = clock.business_date()
    rule = get_rule(today)
    if rule is None:
        return []
    params = {**parameters, **list_limits(rule), "version": rule.version, "now": now, "since": since or "-infinity"}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.segmentation_told")
        cursor.execute(_DIFFERENCES.format(told=build_told(among)), params)
        cursor.execute("ANALYZE segmentation_told")
        cursor.execute(_LEAVE.format(among=among("l.customer_id")), params)
        cursor.execute("SELECT customer_id FROM segmentation_told ORDER BY 1")
        changed = [pk for (pk,) in cursor.fetchall()]
        if changed:
            # Whose rows are few: what follows may look for them one by one (see `lock_ranges`).
            cursor.execute("SET LOCAL enable_nestloop = on")
            for statement in (_END, _BEGIN, _KEEP):
                cursor.execute(statement, params)
    if changed:
        follow_declines(business_date=today, now=now)
        set_labels(rules=_ON_RECORD, source=_FOR_RECORD, params=params, version=rule.version, now=now)
    refresh_roles(source=_FOR_ROLES.format(among=among("s.customer_id")), params=params)
    return changed
