"""The set-based statements behind the steps of customers. `{which}` names the customers: by ids or by a range."""

from typing import Final

OF_IDS: Final = "c.id = ANY(%(ids)s)"
OF_RANGE: Final = "c.id >= %(low)s AND c.id < %(high)s"

# Who has begun something that an active step begins with and has no run of it yet.
BEGUN: Final = """
SELECT c.id, c.rm_id, s.id, s.code, s.due_workdays, s.open_workdays, min(r.at)
FROM customers_processstep s
JOIN (SELECT customer_id, step, at FROM customers_registrationstep {beginnings}) r
  ON r.step = s.begins_with AND r.at >= greatest(s.since_at, %(since)s)
JOIN customers_customer c ON c.id = r.customer_id
WHERE s.is_active AND {which} AND c.merged_into_id IS NULL AND c.status NOT IN ('FROZEN', 'CLOSED')
  AND (s.role = '' OR (s.role = 'BORROWER' AND c.is_borrower) OR (s.role = 'INVESTOR' AND c.is_investor))
  AND NOT EXISTS (SELECT 1 FROM customers_steprun x WHERE x.customer_id = c.id AND x.code = s.code)
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 3
"""

# What a record that is closed, frozen or merged has open waits with it.
DROP: Final = """
UPDATE customers_steprun r SET state = 'DROPPED' FROM customers_customer c
WHERE c.id = r.customer_id AND r.state = 'OPEN' AND {which}
  AND (c.merged_into_id IS NOT NULL OR c.status IN ('FROZEN', 'CLOSED'))
RETURNING r.id
"""
PICK_UP: Final = """
UPDATE customers_steprun r SET state = 'OPEN', raised_at = NULL FROM customers_customer c
WHERE c.id = r.customer_id AND r.state = 'DROPPED' AND {which}
  AND c.merged_into_id IS NULL AND c.status NOT IN ('FROZEN', 'CLOSED')
"""

_SET: Final = """
UPDATE customers_steprun r
SET state = 'DONE', done_at = p.at, done_by_id = p.user_id, contact_id = p.contact_id,
    is_late = (p.at AT TIME ZONE 'Asia/Shanghai')::date > r.due_date
FROM ({found}) p, customers_processstep s
WHERE r.id = p.id AND r.state = 'OPEN' AND s.id = r.step_id
RETURNING r.id, r.customer_id, r.done_at, r.done_by_id, s.name
"""
# `{facts}` is SQL about the open run `o` that yields when it was proved, or nothing.
PROVE: Final = _SET.format(
    found="""
    SELECT o.id, greatest(f.at, o.begun_at) AS at, NULL::bigint AS user_id, NULL::bigint AS contact_id
    FROM customers_customer c
    JOIN customers_steprun o ON o.customer_id = c.id AND o.state = 'OPEN'
    JOIN customers_processstep t ON t.id = o.step_id AND t.proof = %(proof)s
    JOIN LATERAL ({facts}) f ON f.at IS NOT NULL
    WHERE {which}
"""
)
# The step that is due first takes the first contact that has proved no other one.
PROVE_BY_CONTACT: Final = _SET.format(
    found="""
    SELECT DISTINCT ON (o.customer_id) o.id, k.at, k.user_id, k.id AS contact_id
    FROM customers_customer c
    JOIN customers_steprun o ON o.customer_id = c.id AND o.state = 'OPEN'
    JOIN customers_processstep t ON t.id = o.step_id AND t.proof = 'CONTACT'
    JOIN LATERAL (
        SELECT k.id, k.at, m.user_id FROM customers_contact k JOIN staff_staffmember m ON m.id = k.member_id
        WHERE k.customer_id = o.customer_id AND k.result <> 'NOT_REACHED'
          AND k.at >= greatest(o.begun_at, o.opens_date::timestamp AT TIME ZONE 'Asia/Shanghai')
          AND NOT EXISTS (SELECT 1 FROM customers_steprun u WHERE u.contact_id = k.id)
        ORDER BY k.at, k.id LIMIT 1
    ) k ON true
    WHERE {which}
    ORDER BY o.customer_id, o.due_date, o.id
"""
)

# What the house sends by itself, once its day has come.
ASK: Final = """
UPDATE customers_steprun r SET asked_at = %(now)s
FROM customers_customer c, customers_processstep s
WHERE c.id = r.customer_id AND s.id = r.step_id AND s.doer = 'SYSTEM' AND r.state = 'OPEN' AND r.asked_at IS NULL
  AND r.opens_date <= %(today)s AND {which}
RETURNING r.id
"""

# One task a step, once it is due and somebody looks after the customer; what the system sends, once that has failed.
RAISE: Final = """
UPDATE customers_steprun r SET raised_at = %(now)s
FROM customers_customer c, customers_processstep s
WHERE c.id = r.customer_id AND s.id = r.step_id AND r.state = 'OPEN' AND r.raised_at IS NULL AND c.rm_id IS NOT NULL
  AND r.due_date <= CASE s.doer WHEN 'SYSTEM' THEN %(past)s::date ELSE %(until)s::date END AND {which}
RETURNING r.id, r.customer_id, c.rm_id, c.public_id, r.due_date, s.name, s.text, s.doer
"""

# Who looks after the customer answers for what is open.
SYNC_MEMBERS: Final = """
UPDATE customers_steprun r SET member_id = c.rm_id FROM customers_customer c
WHERE c.id = r.customer_id AND r.state IN ('OPEN', 'DROPPED') AND c.id = ANY(%(ids)s)
  AND r.member_id IS DISTINCT FROM c.rm_id
"""

# Customers who have begun lately, or have a run: each partition holds about so many of them.
PARTITIONS: Final = """
SELECT min(id), max(id) + 1 FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %(size)s AS part FROM (
        SELECT customer_id AS id FROM customers_steprun WHERE state IN ('OPEN', 'DROPPED')
        UNION SELECT customer_id FROM (SELECT customer_id, step, at FROM customers_registrationstep {beginnings}) r
        WHERE at >= %(since)s AND customer_id IS NOT NULL
    ) busy
) ranked GROUP BY part ORDER BY part
"""
