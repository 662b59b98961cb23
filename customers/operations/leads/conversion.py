"""From a lead to a customer, with everything that is known already."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.models import User
from customers.models import Contact, ContactPlan, Customer, Lead, Need
from customers.operations import history
from customers.operations.intake import create_customer
from customers.operations.leads.scoring import rate
from customers.operations.leads.states import OPEN, demand_open
from customers.queries.leads import lock_lead


class LeadUnknown(InvalidInput):
    """A customer needs a name and a phone."""

    code = "lead_unknown"
    message = _("A customer needs a name and a phone number.")


@transaction.atomic
def convert_lead(*, lead_id: int, actor: User, now: datetime) -> Customer:
    """Make a customer of a lead; needs, contacts and plans go along.

    Who has registered by himself in the meantime is joined with his own record.
    Raises LeadClosed, LeadUnknown, InvalidCustomer, AlreadyKnown.
    """
    lead = lock_lead(lead_id)
    demand_open(lead)
    fields: dict[str, list[Text]] = {
        name: [_("This field is required.")]
        for name, value in (("name", lead.name), ("phone", lead.phone_index))
        if not value
    }
    if fields:
        raise LeadUnknown(fields=fields)
    customer = Customer.objects.filter(phone_index=lead.phone_index, merged_into__isnull=True).first()
    customer = customer or _create(lead, actor, now)
    _join(lead, customer, actor, now)
    return customer


@transaction.atomic
def adopt_registered(*, customer_id: int, now: datetime) -> int:
    """Close the open leads of somebody who has just registered as won; return how many.

    Who worked on the lead becomes his RM where he has none.
    """
    index = Customer.objects.values_list("phone_index", flat=True).get(pk=customer_id)
    leads = list(
        Lead.objects.select_for_update(no_key=True, of=("self",))
        .filter(phone_index=index, state__in=OPEN)
        .exclude(phone_index="")
        .order_by("pk")
    )
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    for lead in leads:
        _join(lead, customer, None, now)
    return len(leads)


def _create(lead: Lead, actor: User, now: datetime) -> Customer:
    return create_customer(
        fields={"name": lead.name, "phone": lead.phone, "role": lead.role.lower()},
        source=f"lead:{lead.method}",
        actor=actor,
        now=now,
        rm_id=lead.owner_id,
    )


def _join(lead: Lead, customer: Customer, actor: User | None, now: datetime) -> None:
    """Close the lead as won and hang what belongs to it on the customer."""
    lead.state = Lead.State.CONVERTED
    lead.customer = customer
    lead.closed_at = now
    lead.version += 1
    rate(lead, now=now)
    lead.save(update_fields=["state", "customer", "closed_at", "version", "score", "score_reasons"])
    Need.objects.filter(lead=lead).update(customer=customer)
    Contact.objects.filter(lead=lead).update(customer=customer)
    planned = ContactPlan.objects.filter(lead=lead, state=ContactPlan.State.PLANNED)
    planned.update(customer=customer, lead=None)
    reached = Contact.objects.filter(lead=lead).exclude(result=Contact.Result.NOT_REACHED)
    latest = reached.aggregate(at=Max("at"))["at"]
    changed = []
    if latest is not None and (customer.latest_contact_at is None or latest > customer.latest_contact_at):
        customer.latest_contact_at = latest
        changed.append("latest_contact_at")
    if customer.rm_id is None and customer.pool_id is None and lead.owner_id is not None:
        customer.rm_id = lead.owner_id
        customer.owned_since = now
        changed += ["rm", "owned_since"]
    if changed:
        customer.version += 1
        customer.save(update_fields=[*changed, "version"])
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.lead_converted",
        params={"number": lead.number, "method": lead.method},
        at=now,
        key=f"lead:{lead.pk}:converted",
        url=f"/leads/{lead.public_id}/",
        actor=actor,
    )
    audit.record(actor=actor, action="customers.lead_converted", target=lead, data={"customer": customer.pk}, now=now)
