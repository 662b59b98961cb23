"""From somebody who may borrow or invest to a lead: the thirteen methods, each with its own intake."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput, Text
from core.fields import blind_index
from core.ids import business_number
from core.models import User
from customers.models import Customer, CustomerRole, Lead, Method, Partner, WorkItem
from customers.operations import history
from customers.operations.leads.scoring import answer_due, rate
from customers.operations.needs import NeedFacts, record_need
from customers.operations.ownership import choose_member
from customers.queries.leads import OPEN_STATES
from customers.rules import identity
from customers.rules import leads as rules
from customers.rules.assignment import Demand

_GAPS = {
    "required": _("This field is required."),
    "not_asked": _("This method does not ask for that."),
    "consent": _("Only who has agreed may be written to."),
}


class LeadIncomplete(InvalidInput):
    """The intake of the method asks for more, or for something else."""

    code = "lead_incomplete"


class LeadOpenAlready(BusinessError):
    """The same phone is an open lead for the same wish."""

    code = "lead_open_already"
    message = _("Somebody works on this person already.")
    next_step = _("Ask your team lead who it is before you call.")


class LeadHasCustomer(BusinessError):
    """The phone belongs to a customer."""

    code = "lead_has_customer"
    message = _("This phone number belongs to a customer already.")
    next_step = _("Record the need with the customer, or ask his RM.")


@dataclass(frozen=True)
class LeadIntake:
    """What is known about a lead when it comes in; `origin` holds the fields of the method's own intake."""

    method: str
    role: str
    name: str = ""
    phone: str = ""
    company: str = ""
    origin: dict[str, Any] = field(default_factory=dict)
    introducer_id: int | None = None
    partner_code: str = ""
    has_marketing_consent: bool = False
    need: NeedFacts | None = None


@transaction.atomic
def take_in_lead(*, intake: LeadIntake, actor: User | None, now: datetime, owner_id: int | None = None) -> Lead:
    """Take in a lead, find who works on it, start the clock of the first response.

    Without `owner_id` the assignment rules choose. Raises LeadIncomplete, LeadOpenAlready, LeadHasCustomer, NeedInvalid.
    """
    phone, partner = _check(intake)
    index = blind_index(phone, "phone") if phone else ""
    if index and Customer.objects.filter(phone_index=index, merged_into__isnull=True).exists():
        raise LeadHasCustomer
    if index and Lead.objects.filter(phone_index=index, role=intake.role, state__in=OPEN_STATES).exists():
        raise LeadOpenAlready
    if owner_id is None:
        demand = Demand(roles=frozenset({intake.role}), source=f"lead:{intake.method}")
        owner_id, _rule = choose_member(demand=demand)
    try:
        with transaction.atomic():
            lead = Lead.objects.create(
                number=business_number("LD", now.date()),
                name=intake.name.strip(),
                phone=phone,
                phone_index=index,
                company=intake.company.strip(),
                role=intake.role,
                method=intake.method,
                origin={key: str(value).strip()[:200] for key, value in intake.origin.items()},
                introducer_id=intake.introducer_id,
                partner=partner,
                owner_id=owner_id,
                has_marketing_consent=intake.has_marketing_consent,
                created_at=now,
                answer_due_at=answer_due(now),
            )
    except IntegrityError as error:
        raise LeadOpenAlready from error
    if intake.need is not None and not intake.need.is_empty:
        record_need(role=intake.role, need=intake.need, actor=actor, now=now, lead_id=lead.pk)
    rate(lead, now=now)
    lead.save(update_fields=["score", "score_reasons"])
    audit.record(
        actor=actor,
        action="customers.lead_taken_in",
        target=lead,
        data={"method": lead.method, "role": lead.role, "score": lead.score, "owner": owner_id},
        now=now,
    )
    return lead


def _check(intake: LeadIntake) -> tuple[str, Partner | None]:
    fields: dict[str, list[Text]] = {}
    if intake.method not in Method.values:
        raise LeadIncomplete(fields={"method": [_("Choose a method.")]})
    if intake.role not in CustomerRole.Role.values:
        fields["role"] = [_("Borrow or invest?")]
    phone = identity.normalise_mobile(intake.phone) if intake.phone.strip() else ""
    if phone and not identity.check_mobile(phone).is_valid:
        fields["phone"] = [_("This is not a mainland mobile number.")]
    gaps = rules.find_gaps(
        intake.method,
        intake.origin,
        has_phone=bool(phone),
        has_introducer=intake.introducer_id is not None,
        has_consent=intake.has_marketing_consent,
    )
    for name, gap in gaps.items():
        fields.setdefault(name, [_GAPS[gap]])
    if not phone and not intake.name.strip() and not intake.company.strip():
        fields.setdefault("name", [_("Give a name, a company or a phone number.")])
    if len(intake.name) > 60 or len(intake.company) > 80:
        fields.setdefault("name", [_("This is too long.")])
    if phone and intake.introducer_id is not None:
        introducer_index = Customer.objects.values_list("phone_index", flat=True).get(pk=intake.introducer_id)
        if rules.looks_self_referred(blind_index(phone, "phone"), introducer_index):
            fields["introducer"] = [_("Nobody introduces himself.")]
    partner = Partner.objects.filter(code=intake.partner_code, is_active=True).first() if intake.partner_code else None
    if intake.partner_code and partner is None:
        fields["partner"] = [_("There is no such partner.")]
    if fields:
        raise LeadIncomplete(fields=fields)
    return phone, partner


@transaction.atomic
def take_in_quietly(*, intake: LeadIntake, now: datetime) -> Lead | None:
    """Take in what somebody sent from outside; whether the house knows the phone already stays in the house.

    A customer's wish becomes a need on his record and work of his RM; a person who is a lead already gets no second one.
    Raises LeadIncomplete, NeedInvalid.
    """
    try:
        return take_in_lead(intake=intake, actor=None, now=now)
    except LeadOpenAlready:
        return None
    except LeadHasCustomer:
        index = blind_index(identity.normalise_mobile(intake.phone), "phone")
        customer = Customer.objects.get(phone_index=index, merged_into__isnull=True)
    if intake.need is not None and not intake.need.is_empty:
        record_need(role=intake.role, need=intake.need, actor=None, now=now, customer_id=customer.pk)
    history.raise_work(
        group=WorkItem.Group.LEADS,
        kind="customers.asked_online",
        reason_code="customers.asked_online",
        params={"role": intake.role},
        key=f"customers.asked_online:{customer.pk}",
        now=now,
        customer_id=customer.pk,
        urgency=30,
        due_at=answer_due(now),
        url=f"/customers/{customer.public_id}/?tab=needs",
    )
    return None
