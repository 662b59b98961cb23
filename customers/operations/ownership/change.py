"""Change the owner of one customer or ten thousand, with everything that belongs to them, and take it back.

Every statement works on the whole set; what was there before stays in the change's own rows and in the undo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from core import audit
from core.errors import NotFound
from core.ids import public_id
from core.models import User
from core.outbox import publish
from customers.events import OwnersChanged
from customers.models import Customer, OwnerChange, Promise, ReversibleAct
from customers.operations.notices import notify
from customers.operations.ownership import statements
from customers.operations.ownership.errors import (
    CapacityExceeded,
    CustomerProtected,
    OwnerMissing,
    PromisesOpen,
    ReceiverInactive,
)
from customers.operations.process.statements import SYNC_MEMBERS
from customers.operations.undo import UndoOvertaken, remember_act
from customers.queries.ownership import OwnedCustomer, count_book, in_assign_reach, lock_members, lock_owned
from customers.queries.pools import list_pools
from staff import rights
from staff.queries import access_right, list_members_in_reach

UNDO_KIND = "customers.owner_change"


@dataclass(frozen=True)
class Move:
    """Where customers go, why, by whom and when."""

    new_id: int | None
    pool_id: int | None
    reason: str
    now: datetime
    actor: User | None = None
    note: str = ""
    batch: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """What every statement is given."""
        return {
            "new": self.new_id,
            "pool": self.pool_id,
            "reason": self.reason,
            "note": self.note[:200],
            "batch": self.batch,
            "actor": self.actor.pk if self.actor is not None else None,
            "now": self.now,
        }


@dataclass
class Moved:
    """What a move did, and what the rows were before."""

    customers: list[OwnedCustomer] = field(default_factory=list)
    before: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many customers changed hands."""
        return len(self.customers)


@transaction.atomic
def change_owner(
    *,
    customer_ids: Sequence[int] | QuerySet[Any, Any],
    new_member_id: int | None,
    pool_id: int | None,
    reason: str,
    note: str,
    actor: User | None,
    now: datetime,
    batch: str = "",
    is_forced: bool = False,
) -> int:
    """Give customers to a colleague or into a pool; return how many changed hands.

    Open work, planned contacts, promises and open leads go along; one notice tells each colleague. A staff actor needs
    the right and reach over the customers and the receiver. `is_forced` passes the capacity, with a right of its own.
    Raises Refused, NotFound, OwnerMissing, ReceiverInactive, CapacityExceeded, PromisesOpen, CustomerProtected.
    """
    move = Move(new_member_id, pool_id, reason, now, actor, note, batch)
    return _change(_resolve(customer_ids), move, is_forced).count


@transaction.atomic
def change_owner_reversibly(
    *,
    customer_ids: Sequence[int] | QuerySet[Any, Any],
    new_member_id: int | None,
    pool_id: int | None,
    reason: str,
    note: str,
    actor: User,
    now: datetime,
    is_forced: bool = False,
) -> tuple[int, ReversibleAct | None]:
    """Do the same and remember it, so that its actor can take it back; None where nothing changed."""
    move = Move(new_member_id, pool_id, reason, now, actor, note, public_id())
    moved = _change(_resolve(customer_ids), move, is_forced)
    if not moved.count:
        return 0, None
    payload = {"batch": move.batch, "new": new_member_id, "pool": pool_id, "before": moved.before}
    return moved.count, remember_act(kind=UNDO_KIND, payload=payload, count=moved.count, actor=actor, now=now)


def _resolve(customer_ids: Sequence[int] | QuerySet[Any, Any]) -> list[int]:
    if isinstance(customer_ids, QuerySet):
        return list(customer_ids.order_by().values_list("pk", flat=True))
    return list(customer_ids)


def _change(ids: list[int], move: Move, is_forced: bool) -> Moved:
    if move.actor is not None and move.actor.kind == User.Kind.STAFF:
        _check_reach(ids, move, is_forced)
    return move_customers(ids, move, is_forced=is_forced)


def _check_reach(ids: list[int], move: Move, is_forced: bool) -> None:
    assert move.actor is not None
    access = access_right(move.actor, rights.ASSIGN_CUSTOMERS)
    if is_forced:
        access_right(move.actor, rights.EXCEED_CAPACITY)
    wanted = len(set(ids))
    if in_assign_reach(access).filter(pk__in=ids).count() != wanted:
        raise NotFound
    receivers = list_members_in_reach(access, rights.ASSIGN_CUSTOMERS)
    if move.new_id is not None and not receivers.filter(pk=move.new_id).exists():
        raise NotFound
    if move.pool_id is not None and not list_pools(access).filter(pk=move.pool_id).exists():
        raise NotFound


def move_customers(ids: Sequence[int], move: Move, *, is_forced: bool = False) -> Moved:
    """Move customers without asking who may: for the operations that have asked already. In a transaction."""
    move = move if move.batch else replace(move, batch=public_id())
    if (move.new_id is None) == (move.pool_id is None):
        raise OwnerMissing
    receiver = lock_members([move.new_id]).get(move.new_id) if move.new_id is not None else None
    if move.new_id is not None and receiver is None:
        raise ReceiverInactive
    rows = [row for row in lock_owned(ids) if (row.rm_id, row.pool_id) != (move.new_id, move.pool_id)]
    if not rows:
        return Moved()
    if receiver is not None and not is_forced:
        load = count_book(receiver.pk)
        if load + len(rows) > receiver.capacity:
            raise CapacityExceeded(rm=str(receiver), load=load, capacity=receiver.capacity, wanted=len(rows))
    if move.pool_id is not None:
        _check_pool([row.id for row in rows])
    moved = Moved(rows, _write(rows, move))
    _tell(moved, move)
    publish(OwnersChanged(batch=move.batch), now=move.now)
    return moved


