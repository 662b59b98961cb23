"""Freezing a customer: he neither borrows nor lends nor moves money until he is set free."""

from datetime import datetime

from django.db import transaction

from core import audit
from core.models import User
from customers.models import Customer


@transaction.atomic
def freeze_customer(*, customer_id: int, actor: User, now: datetime) -> bool:
    """Freeze an identified customer; return False where there is nothing to freeze.

    The trail names who froze him, never why: whoever reads it must not learn that somebody is suspected of something.
    """
    return _move(customer_id, Customer.Status.IDENTIFIED, Customer.Status.FROZEN, "customers.frozen", actor, now)


@transaction.atomic
def release_customer(*, customer_id: int, actor: User, now: datetime) -> bool:
    """Set a frozen customer free again; return False where he is not frozen."""
    return _move(customer_id, Customer.Status.FROZEN, Customer.Status.IDENTIFIED, "customers.released", actor, now)


def _move(customer_id: int, old: str, new: str, action: str, actor: User, now: datetime) -> bool:
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if customer.status != old:
        return False
    customer.status = new
    customer.version += 1
    customer.save(update_fields=["status", "version"])
    audit.record(actor=actor, action=action, target=customer, now=now)
    return True
