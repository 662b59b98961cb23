"""Colleagues beside the RM: collaborators, backup, protection. `reader_ids` and `writer_ids` follow in the same act."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from core import audit
from core.errors import NotFound
from core.models import User
from customers.models import Collaborator, Customer
from customers.operations import history
from customers.operations.notices import notify
from customers.operations.ownership import statements
from customers.operations.ownership.errors import CollaboratorIsOwner, ReceiverInactive
from staff.models import StaffMember


@transaction.atomic
def set_collaborator(
    *, customer_id: int, member_id: int, level: str, title: str, actor: User, now: datetime
) -> Collaborator:
    """Let a colleague work on a customer, or change how far he may. Raises ReceiverInactive, CollaboratorIsOwner."""
    customer = _lock(customer_id)
    member = _get_active(member_id)
    if customer.rm_id == member_id:
        raise CollaboratorIsOwner
    row, is_new = Collaborator.objects.update_or_create(
        customer=customer,
        member=member,
        defaults={"level": Collaborator.Level(level), "title": title.strip()[:40]},
        create_defaults={
            "level": Collaborator.Level(level),
            "title": title.strip()[:40],
            "added_at": now,
            "added_by": actor,
        },
    )
    _sync(customer_id)
    audit.record(
        actor=actor,
        action="customers.collaborator_set",
        target=customer,
        data={"member": member_id, "level": level},
        now=now,
    )
    if is_new:
        history.add_timeline(
            customer_id=customer_id,
            kind="change",
            text_code="customers.collaborator_added",
            params={"name": str(member), "title": row.title},
            at=now,
            key=f"collaborator:{row.pk}:{now.timestamp()}",
            actor=actor,
        )
        notify(
            member_ids=[member_id],
            kind="customers.collaborator",
            text_code="customers.collaborator_notice",
            params={"customer": customer.number},
            key=f"collaborator:{row.pk}:{now.timestamp()}",
            now=now,
            customer_id=customer_id,
            url=f"/customers/{customer.public_id}/",
        )
    return row


@transaction.atomic
def remove_collaborator(*, customer_id: int, member_id: int, actor: User, now: datetime) -> None:
    """End a colleague's work on a customer; what he had to do goes to the RM. Raises NotFound."""
    customer = _lock(customer_id)
    row = Collaborator.objects.filter(customer=customer, member_id=member_id).select_related("member__user").first()
    if row is None:
        raise NotFound
    name, pk = str(row.member), row.pk
    row.delete()
    _sync(customer_id)
    _hand_back(customer, member_id)
    audit.record(
        actor=actor, action="customers.collaborator_removed", target=customer, data={"member": member_id}, now=now
    )
    history.add_timeline(
        customer_id=customer_id,
        kind="change",
        text_code="customers.collaborator_removed",
        params={"name": name},
        at=now,
        key=f"collaborator:{pk}:removed",
        actor=actor,
    )


@transaction.atomic
def set_backup(*, customer_id: int, member_id: int | None, actor: User | None, now: datetime) -> Customer:
    """Name the RM's stand-in, or none. Raises ReceiverInactive, CollaboratorIsOwner."""
    customer = _lock(customer_id)
    if member_id is not None:
        _get_active(member_id)
        if customer.rm_id == member_id:
            raise CollaboratorIsOwner
    if customer.backup_rm_id == member_id:
        return customer
    old = customer.backup_rm_id
    customer.backup_rm_id = member_id
    customer.version += 1
    customer.save(update_fields=["backup_rm", "version"])
    _sync(customer_id)
    audit.record(
        actor=actor,
        action="customers.backup_set",
        target=customer,
        data={"from": old, "to": member_id},
        now=now,
    )
    return customer


@transaction.atomic
def protect_customer(*, customer_id: int, is_protected: bool, reason: str, actor: User, now: datetime) -> Customer:
    """Keep a customer out of every pool, or let go again."""
    customer = _lock(customer_id)
    if customer.is_protected == is_protected:
        return customer
    customer.is_protected = is_protected
    customer.version += 1
    customer.save(update_fields=["is_protected", "version"])
    action = "customers.protected" if is_protected else "customers.protection_lifted"
    audit.record(actor=actor, action=action, target=customer, reason=reason.strip()[:300], now=now)
    history.add_timeline(
        customer_id=customer_id,
        kind="change",
        text_code=action,
        params={"note": reason.strip()[:200]},
        at=now,
        key=f"protection:{customer_id}:{customer.version}",
        actor=actor,
    )
    return customer


def _hand_back(customer: Customer, member_id: int) -> None:
    """Give the RM what a colleague who may no longer see the customer had planned, promised and on his list."""
    if customer.rm_id is None or customer.backup_rm_id == member_id:
        return
    given: dict[str, Any] = {"ids": [customer.pk], "olds": [member_id], "new": customer.rm_id}
    with connection.cursor() as cursor:
        for statement in (statements.MOVE_WORK, statements.MOVE_PLANS, statements.MOVE_PROMISES):
            cursor.execute(statement, given)


def _lock(customer_id: int) -> Customer:
    customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id, merged_into__isnull=True).first()
    if customer is None:
        raise NotFound
    return customer


def _get_active(member_id: int) -> StaffMember:
    member = StaffMember.objects.filter(pk=member_id, is_active=True).select_related("user").first()
    if member is None:
        raise ReceiverInactive
    return member


def _sync(customer_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements.SYNC_ACCESS, {"ids": [customer_id]})
