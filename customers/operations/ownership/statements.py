"""The set-based statements behind a change of owner. They run on rows that the caller has locked."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from customers.models import Pool
from staff.models import StaffMember

if TYPE_CHECKING:
    from customers.operations.ownership.change import Move

# One row a customer, and from it the line of his timeline.
INSERT_CHANGES = """
WITH change AS (
    INSERT INTO customers_ownerchange
        (customer_id, old_id, new_id, old_pool_id, new_pool_id, reason, note, batch, actor_id, at)
    SELECT o.id, o.old_id, %(new)s, o.old_pool_id, %(pool)s, %(reason)s, %(note)s, %(batch)s, %(actor)s, %(now)s
    FROM unnest(%(ids)s::bigint[], %(olds)s::bigint[], %(old_pools)s::bigint[]) AS o(id, old_id, old_pool_id)
    RETURNING id, customer_id
)
INSERT INTO customers_timelineentry (customer_id, at, kind, text_code, params, amount, url, actor_id, key)
SELECT customer_id, %(now)s, 'change', %(text)s, %(params)s::jsonb, NULL, '', %(actor)s, 'owner:' || id FROM change
"""

UPDATE_CUSTOMERS = """
UPDATE customers_customer
SET rm_id = %(new)s,
    pool_id = %(pool)s::bigint,
    pooled_at = CASE WHEN %(pool)s::bigint IS NULL THEN NULL ELSE %(now)s::timestamptz END,
    owned_since = CASE WHEN %(pool)s::bigint IS NULL THEN %(now)s::timestamptz END,
    backup_rm_id = CASE WHEN %(pool)s::bigint IS NULL THEN nullif(backup_rm_id, %(new)s::bigint) END,
    reader_ids = CASE WHEN %(pool)s::bigint IS NULL THEN reader_ids ELSE '{}' END,
    writer_ids = CASE WHEN %(pool)s::bigint IS NULL THEN writer_ids ELSE '{}' END,
    version = version + 1
WHERE id = ANY(%(ids)s)
"""

END_COLLABORATION = """
DELETE FROM customers_collaborator WHERE customer_id = ANY(%(ids)s)
RETURNING customer_id, member_id, level, title, added_at::text, added_by_id
"""

_OWNERS = "unnest(%(ids)s::bigint[], %(olds)s::bigint[]) AS o(customer_id, old_id)"

# What stood on the last RM's list, or on nobody's: a colleague's own reminder stays his.
MOVE_WORK = f"""
UPDATE customers_workitem w SET assignee_id = %(new)s
FROM (
    SELECT i.id, i.assignee_id FROM customers_workitem i JOIN {_OWNERS} ON i.customer_id = o.customer_id
    WHERE i.state = 'OPEN' AND (i.assignee_id = o.old_id OR (i.assignee_id IS NULL AND i."right" = ''))
) was
WHERE w.id = was.id
RETURNING w.id, was.assignee_id
"""  # noqa: S608

_MOVE_OWN = """
UPDATE {table} t SET member_id = %(new)s
FROM (
    SELECT i.id, i.member_id FROM {table} i JOIN {owners} ON i.customer_id = o.customer_id
    WHERE i.state = '{state}' AND (i.member_id = o.old_id OR o.old_id IS NULL)
) was
WHERE t.id = was.id
RETURNING t.id, was.member_id
"""
MOVE_PLANS = _MOVE_OWN.format(table="customers_contactplan", owners=_OWNERS, state="PLANNED")
MOVE_PROMISES = _MOVE_OWN.format(table="customers_promise", owners=_OWNERS, state="OPEN")

# Nobody in a pool carries out what the last RM had planned.
DROP_PLANS = """
UPDATE customers_contactplan SET state = 'DROPPED'
WHERE customer_id = ANY(%(ids)s) AND state = 'PLANNED'
RETURNING id, member_id
"""

MOVE_LEADS = f"""
UPDATE customers_lead l SET owner_id = %(new)s, version = version + 1
FROM (
    SELECT i.id, i.owner_id FROM customers_lead i JOIN {_OWNERS} ON i.customer_id = o.customer_id
    WHERE i.state IN ('NEW', 'WORKING', 'QUALIFIED') AND i.owner_id IS NOT DISTINCT FROM o.old_id
) was
WHERE l.id = was.id
RETURNING l.id, was.owner_id
"""  # noqa: S608

SYNC_ACCESS = """
UPDATE customers_customer c
SET reader_ids = coalesce(s.readers, '{}'), writer_ids = coalesce(s.writers, '{}')
FROM unnest(%(ids)s::bigint[]) AS wanted(id)
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT m.member_id ORDER BY m.member_id) AS readers,
           array_agg(DISTINCT m.member_id ORDER BY m.member_id) FILTER (WHERE m.writes) AS writers
    FROM (
        SELECT k.member_id, k.level = 'WRITE' AS writes FROM customers_collaborator k WHERE k.customer_id = wanted.id
        UNION ALL
        SELECT b.backup_rm_id, true FROM customers_customer b WHERE b.id = wanted.id AND b.backup_rm_id IS NOT NULL
    ) m
) s ON true
WHERE c.id = wanted.id
"""

INSERT_UNDONE = """
WITH change AS (
    INSERT INTO customers_ownerchange
        (customer_id, old_id, new_id, old_pool_id, new_pool_id, reason, note, batch, actor_id, at)
    SELECT o.id, %(new)s, o.rm_id, %(pool)s, o.pool_id, 'UNDONE', '', %(batch)s, %(actor)s, %(now)s
    FROM unnest(%(ids)s::bigint[], %(rms)s::bigint[], %(pools)s::bigint[]) AS o(id, rm_id, pool_id)
    RETURNING id, customer_id
)
INSERT INTO customers_timelineentry (customer_id, at, kind, text_code, params, amount, url, actor_id, key)
SELECT customer_id, %(now)s, 'change', 'customers.owner_change_undone', '{}', NULL, '', %(actor)s, 'owner:' || id
FROM change
"""

RESTORE_CUSTOMERS = """
UPDATE customers_customer c
SET rm_id = o.rm_id, pool_id = o.pool_id, backup_rm_id = o.backup_id, pooled_at = o.pooled_at,
    owned_since = o.owned_since, version = c.version + 1
