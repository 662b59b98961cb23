"""Seconds to give 10 000 customers to another RM, beside the same rows written by bare SQL in the same run.

The bare statements are one UPDATE of the customers and one INSERT each of the changes and of the timeline, and one UPDATE
each of the open tasks, plans and promises. The operation also checks reach, capacity and locks, remembers what it
replaced for undo, tells colleagues, writes the audit and publishes its event.

    DATABASE_URL=postgresql://… python -m bench.owners
"""

import os
import time
from statistics import median
from typing import Any

from bench.people import make_people
from bench.support import ROUNDS, call_apart, own_database, report, set_up, write_profile

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
MOVED = 10_000
TARGET_RATIO = 3.0
# Run again on a book that was kept, it finds what it has written and writes nothing twice.
BOOK = """
UPDATE customers_customer SET rm_id = %(rm)s WHERE id <= %(count)s;
UPDATE customers_workitem SET assignee_id = %(rm)s WHERE customer_id <= %(count)s;
UPDATE customers_contactplan SET member_id = %(rm)s WHERE customer_id <= %(count)s;
UPDATE customers_promise SET member_id = %(rm)s WHERE customer_id <= %(count)s;
INSERT INTO customers_workitem (public_id, "group", kind, reason_code, params, url, urgency, "right", state, raised_at,
    key, assignee_id, customer_id)
SELECT 'wo' || id, 'REVISIT', 'bench', 'customers.reminder', '{"text": "x"}', '', 100, '', 'OPEN', now(), 'owners' || id,
    rm_id, id FROM customers_customer c
WHERE id <= %(count)s AND NOT EXISTS (SELECT 1 FROM customers_workitem w WHERE w.customer_id = c.id);
INSERT INTO customers_contactplan (public_id, channel, purpose, planned_at, is_by_rule, reason, state, created_at,
    customer_id, member_id)
SELECT 'po' || id, 'CALL', 'x', now(), false, '{}', 'PLANNED', now(), id, rm_id FROM customers_customer c
WHERE id <= %(count)s AND NOT EXISTS (SELECT 1 FROM customers_contactplan p WHERE p.customer_id = c.id);
INSERT INTO customers_promise (public_id, text, due_at, state, made_at, is_late, customer_id, member_id, is_contact)
SELECT 'oo' || id, 'x', now(), 'OPEN', now(), false, id, rm_id, false FROM customers_customer c
WHERE id <= %(count)s AND id %% 5 = 1 AND NOT EXISTS (SELECT 1 FROM customers_promise p WHERE p.customer_id = c.id)
"""
BARE = """
UPDATE customers_customer SET rm_id = %(new)s, owned_since = %(now)s, version = version + 1 WHERE id = ANY(%(ids)s);
INSERT INTO customers_ownerchange (customer_id, old_id, new_id, reason, note, batch, actor_id, at)
SELECT id, %(old)s, %(new)s, 'BULK', '', %(batch)s, %(actor)s, %(now)s FROM unnest(%(ids)s::bigint[]) id;
INSERT INTO customers_timelineentry (customer_id, at, kind, text_code, params, url, actor_id, key)
SELECT id, %(now)s, 'change', 'customers.rm_assigned', '{"rm": "x"}', '', %(actor)s, %(batch)s || id
FROM unnest(%(ids)s::bigint[]) id;
UPDATE customers_workitem SET assignee_id = %(new)s
WHERE customer_id = ANY(%(ids)s) AND state = 'OPEN' AND assignee_id = %(old)s;
UPDATE customers_contactplan SET member_id = %(new)s
WHERE customer_id = ANY(%(ids)s) AND state = 'PLANNED' AND member_id = %(old)s;
UPDATE customers_promise SET member_id = %(new)s
WHERE customer_id = ANY(%(ids)s) AND state = 'OPEN' AND member_id = %(old)s
"""


def _give(cursor: Any, rm_id: int) -> list[int]:
    """Give the first customers to one RM, each with an open task and a planned contact, each fifth with a promise."""
    given = {"rm": rm_id, "count": MOVED}
    for statement in BOOK.split(";\n"):
        cursor.execute(statement, given)
    cursor.execute("VACUUM ANALYZE")
    return list(range(1, MOVED + 1))


def measure(url: str) -> None:
    """Let customers go to and fro between two RMs, by bare SQL and by the operation in turns."""
    set_up(url)
    from django.db import connection, transaction

    from core import clock
    from customers.models import OwnerChange
    from customers.operations.ownership import change_owner_reversibly
    from staff.models import StaffMember

    rms = StaffMember.objects.filter(user__username__in=("bench-1", "bench-2")).order_by("pk")
    first, second = rms
    manager = StaffMember.objects.select_related("user").filter(roles__code="manager").get()
    with connection.cursor() as cursor:
        ids = _give(cursor, first.pk)

    def bare(old: int, new: int, turn: int) -> None:
        given: dict[str, Any] = {
            "ids": ids,
            "old": old,
            "new": new,
            "batch": f"{clock.now().isoformat()}:{turn}:",
            "actor": manager.user_id,
            "now": clock.now(),
        }
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in BARE.split(";\n"):
                cursor.execute(statement, given)

    def operation(new: int) -> None:
        count, _act = change_owner_reversibly(
            customer_ids=ids,
            new_member_id=new,
            pool_id=None,
            reason=OwnerChange.Reason.BULK,
            note="",
            actor=manager.user,
            now=clock.now(),
        )
        assert count == MOVED, count

    def seconds(step: object) -> float:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM customers_customer")
        started = time.monotonic()
        step()  # type: ignore[operator]
        return time.monotonic() - started

    turns = []
    for turn in range(max(ROUNDS, 3)):
        plain = seconds(lambda turn=turn: bare(first.pk, second.pk, turn))
        whole = seconds(lambda: operation(first.pk))
        turns.append((plain, whole))
    denominator, value = (median(turn[place] for turn in turns) for place in range(2))
    report(
        "bulk_owner_change_10000_s",
        value=value,
        denominator=denominator,
        denominator_is="seconds of the bare UPDATEs and INSERTs of the same rows",
        ratio=value / denominator,
        target=TARGET_RATIO,
        met=value <= TARGET_RATIO * denominator,
    )
    if value > TARGET_RATIO * denominator:
        bare(first.pk, second.pk, len(turns))
        write_profile("owners", lambda: operation(first.pk))


def main() -> None:
    """Measure on a database of its own."""
    with own_database("customers_large", can_be_kept=True) as url:
        call_apart(make_people, url, CUSTOMERS)
        call_apart(measure, url)


if __name__ == "__main__":
    main()
