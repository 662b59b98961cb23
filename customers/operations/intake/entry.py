"""A customer entered by hand: nobody whom a colleague works with already, nobody twice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import BusinessError
from core.models import User
from customers.models import Customer, OwnerChange
from customers.operations.intake.company import create_company
from customers.operations.intake.create import create_customer
from customers.operations.ownership.change import Move, move_customers
from customers.queries.conflicts import Standing, check_conflict
from customers.queries.similar import find_similar
from customers.rules.intake import read_company, read_row
from staff import rights
from staff.models import Scope
from staff.queries import Access, access_right

SOURCE = "RM"


class LeadInWork(BusinessError):
    """Somebody works on a lead with this phone."""

    code = "lead_in_work"
    message = _("There is an open lead with this phone; %(name)s works on it.")
    next_step = _("Win that lead as a customer, so that what was said stays with the record.")


class PersonUnconfirmed(BusinessError):
    """Somebody like the new customer is there already."""

    code = "person_unconfirmed"
    message = _("Somebody like this person is a customer already.")
    next_step = _("Look at who it is; if it is another person, say so below.")


@transaction.atomic
def enter_customer(*, fields: Mapping[str, str], is_another: bool, actor: User, now: datetime) -> Customer:
    """Create a customer by hand after asking who has somebody like him.

    Who works on his own customers only becomes the RM, within his capacity; otherwise the assignment rules choose.
    `is_another` says that a person like an existing customer is another one. Raises Refused, InvalidCustomer,
    AlreadyKnown, LeadInWork, PersonUnconfirmed, CapacityExceeded.
    """
    access = access_right(actor, rights.EDIT_CUSTOMERS)
    values = read_row(fields, now.astimezone(clock.SHANGHAI).date()).values
    customer = create_customer(fields=fields, source=SOURCE, actor=actor, now=now)
    return _settle(customer, values, is_another, access, actor, now)


@transaction.atomic
def enter_company(*, fields: Mapping[str, str], is_another: bool, actor: User, now: datetime) -> Customer:
    """Create a firm by hand, as `enter_customer` does a person.

    Raises Refused, InvalidCustomer, InvalidFacts, ValueTaken, LeadInWork, PersonUnconfirmed, CapacityExceeded.
    """
    access = access_right(actor, rights.EDIT_CUSTOMERS)
    customer = create_company(fields=fields, source=SOURCE, actor=actor, now=now)
    return _settle(customer, read_company(fields), is_another, access, actor, now)


def _settle(
    customer: Customer, values: Mapping[str, Any], is_another: bool, access: Access, actor: User, now: datetime
) -> Customer:
    """Refuse somebody whom a colleague works with, and give the new customer to who entered him."""
    # Asked after the record stands: twins entered at the same time wait for each other in `take_in`.
    others = [
        row
        for row in check_conflict(values["name"], values.get("phone", ""), values.get("identity_number", ""))
        if row.customer_id != customer.pk
    ]
    lead = next((row for row in others if row.standing == Standing.LEAD), None)
    if lead is not None:
        raise LeadInWork(name=lead.rm_name or _("nobody"))
    if not is_another:
        namesakes = check_conflict(values["name"])
        similar = find_similar(access, values, rights.EDIT_CUSTOMERS)
        if {row.customer_id for row in namesakes} - {customer.pk} or any(
            one.customer.pk != customer.pk for one in similar
        ):
            raise PersonUnconfirmed
    if access.scope_of(rights.EDIT_CUSTOMERS) == Scope.OWN:
        move_customers([customer.pk], Move(access.member_id, None, OwnerChange.Reason.ASSIGNED, now, actor))
        customer.refresh_from_db()
    return customer
