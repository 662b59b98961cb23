"""From a lead to a customer, with everything that is known already."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.models import User
from customers.models import Contact, ContactPlan, Customer, Lead, Need, OwnerChange
from customers.operations import history
from customers.operations.intake import create_customer
from customers.operations.leads.scoring import rate
from customers.operations.leads.states import demand_open
from customers.operations.ownership.change import Move, move_customers
from customers.queries.leads import OPEN_STATES, lock_lead
from customers.queries.ownership import lock_members


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
    _lock_owners(Lead.objects.filter(pk=lead_id))
    lead = lock_lead(lead_id)
    demand_open(lead)
    fields: dict[str, list[Text]] = {
        name: [_("This field is required.")]
        for name, value in (("name", lead.name), ("phone", lead.phone_index))
        if not value
    }
    if fields:
        raise LeadUnknown(fields=fields)
    known = Customer.objects.select_for_update(no_key=True)
    customer = known.filter(phone_index=lead.phone_index, merged_into__isnull=True).first()
    customer = customer or _create(lead, actor, now)
    _join(lead, customer, actor, now)
    return customer


@transaction.atomic
def adopt_registered(*, customer_id: int, now: datetime) -> int:
    """Close the open leads of somebody who has just registered as won; return how many.

    Who worked on the lead becomes his RM where he has none.
    """
    index = Customer.objects.values_list("phone_index", flat=True).get(pk=customer_id)
    rows = Lead.objects.filter(phone_index=index, state__in=OPEN_STATES).exclude(phone_index="")
    _lock_owners(rows)
    leads = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if not leads:
        return 0
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
    )


def _lock_owners(leads: QuerySet[Lead]) -> None:
    # Colleagues are locked before what is theirs everywhere.
    lock_members(list(leads.filter(owner__isnull=False).values_list("owner_id", flat=True)))


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
    if latest is not None and (customer.latest_contact_at is None or latest > customer.latest_contact_at):
        customer.latest_contact_at = latest
        customer.version += 1
        customer.save(update_fields=["latest_contact_at", "version"])
    _give_to_owner(lead, customer, actor, now)
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


def _give_to_owner(lead: Lead, customer: Customer, actor: User | None, now: datetime) -> None:
    """Let who worked on the lead look after the customer whom nobody has, however full his book is."""
    owner = lead.owner
    if customer.rm_id is not None or customer.pool_id is not None or owner is None or not owner.is_active:
        return
    move = Move(owner.pk, None, OwnerChange.Reason.ASSIGNED, now, actor, lead.number)
    move_customers([customer.pk], move, is_forced=True)
    customer.refresh_from_db(fields=["rm", "owned_since", "version"])
