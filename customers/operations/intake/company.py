"""One firm entered by staff."""

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
from customers.operations import history
from customers.operations.facts import set_facts
from customers.operations.intake.create import InvalidCustomer
from customers.rules.quality import Fault


@transaction.atomic
def create_company(
    *, name: str, credit_code: str, phone: str, source: str, actor: User | None, now: datetime
) -> Customer:
    """Create a firm by its name and unified social credit code, without a log-in; the assignment rules choose the RM.

    Raises InvalidCustomer, and InvalidFacts or ValueTaken as `set_facts` does.
    """
    given = {"name": name.strip(), "identity_number": credit_code.strip(), "phone": phone.strip()}
    missing: dict[str, list[Text]] = {key: [SENTENCES[Fault.REQUIRED]] for key, value in given.items() if not value}
    if missing:
        raise InvalidCustomer(fields=missing)
    day = now.astimezone(clock.SHANGHAI).date()
    customer = Customer.objects.create(
        number=business_number("C", day), kind=Customer.Kind.COMPANY, source=source, registered_at=now
    )
    customer = set_facts(customer_id=customer.pk, values=given, source="RM", actor=actor, now=now).customer
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
