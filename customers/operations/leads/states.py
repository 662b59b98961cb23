"""A lead's way: answered, qualified, lost."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.models import User
from customers.models import Contact, ContactPlan, Lead
from customers.operations import diary
from customers.operations.leads.scoring import rate
from customers.operations.notices import notify
from customers.queries.leads import OPEN_STATES, lock_lead
from customers.queries.reasons import list_lost_reasons
from staff.models import StaffMember


class LeadClosed(BusinessError):
    """The lead has become a customer or is lost."""

    code = "lead_closed"
    message = _("This lead is closed.")


class LostReasonMissing(InvalidInput):
    """A lead is lost for one of the reasons of the house."""

    code = "lost_reason_missing"
    message = _("Choose why the lead was lost.")


def demand_open(lead: Lead) -> None:
    """Raise LeadClosed for a lead that is won or lost."""
    if lead.state not in OPEN_STATES:
        raise LeadClosed


@transaction.atomic
def answer_lead(*, lead_id: int, channel: str, result: str, note: str, actor: User, now: datetime) -> Contact:
    """Record a contact with a lead; the first try stops the clock, whether or not he was reached.

    Raises LeadClosed, ContactInvalid, Refused.
    """
    lead = lock_lead(lead_id)
    demand_open(lead)
    contact = diary.record_contact(lead_id=lead_id, channel=channel, result=result, note=note, actor=actor, now=now)
    if lead.answered_at is None:
        lead.answered_at = now
        lead.state = Lead.State.WORKING
        if lead.owner_id is None:
            lead.owner = contact.member
    lead.version += 1
    rate(lead, now=now)
    lead.save(update_fields=["answered_at", "state", "owner", "version", "score", "score_reasons"])
    return contact


@transaction.atomic
def qualify_lead(*, lead_id: int, actor: User, now: datetime) -> Lead:
    """Mark a lead as worth pursuing. Raises LeadClosed."""
    lead = lock_lead(lead_id)
    demand_open(lead)
    lead.state = Lead.State.QUALIFIED
    lead.version += 1
    rate(lead, now=now)
    lead.save(update_fields=["state", "version", "score", "score_reasons"])
    audit.record(actor=actor, action="customers.lead_qualified", target=lead, now=now)
    return lead


@transaction.atomic
def assign_lead(*, lead_id: int, member_id: int, actor: User, now: datetime) -> Lead:
    """Give a lead to an active colleague and tell him. Raises LeadClosed."""
    lead = lock_lead(lead_id)
    demand_open(lead)
    member = StaffMember.objects.get(pk=member_id, is_active=True)
    before, lead.owner = lead.owner_id, member
    lead.version += 1
    lead.save(update_fields=["owner", "version"])
    ContactPlan.objects.filter(lead=lead, state=ContactPlan.State.PLANNED).update(member=member)
    notify(
        member_ids=[member.pk],
        kind="customers.lead",
        text_code="customers.lead_given",
        params={"number": lead.number},
        key=f"lead:{lead.pk}:{lead.version}",
        now=now,
        url=f"/leads/{lead.public_id}/",
    )
    audit.record(
        actor=actor, action="customers.lead_assigned", target=lead, data={"from": before, "to": member.pk}, now=now
    )
    return lead


@transaction.atomic
def lose_lead(*, lead_id: int, reason: str, actor: User, now: datetime) -> Lead:
    """Close a lead as lost for a reason from the parameter leads.lost_reasons. Raises LeadClosed, LostReasonMissing."""
    lead = lock_lead(lead_id)
    demand_open(lead)
    if reason not in dict(list_lost_reasons(on=now.date())):
        raise LostReasonMissing(fields={"reason": [LostReasonMissing.message]})
    lead.state = Lead.State.LOST
    lead.lost_reason = reason
    lead.closed_at = now
    lead.version += 1
    lead.save(update_fields=["state", "lost_reason", "closed_at", "version"])
    ContactPlan.objects.filter(lead=lead, state=ContactPlan.State.PLANNED).update(state=ContactPlan.State.DROPPED)
    audit.record(actor=actor, action="customers.lead_lost", target=lead, data={"reason": reason}, now=now)
    return lead
