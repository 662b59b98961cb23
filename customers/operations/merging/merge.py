"""Merging and taking apart: every row goes along and every row comes back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction
from django.db.models import Q

from core import audit
from core.errors import InvalidInput, NotFound
from core.models import User
from core.outbox import publish
from core.registries import merge_obstacles
from customers.events import CustomersMerged, MergeUndone
from customers.models import Customer, DuplicatePair, Merge, ReversibleAct
from customers.operations import history
from customers.operations.facts.completeness import refresh_completeness
from customers.operations.merging.errors import (
    MergeCovered,
    MergeImpossible,
    MergeOutdated,
    MergeRepeated,
    TwoIdentities,
)
from customers.operations.merging.rows import list_pointers, move_rows
from customers.operations.ownership.statements import SYNC_ACCESS
from customers.operations.process.statements import SYNC_MEMBERS
from customers.operations.undo import remember_act
from customers.rules.merging import CHOICES, choose_values, restore_values

# The kinds of what can be taken back from the toast.
MERGED: Final = "customers.merge"
DISMISSED: Final = "customers.dismissal"
# Counts writes and must never fall back, or an editor of the merged record would not see that it changed.
_NOT_KEPT: Final = {"version"}
_FIELDS: Final[dict[str, Any]] = {
    field.attname: field for field in Customer._meta.concrete_fields if field.attname not in _NOT_KEPT
}


def _lock(ids: set[int]) -> dict[int, Customer]:
    rows = Customer.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    found = {customer.pk: customer for customer in rows}
    if len(found) != len(ids):
        raise NotFound
    return found


def _read(customer: Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in _FIELDS}


@transaction.atomic
def merge_customers(
    *,
    kept_id: int,
    merged_id: int,
    choices: Mapping[str, str],
    actor: User,
    now: datetime,
    versions: Mapping[int, int] | None = None,
) -> Merge:
    """Take one record into the other: values as chosen, every row that points at it, its log-in.

    `choices` names `kept` or `merged` by key of `customers.rules.merging.CHOICES`; `versions` what was compared.
    Raises NotFound, InvalidInput, MergeRepeated, MergeOutdated, TwoIdentities, MergeImpossible.
    """
    if kept_id == merged_id or not set(choices) <= set(CHOICES) or not set(choices.values()) <= {"kept", "merged"}:
        raise InvalidInput
    locked = _lock({kept_id, merged_id})
    kept, merged = locked[kept_id], locked[merged_id]
    _check(kept, merged, versions)
    before = {"kept": _read(kept), "merged": _read(merged)}
    moved = {
        pointer.name: keys
        for pointer in list_pointers()
        if (keys := move_rows(pointer, from_id=merged.pk, to_id=kept.pk))
    }
    log_in = _move_log_in(kept, merged)
    stays, goes = choose_values(before["kept"], before["merged"], choices)
    # First out of the one, then into the other: a phone belongs to one record at any moment.
    _write(merged, {**goes, "merged_into_id": kept.pk})
    _write(kept, stays)
    _sync_access([kept.pk])
    refresh_completeness([kept.pk])
    changes = {
        "kept": _differences(before["kept"], _read(Customer.objects.get(pk=kept.pk))),
        "merged": _differences(before["merged"], _read(Customer.objects.get(pk=merged.pk))),
        "log_in": log_in,
    }
    merge = Merge.objects.create(
        kept=kept, merged=merged, moved=moved, before=orjson.dumps(changes).decode(), actor=actor, at=now
    )
    DuplicatePair.objects.filter(
        first_id=min(kept.pk, merged.pk), second_id=max(kept.pk, merged.pk), state=DuplicatePair.State.OPEN
    ).update(state=DuplicatePair.State.MERGED, judged_at=now, judged_by=actor)
    _note(merge, "customers.merged", actor, now)
    publish(CustomersMerged(merge_id=merge.pk, kept_id=kept.pk, merged_id=merged.pk), now=now)
    return merge


def _check(kept: Customer, merged: Customer, versions: Mapping[int, int] | None) -> None:
    for customer in (kept, merged):
        if customer.merged_into_id is not None:
            raise MergeRepeated(number=customer.number)
        if versions is not None and versions.get(customer.pk) != customer.version:
            raise MergeOutdated(number=customer.number)
    if kept.identity_index and merged.identity_index:
        raise TwoIdentities
    for _key, obstacle in merge_obstacles.items():
        why = obstacle(merged.pk, kept.pk)
        if why:
            raise MergeImpossible(number=merged.number, why=why)


def _move_log_in(kept: Customer, merged: Customer) -> dict[str, Any]:
    """Let the person log in to the one record; a second log-in is closed. Returns what undo needs."""
    if merged.user is None or merged.user_id is None:
        return {}
    if kept.user_id is None:
        user_id = merged.user_id
        Customer.objects.filter(pk=merged.pk).update(user=None)
        Customer.objects.filter(pk=kept.pk).update(user_id=user_id)
        return {}
    if not merged.user.is_active:
        return {}
    User.objects.filter(pk=merged.user_id).update(is_active=False)
    return {"closed": merged.user_id}


def _write(customer: Customer, values: Mapping[str, Any]) -> None:
    Customer.objects.filter(pk=customer.pk).update(**values, version=customer.version + 1)
    customer.version += 1


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (before[name], after[name]) for name in _FIELDS if before[name] != after[name]}


@transaction.atomic
def undo_merge(*, merge_id: int, actor: User, now: datetime) -> Merge:
    """Take a merge apart: every row that went over comes back, every value that is still the merge's goes back.

    What somebody changed or added since stays with the record that was kept.
    Raises NotFound, MergeRepeated when it is undone already, MergeCovered.
    """
    merge = Merge.objects.select_for_update(of=("self",)).select_related("merged").filter(pk=merge_id).first()
    if merge is None:
        raise NotFound
    if merge.undone_at is not None:
        raise MergeRepeated(number=merge.merged.number)
    locked = _lock({merge.kept_id, merge.merged_id})
    kept, merged = locked[merge.kept_id], locked[merge.merged_id]
    later = Merge.objects.filter(Q(kept_id=kept.pk) | Q(merged_id=kept.pk), undone_at__isnull=True, pk__gt=merge.pk)
    if kept.merged_into_id is not None or later.exists():
        raise MergeCovered
    changes = orjson.loads(merge.before)
    pointers = {pointer.name: pointer for pointer in list_pointers()}
    for name, keys in merge.moved.items():
        pointer = pointers[name]
        chosen = [kept.pk] if pointer.key == pointer.column else keys
        move_rows(pointer, from_id=kept.pk, to_id=merged.pk, keys=chosen)
    _restore(kept, changes["kept"])
    _restore(merged, changes["merged"])
    _sync_access([kept.pk, merged.pk])
    if closed := changes["log_in"].get("closed"):
        User.objects.filter(pk=closed).update(is_active=True)
    merge.undone_at, merge.undone_by = now, actor
    merge.save(update_fields=["undone_at", "undone_by"])
    DuplicatePair.objects.filter(
        first_id=min(kept.pk, merged.pk), second_id=max(kept.pk, merged.pk), state=DuplicatePair.State.MERGED
    ).update(state=DuplicatePair.State.OPEN, judged_at=None, judged_by=None)
    _note(merge, "customers.merge_undone", actor, now)
    publish(MergeUndone(merge_id=merge.pk, kept_id=kept.pk, merged_id=merged.pk), now=now)
    return merge


def _sync_access(ids: list[int]) -> None:
    """Let in who stands in the rows that have just come or gone; who looks after the customer has his steps."""
    with connection.cursor() as cursor:
        cursor.execute(SYNC_ACCESS, {"ids": ids})
        cursor.execute(SYNC_MEMBERS, {"ids": ids})


def _restore(customer: Customer, changes: dict[str, list[Any]]) -> None:
    parsed = {name: (_parse(name, old), _parse(name, new)) for name, (old, new) in changes.items()}
    _write(customer, restore_values(parsed, _read(customer)))


def _parse(name: str, value: Any) -> Any:
    """Return a value as it was before it became JSON."""
    if not isinstance(value, str):
        return value
    kind = _FIELDS[name].get_internal_type()
    if kind == "DateTimeField":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind == "DateField" else value


def _note(merge: Merge, action: str, actor: User, now: datetime) -> None:
    for customer_id, other_id in ((merge.kept_id, merge.merged_id), (merge.merged_id, merge.kept_id)):
        customer = Customer(pk=customer_id)
        audit.record(
            actor=actor, action=action, target=customer, data={"merge": merge.public_id, "other": other_id}, now=now
        )
    history.add_timeline(
        customer_id=merge.kept_id,
        kind="change",
        text_code=action,
        params={"number": merge.merged.number},
        at=now,
        key=f"{action}:{merge.pk}",
        actor=actor,
    )


@transaction.atomic
def merge_reversibly(
    *,
    kept_id: int,
    merged_id: int,
    choices: Mapping[str, str],
    actor: User,
    now: datetime,
    versions: Mapping[int, int],
) -> ReversibleAct:
    """Merge and remember it for the toast; the page of merges takes it apart later too. Raises what merging raises."""
    merge = merge_customers(
        kept_id=kept_id, merged_id=merged_id, choices=choices, actor=actor, now=now, versions=versions
    )
    return remember_act(kind=MERGED, payload={"merge_id": merge.pk}, count=1, actor=actor, now=now)


def reverse_merge(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Take back a merge from its toast."""
    undo_merge(merge_id=payload["merge_id"], actor=actor, now=now)


@transaction.atomic
def dismiss_pair(*, pair_id: int, actor: User, now: datetime) -> ReversibleAct:
    """Record that a pair are two people; the job leaves them alone from then on. Raises NotFound, MergeRepeated."""
    pair = DuplicatePair.objects.select_for_update().filter(pk=pair_id).first()
    if pair is None:
        raise NotFound
    if pair.state == DuplicatePair.State.MERGED:
        raise MergeRepeated(number=str(pair.second_id))
    pair.state, pair.judged_at, pair.judged_by = DuplicatePair.State.DISMISSED, now, actor
    pair.save(update_fields=["state", "judged_at", "judged_by"])
    audit.record(actor=actor, action="customers.pair_dismissed", target=pair, data={"score": pair.score}, now=now)
    return remember_act(kind=DISMISSED, payload={"pair_id": pair.pk}, count=1, actor=actor, now=now)


def reverse_dismissal(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Put a pair back onto the list."""
    DuplicatePair.objects.filter(pk=payload["pair_id"], state=DuplicatePair.State.DISMISSED).update(
        state=DuplicatePair.State.OPEN, judged_at=None, judged_by=None
    )