FROM unnest(%(ids)s::bigint[], %(rms)s::bigint[], %(pools)s::bigint[], %(backups)s::bigint[],
            %(pooled)s::timestamptz[], %(owned)s::timestamptz[]) AS o(id, rm_id, pool_id, backup_id, pooled_at, owned_since)
WHERE c.id = o.id
"""

RESTORE_COLLABORATORS = """
INSERT INTO customers_collaborator (customer_id, member_id, level, title, added_at, added_by_id)
SELECT (r->>0)::bigint, (r->>1)::bigint, r->>2, r->>3, (r->>4)::timestamptz, (r->>5)::bigint
FROM jsonb_array_elements(%(collaborators)s::jsonb) r
ON CONFLICT (customer_id, member_id) DO NOTHING
"""

# What somebody has dealt with or passed on meanwhile stays as it is.
RESTORE_WORK = """
UPDATE customers_workitem w SET assignee_id = (r->>1)::bigint
FROM jsonb_array_elements(%(work)s::jsonb) r
WHERE w.id = (r->>0)::bigint AND w.state = 'OPEN' AND w.assignee_id IS NOT DISTINCT FROM %(new)s::bigint
"""
RESTORE_PLANS = """
UPDATE customers_contactplan p SET member_id = (r->>1)::bigint, state = 'PLANNED'
FROM jsonb_array_elements(%(plans)s::jsonb) r
WHERE p.id = (r->>0)::bigint
  AND ((%(pool)s::bigint IS NULL AND p.state = 'PLANNED' AND p.member_id = %(new)s)
       OR (%(pool)s::bigint IS NOT NULL AND p.state = 'DROPPED'))
"""
RESTORE_PROMISES = """
UPDATE customers_promise p SET member_id = (r->>1)::bigint
FROM jsonb_array_elements(%(promises)s::jsonb) r
WHERE p.id = (r->>0)::bigint AND p.state = 'OPEN' AND p.member_id = %(new)s
"""
RESTORE_LEADS = """
UPDATE customers_lead l SET owner_id = (r->>1)::bigint, version = l.version + 1
FROM jsonb_array_elements(%(leads)s::jsonb) r
WHERE l.id = (r->>0)::bigint AND l.owner_id IS NOT DISTINCT FROM %(new)s::bigint
"""


def fetch(cursor: Any, statement: str, given: dict[str, Any]) -> list[Any]:
    """Run a statement and return its rows as lists."""
    cursor.execute(statement, given)
    return [list(row) for row in cursor.fetchall()]


def sentence(move: "Move") -> str:
    """Return the places of the timeline's sentence as JSON."""
    if move.pool_id is not None:
        name = Pool.objects.values_list("name", flat=True).get(pk=move.pool_id)
        return orjson.dumps({"pool": name, "note": move.note[:200]}).decode()
    member = StaffMember.objects.select_related("user").get(pk=move.new_id or 0)
    return orjson.dumps({"rm": str(member), "note": move.note[:200]}).decode()


def restoring(before: dict[str, list[Any]], payload: dict[str, Any], *, actor_id: int, now: datetime) -> dict[str, Any]:
    """Return what the statements of an undo are given."""
    columns = list(zip(*before["customers"], strict=True))
    names = ("ids", "rms", "pools", "backups", "pooled", "owned")
    kept = ("collaborators", "work", "plans", "promises", "leads")
    return {
        **{name: list(column) for name, column in zip(names, columns, strict=True)},
        **{name: orjson.dumps(before.get(name, [])).decode() for name in kept},
        "new": payload["new"],
        "pool": payload["pool"],
        "batch": f"undo:{payload['batch']}"[:40],
        "actor": actor_id,
        "now": now,
    }
