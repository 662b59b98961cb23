"""One firm entered by staff."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from core import audit, clock
from core.errors import Text
from core.ids import business_number
from core.models import User
from core.outbox import publish
from customers.events import CustomerTakenIn
from customers.fields import SENTENCES
from customers.models import Customer
from customers.operations import history, roles
from customers.operations.facts import set_facts
from customers.operations.intake.create import InvalidCustomer
from customers.rules.quality import Fault

NEEDED = ("name", "identity_number", "phone")
MORE = ("legal_representative", "contact_person", "email", "address", "likes")
_ROLES = {
    "borrower": [roles.mark_borrower],
    "investor": [roles.mark_investor],
    "both": [roles.mark_borrower, roles.mark_investor],
}


@transaction.atomic
def create_company(*, fields: Mapping[str, str], source: str, actor: User | None, now: datetime) -> Customer:
    """Create a firm without a log-in; the assignment rules choose the RM.

    `fields` are texts: name, identity_number (the unified social credit code) and phone are needed; what else is known
    are those of `MORE` and `role` (borrower, investor, both). Raises InvalidCustomer, InvalidFacts, ValueTaken.
    """
    given = {name: text for name in (*NEEDED, *MORE) if (text := fields.get(name, "").strip())}
    missing: dict[str, list[Text]] = {name: [SENTENCES[Fault.REQUIRED]] for name in NEEDED if name not in given}
    role = fields.get("role", "")
    if role and role not in _ROLES:
        missing["role"] = [SENTENCES[Fault.NOT_A_CHOICE]]
    if missing:
        raise InvalidCustomer(fields=missing)
    day = now.astimezone(clock.SHANGHAI).date()
    customer = Customer.objects.create(
        number=business_number("C", day), kind=Customer.Kind.COMPANY, source=source, registered_at=now
    )
    set_facts(customer_id=customer.pk, values=given, source="RM", actor=actor, now=now)
    for mark in _ROLES.get(role, ()):
        mark(customer_id=customer.pk)
    customer.refresh_from_db()
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.taken_in",
        params={"source": source},
        at=now,
        key=f"taken_in:{customer.pk}",
        actor=actor,
    )
    audit.record(actor=actor, action="customers.taken_in", target=customer, data={"source": source}, now=now)
    publish(CustomerTakenIn(customer_id=customer.pk), now=now)
    return customer
