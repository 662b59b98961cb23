"""One customer entered by staff."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.errors import BusinessError, InvalidInput, Text
from core.models import User
from core.outbox import publish
from customers.events import CustomerTakenIn
from customers.fields import SENTENCES
from customers.models import Customer
from customers.operations.intake.take_in import CONTRADICTION, KNOWN, Incoming, take_in
from customers.rules.intake import read_row

FAULT_TEXTS: Final[dict[str, Text]] = {
    **{str(fault): sentence for fault, sentence in SENTENCES.items()},
    CONTRADICTION: _("This belongs to another customer."),
}


class AlreadyKnown(BusinessError):
    """The phone or the identity number belongs to a customer."""

    code = "customer_known"
    message = _("This person is a customer already: %(number)s.")
    next_step = _("Open that record; ask its RM or your team lead if it is not yours.")


class InvalidCustomer(InvalidInput):
    """Something about the new customer is missing or wrong."""

    code = "invalid_customer"


@transaction.atomic
def create_customer(*, fields: Mapping[str, str], source: str, actor: User | None, now: datetime) -> Customer:
    """Create one customer without a log-in; he gets one when he registers by the same phone.

    `fields` are texts by name of `customers.rules.intake.FIELDS`. The assignment rules choose the RM.
    Raises InvalidCustomer, AlreadyKnown.
    """
    reading = read_row(fields, now.astimezone(clock.SHANGHAI).date())
    if reading.faults:
        raise InvalidCustomer(fields={name: [FAULT_TEXTS[fault]] for name, fault in reading.faults.items()})
    (outcome,) = take_in(rows=[Incoming(1, reading.values)], source=source, actor=actor, now=now)
    if outcome.faults:
        raise InvalidCustomer(fields={name: [FAULT_TEXTS[fault]] for name, fault in outcome.faults.items()})
    customer = Customer.objects.get(pk=outcome.customer_id)
    if outcome.state == KNOWN:
        raise AlreadyKnown(number=customer.number)
    audit.record(actor=actor, action="customers.taken_in", target=customer, data={"source": source}, now=now)
    publish(CustomerTakenIn(customer_id=customer.pk), now=now)
    return customer
