"""Seconds to give 10 000 customers to another RM, beside the same rows written by bare SQL in the same run.

The bare statements are one UPDATE of the customers and one INSERT each of the changes and of the timeline, and one UPDATE
each of the open tasks, plans and promises. The operation also checks reach, capacity and locks, remembers what it
replaced for undo, tells colleagues, writes the audit and publishes its event.

    DATABASE_URL=postgresql://… python -m bench.owners
"""

import time
from statistics import median
from typing import Any

from bench.support import ROUNDS, call_apart, own_database, report, set_up, write_profile

CUSTOMERS = 50_000
MOVED = 10_000
TARGET_RATIO = 3.0
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


def _prepare(url: str) -> None:
    """Create the schema and the rows."""
    set_up(url)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _make_book(rm_id: int) -> list[int]:
    """Write customers of one RM, each with an open task and a planned contact, each fifth with a promise."""
    from core import clock
    from customers.models import Contact, ContactPlan, Customer, Promise, WorkItem
    from customers.rules.names import build_name_keys

    now = clock.now()
    keys = build_name_keys("王小明")
    customers = Customer.objects.bulk_create(
        [
            Customer(
                number=f"C-{n}",
                name="王小明",
                name_key=keys.sort_key,
                search_grams=list(keys.grams),
                phone_index=f"phone-{n}",
                phone_tail_index=f"tail-{n % 10_000}",
                rm_id=rm_id,
                registered_at=now,
                owned_since=now,
            )
            for n in range(CUSTOMERS)
        ],
        batch_size=5000,
    )
    ids = [customer.pk for customer in customers]
    WorkItem.objects.bulk_create(
        [
            WorkItem(
                customer_id=pk,
                group="REVISIT",
                kind="x",
                reason_code="x",
                key=f"w{pk}",
                assignee_id=rm_id,
                raised_at=now,
            )
            for pk in ids
        ],
        batch_size=5000,
    )
    ContactPlan.objects.bulk_create(
        [
            ContactPlan(customer_id=pk, member_id=rm_id, channel=Contact.Channel.CALL, planned_at=now, created_at=now)
            for pk in ids
        ],
        batch_size=5000,
    )
    Promise.objects.bulk_create(
        [Promise(customer_id=pk, member_id=rm_id, due_at=now, made_at=now) for pk in ids[::5]], batch_size=5000
    )
    return ids


def _make_members() -> tuple[Any, Any, Any]:
    """Make two RMs and the manager who moves customers between them."""
    from core.models import User
    from staff.models import Role, StaffMember, Team
    from staff.operations import create_department, ensure_standard_roles

    ensure_standard_roles()
    place = create_department(name="客户关系部", kind="RELATIONSHIP")
    team = Team.objects.create(name="一组", department=place)
    members = []
    for name in ("first", "second", "manager"):
        user = User.objects.create(username=name, kind=User.Kind.STAFF)
        members.append(StaffMember.objects.create(user=user, department=place, team=team, capacity=1_000_000))
    members[2].roles.add(Role.objects.get(code="manager"))
    return members[0], members[1], members[2]


def measure(url: str) -> None:
    """Let customers go to and fro between two RMs, by bare SQL and by the operation in turns."""
    set_up(url)
    from django.db import connection, transaction

    from core import clock
    from customers.models import OwnerChange
    from customers.operations.ownership import change_owner_reversibly

    first, second, manager = _make_members()
    ids = _make_book(first.pk)[:MOVED]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")

    def bare(old: int, new: int, turn: int) -> None:
        given: dict[str, Any] = {
            "ids": ids,
            "old": old,
            "new": new,
            "batch": f"b{turn}:",
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
    with own_database("owners") as url:
        call_apart(_prepare, url)
        call_apart(measure, url)


if __name__ == "__main__":
    main()
