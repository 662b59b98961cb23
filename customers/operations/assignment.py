"""Naming the RM and his stand-in of one customer."""

from datetime import datetime

from django.db import transaction

from core.models import User
from customers.models import Customer, OwnerChange
from customers.operations import ownership
from staff.models import StaffMember


@transaction.atomic
def assign_rm(
    *,
    customer_id: int,
    rm: StaffMember,
    backup: StaffMember | None,
    actor: User | None,
    now: datetime,
    is_forced: bool = False,
) -> Customer:
    """Name the RM and his stand-in; what is open goes along. Raises what `change_owner` and `set_backup` raise."""
    ownership.change_owner(
        customer_ids=[customer_id],
        new_member_id=rm.pk,
        pool_id=None,
        reason=OwnerChange.Reason.ASSIGNED,
        note="",
        actor=actor,
        now=now,
        is_forced=is_forced,
    )
    return ownership.set_backup(
        customer_id=customer_id, member_id=backup.pk if backup is not None else None, actor=actor, now=now
    )