def _check_pool(ids: list[int]) -> None:
    if Customer.objects.filter(pk__in=ids, is_protected=True).exists():
        raise CustomerProtected
    open_promises = Promise.objects.filter(customer_id__in=ids, state=Promise.State.OPEN).count()
    if open_promises:
        raise PromisesOpen(count=open_promises)


def _write(rows: list[OwnedCustomer], move: Move) -> dict[str, list[Any]]:
    """Write the move and return what it replaced."""
    arrays = {
        "ids": [row.id for row in rows],
        "olds": [row.rm_id for row in rows],
        "old_pools": [row.pool_id for row in rows],
    }
    given = {**arrays, **move.parameters, "text": _text_code(move), "params": statements.sentence(move)}
    before: dict[str, list[Any]] = {
        "customers": [
            [row.id, row.rm_id, row.pool_id, row.backup_rm_id, _iso(row.pooled_at), _iso(row.owned_since)]
            for row in rows
        ]
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.INSERT_CHANGES, given)
        if move.pool_id is not None:
            before["collaborators"] = statements.fetch(cursor, statements.END_COLLABORATION, given)
        cursor.execute(statements.UPDATE_CUSTOMERS, given)
        before["work"] = statements.fetch(cursor, statements.MOVE_WORK, given)
        plans = statements.MOVE_PLANS if move.pool_id is None else statements.DROP_PLANS
        before["plans"] = statements.fetch(cursor, plans, given)
        if move.pool_id is None:
            before["promises"] = statements.fetch(cursor, statements.MOVE_PROMISES, given)
        before["leads"] = statements.fetch(cursor, statements.MOVE_LEADS, given)
        cursor.execute(SYNC_MEMBERS, given)
        own_backup = [row.id for row in rows if move.new_id is not None and row.backup_rm_id == move.new_id]
        if own_backup:
            cursor.execute(statements.SYNC_ACCESS, {"ids": own_backup})
    return before


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _text_code(move: Move) -> str:
    if move.pool_id is None:
        return "customers.rm_assigned"
    return "customers.recycled" if move.reason == OwnerChange.Reason.RECYCLED else "customers.put_into_pool"


def _tell(moved: Moved, move: Move) -> None:
    """Keep the act in the audit log and fold what colleagues should know into one notice each."""
    count = moved.count
    single = Customer(pk=moved.customers[0].id) if count == 1 else None
    data = {"to": move.new_id, "pool": move.pool_id, "reason": move.reason, "batch": move.batch, "count": count}
    if single is not None:
        data["from"] = moved.customers[0].rm_id
    audit.record(
        actor=move.actor, action="customers.rm_assigned", target=single, data=data, reason=move.note, now=move.now
    )
    by_giver: dict[int, int] = {}
    for row in moved.customers:
        if row.rm_id is not None:
            by_giver[row.rm_id] = by_giver.get(row.rm_id, 0) + 1
    own = getattr(getattr(move.actor, "staff_member", None), "pk", None)
    one = moved.customers[0].id if count == 1 else None
    if move.new_id is not None and move.new_id != own:
        notify(
            member_ids=[move.new_id],
            kind="customers.received",
            text_code="customers.received",
            params={"count": count},
            key=f"owner:{move.batch}:received",
            now=move.now,
            customer_id=one,
            url="/customers/?view=me",
        )
    for giver, given in sorted(by_giver.items()):
        if giver != own:
            notify(
                member_ids=[giver],
                kind="customers.given_away",
                text_code="customers.given_away" if move.pool_id is None else "customers.went_into_pool",
                params={"count": given},
                key=f"owner:{move.batch}:given",
                now=move.now,
            )


@transaction.atomic
def undo_change(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Put back every owner of a change with all that went along. Raises UndoOvertaken when any has changed since."""
    before = payload["before"]
    ids = [row[0] for row in before["customers"]]
    # Who has left meanwhile gets nobody back; colleagues are locked before customers everywhere.
    former = {row[1] for row in before["customers"] if row[1] is not None}
    if len(lock_members(sorted(former))) < len(former):
        raise UndoOvertaken
    present = lock_owned(ids)
    target = (payload["new"], payload["pool"])
    if len(present) != len(ids) or any((row.rm_id, row.pool_id) != target for row in present):
        raise UndoOvertaken
    through = OwnerChange.objects.filter(batch=payload["batch"]).aggregate(Max("pk"))["pk__max"] or 0
    if OwnerChange.objects.filter(customer_id__in=ids, pk__gt=through).exists():
        raise UndoOvertaken
    given = statements.restoring(before, payload, actor_id=actor.pk, now=now)
    with connection.cursor() as cursor:
        cursor.execute(statements.INSERT_UNDONE, given)
        cursor.execute(statements.RESTORE_COLLABORATORS, given)
        cursor.execute(statements.RESTORE_CUSTOMERS, given)
        cursor.execute(statements.SYNC_ACCESS, {"ids": ids})
        cursor.execute(statements.RESTORE_WORK, given)
        cursor.execute(statements.RESTORE_PLANS, given)
        cursor.execute(statements.RESTORE_PROMISES, given)
        cursor.execute(statements.RESTORE_LEADS, given)
        cursor.execute(SYNC_MEMBERS, {"ids": ids})
    if payload["new"] is not None:
        notify(
            member_ids=[payload["new"]],
            kind="customers.given_away",
            text_code="customers.taken_back",
            params={"count": len(ids)},
            key=f"owner:{payload['batch']}:undone",
            now=now,
        )
    publish(OwnersChanged(batch=given["batch"]), now=now)
