"""Handing a book, or a part of it, over to colleagues: everything that belongs to the customers moves, nothing is lost."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from core import audit
from core.errors import NotFound
from core.models import User
from core.outbox import publish_many
from customers.events import CustomerHandedOver
from customers.models import Customer, Export, Handover, LeaverWatch, OwnerChange
from customers.operations.ownership import statements
from customers.operations.ownership.change import Move, move_customers
from customers.operations.ownership.errors import (
    CapacityExceeded,
    HandoverIncomplete,
    OwnerMissing,
    ReceiverInactive,
)
from customers.queries.ownership import count_book, lock_members, lock_owned
from staff import rights
from staff.models import StaffMember
from staff.operations import deactivate_member
from staff.queries import Access, access_right, list_members_in_reach

WATCH_DAYS: Final = 90


@transaction.atomic
def start_handover(
    *,
    giver_id: int,
    plan: Mapping[int, Sequence[int]],
    is_leaving: bool,
    note: str,
    actor: User,
    now: datetime,
    business_date: date,
    is_forced: bool = False,
) -> Handover:
    """Hand customers over as planned (receiver -> customers) and have them told of their new adviser.

    A leaver's plan names each customer of his book once; with them go his tasks, promises, plans and leads, he loses
    what he saw as collaborator or backup, his log-in ends, and his book is watched. One transaction: all or nothing.
    Raises Refused, NotFound, ReceiverInactive, OwnerMissing, HandoverIncomplete, CapacityExceeded.
    """
    access = access_right(actor, rights.ASSIGN_CUSTOMERS)
    if is_forced:
        access_right(actor, rights.EXCEED_CAPACITY)
    receivers = {pk: sorted(ids) for pk, ids in sorted(plan.items()) if ids}
    giver = _check_people(access, giver_id, receivers)
    ids = [pk for part in receivers.values() for pk in part]
    _check_book(giver_id, ids, is_leaving)
    if not is_forced:
        _check_room(receivers)
    handover = Handover.objects.create(
        giver=giver,
        is_leaving=is_leaving,
        plan={str(pk): part for pk, part in receivers.items()},
        total=len(ids),
        note=note.strip()[:300],
        actor=actor,
        started_at=now,
    )
    for receiver_id, part in receivers.items():
        batch = f"handover:{handover.pk}:{receiver_id}"
        move = Move(receiver_id, None, OwnerChange.Reason.HANDOVER, now, actor, handover.note[:200], batch)
        moved = move_customers(part, move, is_forced=True)
        handover.moved += moved.count
        handover.tasks_moved += len(moved.before.get("work", []))
        handover.promises_moved += len(moved.before.get("promises", []))
    if is_leaving:
        _close_desk(handover, receivers, access.member_id)
        deactivate_member(member_id=giver_id, actor=actor, now=now)
        if ids:
            until = business_date + timedelta(days=WATCH_DAYS)
            LeaverWatch.objects.create(handover=handover, customers=ids, from_date=business_date, until_date=until)
    handover.state = Handover.State.DONE
    handover.finished_at = now
    handover.save()
    publish_many([CustomerHandedOver(customer_id=pk, handover_id=handover.pk) for pk in ids], now=now)
    data = {"total": handover.total, "tasks": handover.tasks_moved, "promises": handover.promises_moved}
    audit.record(actor=actor, action="customers.handed_over", target=handover, data=data, reason=note[:300], now=now)
    return handover


def _check_people(access: Access, giver_id: int, receivers: Mapping[int, Sequence[int]]) -> StaffMember:
    if giver_id in receivers:
        raise OwnerMissing(fields={"receivers": [OwnerMissing.message]})
    reach = list_members_in_reach(access, rights.ASSIGN_CUSTOMERS)
    if reach.filter(pk__in=[giver_id, *receivers]).count() != 1 + len(receivers):
        raise NotFound
    active = lock_members([giver_id, *receivers])
    if any(pk not in active for pk in receivers):
        raise ReceiverInactive
    giver = active.get(giver_id)
    return giver if giver is not None else StaffMember.objects.get(pk=giver_id)


def _check_book(giver_id: int, ids: list[int], is_leaving: bool) -> None:
    """Lock the customers and compare the plan with the book as it is now."""
    book = set(Customer.objects.filter(rm_id=giver_id, merged_into__isnull=True).values_list("pk", flat=True))
    held = {row.id for row in lock_owned(sorted({*ids, *book} if is_leaving else set(ids))) if row.rm_id == giver_id}
    strange = len(ids) - len(held & set(ids))
    missing = len(held - set(ids)) if is_leaving else 0
    if strange or missing or not (ids or is_leaving):
        raise HandoverIncomplete(missing=missing, strange=strange)


def _check_room(receivers: Mapping[int, Sequence[int]]) -> None:
    for member in StaffMember.objects.filter(pk__in=receivers).select_related("user").order_by("pk"):
        load, wanted = count_book(member.pk), len(receivers[member.pk])
        if load + wanted > member.capacity:
            raise CapacityExceeded(rm=str(member), load=load, capacity=member.capacity, wanted=wanted)


# What the leaver had beside his own book goes to each customer's RM, else to a receiver in turn.
_REST_OF_TASKS = """
UPDATE customers_workitem w
SET assignee_id = CASE WHEN w."right" <> '' THEN NULL ELSE coalesce(was.rm_id, (%(heirs)s::bigint[])[was.turn]) END
FROM (
    SELECT i.id, c.rm_id, 1 + (row_number() OVER (ORDER BY i.id) %% cardinality(%(heirs)s::bigint[])) AS turn
    FROM customers_workitem i LEFT JOIN customers_customer c ON c.id = i.customer_id
    WHERE i.state = 'OPEN' AND i.assignee_id = %(giver)s
) was
WHERE w.id = was.id
"""
_REST_OF_LEADS = """
UPDATE customers_lead l SET owner_id = (%(heirs)s::bigint[])[was.turn], version = version + 1
FROM (
    SELECT id, 1 + (row_number() OVER (ORDER BY id) %% cardinality(%(heirs)s::bigint[])) AS turn FROM customers_lead
    WHERE state IN ('NEW', 'WORKING', 'QUALIFIED') AND owner_id = %(giver)s
) was
WHERE l.id = was.id
"""
_REST_OF_PLANS = """
UPDATE customers_contactplan p SET member_id = coalesce(was.heir_id, (%(heirs)s::bigint[])[1])
FROM (
    SELECT i.id, coalesce(c.rm_id, l.owner_id) AS heir_id FROM customers_contactplan i
    LEFT JOIN customers_customer c ON c.id = i.customer_id LEFT JOIN customers_lead l ON l.id = i.lead_id
    WHERE i.state = 'PLANNED' AND i.member_id = %(giver)s
) was
WHERE p.id = was.id
"""
_REST_OF_PROMISES = """
UPDATE customers_promise p SET member_id = coalesce(c.rm_id, (%(heirs)s::bigint[])[1])
FROM customers_customer c
WHERE c.id = p.customer_id AND p.state = 'OPEN' AND p.member_id = %(giver)s
"""
_END_OWN_COLLABORATION = """
WITH ended AS (DELETE FROM customers_collaborator WHERE member_id = %(giver)s RETURNING customer_id),
stood_in AS (
    UPDATE customers_customer SET backup_rm_id = NULL, version = version + 1
    WHERE backup_rm_id = %(giver)s RETURNING id
)
SELECT customer_id FROM ended UNION SELECT id FROM stood_in
"""


def _close_desk(handover: Handover, receivers: Mapping[int, Sequence[int]], fallback_id: int) -> None:
    given: dict[str, Any] = {"giver": handover.giver_id, "heirs": list(receivers) or [fallback_id]}
    with connection.cursor() as cursor:
        cursor.execute(_REST_OF_TASKS, given)
        handover.tasks_moved += cursor.rowcount
        cursor.execute(_REST_OF_LEADS, given)
        cursor.execute(_REST_OF_PLANS, given)
        cursor.execute(_REST_OF_PROMISES, given)
        handover.promises_moved += cursor.rowcount
        ended = [row[0] for row in statements.fetch(cursor, _END_OWN_COLLABORATION, given)]
        cursor.execute(statements.SYNC_ACCESS, {"ids": sorted(ended)})


@transaction.atomic
def note_told(*, handover_id: int) -> None:
    """Count a customer who was told of his new adviser."""
    handover = Handover.objects.select_for_update(no_key=True).get(pk=handover_id)
    handover.told += 1
    handover.save(update_fields=["told"])


@transaction.atomic
def review_export(*, export_id: int, actor: User, now: datetime) -> Export:
    """Record that somebody looked at what a leaver had exported. Raises Refused, NotFound."""
    access = access_right(actor, rights.ASSIGN_CUSTOMERS)
    row = (
        Export.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk=export_id, actor__staff_member__in=list_members_in_reach(access, rights.ASSIGN_CUSTOMERS))
        .first()
    )
    if row is None:
        raise NotFound
    if row.reviewed_at is None:
        row.reviewed_at = now
        row.reviewed_by = actor
        row.save(update_fields=["reviewed_at", "reviewed_by"])
        audit.record(actor=actor, action="customers.export_reviewed", target=row, now=now)
    return row
