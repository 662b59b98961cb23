"""Who looks after a customer."""

from datetime import datetime

from django.db import transaction

from core import audit
from core.models import User
from customers.models import Customer, WorkItem
from customers.operations import history
from staff.models import StaffMember


@transaction.atomic
def assign_rm(
    *, customer_id: int, rm: StaffMember, backup: StaffMember | None, actor: User | None, now: datetime
) -> Customer:
    """Name the RM and his stand-in; open work goes along."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    old = customer.rm_id
    customer.rm = rm
    customer.backup_rm = backup
    customer.version += 1
    customer.save(update_fields=["rm", "backup_rm", "version"])
    WorkItem.objects.filter(customer=customer, state=WorkItem.State.OPEN, right="").update(assignee=rm)
    audit.record(actor=actor, action="customers.rm_assigned", target=customer, data={"from": old, "to": rm.pk}, now=now)
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.rm_assigned",
        params={"rm": str(rm)},
        at=now,
        key=f"rm:{customer.pk}:{customer.version}",
        actor=actor,
    )
    return customer
