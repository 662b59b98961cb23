"""Contacts that took place, and those that are planned."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.errors import BusinessError, InvalidInput, Text
from core.models import User
from customers.models import Contact, ContactPlan, Customer, CustomerCost, Document, Lead
from customers.operations import history, process
from customers.operations.diary.members import member_of
from customers.operations.diary.naming import find_named, tell_named
from customers.operations.diary.promises import keep_promised_contacts, make_promise
from customers.operations.documents import keep_paper
from customers.operations.moments import find_moment_fault
from customers.operations.touching import touch_customers
from customers.rules import papers
from customers.rules.worth import price_contact
from staff.models import StaffMember

_PHOTO_LARGEST: Final = 5_000_000
_PHOTO_TYPES: Final = {"image/jpeg", "image/png"}
_MINUTES_MOST: Final = 600
# What a contact is taken to last where nobody wrote it down.
_USUAL_MINUTES: Final = {"CALL": 10, "WECHAT": 5, "VISIT": 60, "MAIL": 10}


class ContactInvalid(InvalidInput):
    """What was entered about a contact cannot be kept."""

    code = "contact_invalid"


class PlanClosed(BusinessError):
    """The planned contact was carried out or dropped."""

    code = "plan_closed"
    message = _("This planned contact has been dealt with already.")


@transaction.atomic
def record_contact(
    *,
    channel: str,
    actor: User,
    now: datetime,
    customer_id: int | None = None,
    lead_id: int | None = None,
    result: str = Contact.Result.REACHED,
    note: str = "",
    promised_at: datetime | None = None,
    place: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    photo: bytes | None = None,
    minutes: int | None = None,
    plan_id: int | None = None,
) -> Contact:
    """Keep a contact with a customer or a lead; it carries out what was planned and keeps a promise to be in touch.

    Nobody reached is no contact: plans, promises and the latest contact stay as they are. Raises ContactInvalid,
    PlanClosed, Refused.
    """
    _demand_valid(channel, result, promised_at, now, photo, (latitude, longitude), minutes)
    member = member_of(actor)
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id) if customer_id else None
    lead = Lead.objects.select_for_update(no_key=True).get(pk=lead_id) if lead_id else None
    if (customer is None) == (lead is None) or (customer is None and (photo or promised_at)):
        raise ContactInvalid(fields={"promised_at": [_("Photos and promises are kept with customers.")]})
    named, faults = find_named(customer, note) if customer is not None else ([], [])
    if faults:
        raise ContactInvalid(fields={"note": faults})
    contact = Contact.objects.create(
        customer=customer,
        lead=lead,
        channel=channel,
        result=result,
        note=note.strip(),
        place=place.strip()[:120],
        latitude=latitude,
        longitude=longitude,
        photo=_keep_photo(customer, photo, actor, now) if customer is not None and photo is not None else None,
        minutes=minutes,
        at=now,
        member=member,
    )
    is_reached = result != Contact.Result.NOT_REACHED
    _carry_out(contact, plan_id, is_reached)
    if customer is not None:
        _tell_customer_record(customer, contact, is_reached, actor, now)
        tell_named(customer, named, contact.note, key=f"contact:{contact.pk}", author=member, now=now)
        process.prove_steps(customer_ids=[customer.pk], now=now)
        if promised_at is not None:
            make_promise(
                customer_id=customer.pk,
                text=note.strip()[:200] or gettext("Next contact"),
                due_at=promised_at,
                actor=actor,
                now=now,
                is_contact=True,
            )
    audit.record(
        actor=actor,
        action="customers.contact_recorded",
        target=customer or lead,
        data={"channel": channel, "result": result, "contact": contact.pk},
        now=now,
    )
    touch_customers([customer_id], now=now)
    return contact


def _demand_valid(
    channel: str,
    result: str,
    promised_at: datetime | None,
    now: datetime,
    photo: bytes | None,
    where: tuple[Decimal | None, Decimal | None],
    minutes: int | None,
) -> None:
    fields: dict[str, list[Text]] = {}
    latitude, longitude = where
    if channel not in Contact.Channel.values:
        fields["channel"] = [_("Choose how you were in contact.")]
    if result not in Contact.Result.values:
        fields["result"] = [_("Choose what came of it.")]
    if promised_at is not None and (fault := find_moment_fault(promised_at, now)):
        fields["promised_at"] = [fault]
    if (
        (latitude is None) != (longitude is None)
        or abs(latitude or Decimal(0)) > 90
        or abs(longitude or Decimal(0)) > 180
    ):
        fields["latitude"] = [_("Give both coordinates, or none.")]
    if minutes is not None and not 0 < minutes <= _MINUTES_MOST:
        fields["minutes"] = [_("Between 1 and 600 minutes.")]
    if photo is not None and not _is_picture(photo):
        fields["photo"] = [_("A JPEG or PNG picture of at most 5 MB.")]
    if fields:
        raise ContactInvalid(fields=fields)


def _is_picture(photo: bytes) -> bool:
    return papers.sniff(photo) in _PHOTO_TYPES and len(photo) <= _PHOTO_LARGEST


def _keep_photo(customer: Customer, photo: bytes, actor: User, now: datetime) -> Document:
    return keep_paper(
        customer=customer,
        kind=Document.Kind.VISIT,
        title=gettext("Photo of a visit"),
        content=photo,
        actor=actor,
        now=now,
    )


def _carry_out(contact: Contact, plan_id: int | None, is_reached: bool) -> None:
    """Close the plan that was named, else the one that the planner made; a plan has one contact."""
    plans = ContactPlan.objects.select_for_update(no_key=True).filter(customer=contact.customer, lead=contact.lead)
    if plan_id is not None:
        plan = plans.filter(pk=plan_id).first()
        if plan is None or plan.state != ContactPlan.State.PLANNED:
            raise PlanClosed
    elif contact.customer_id is not None and is_reached:
        plan = plans.filter(state=ContactPlan.State.PLANNED, is_by_rule=True).first()
    else:
        plan = None
    if plan is None or not is_reached:
        return
    plan.state = ContactPlan.State.DONE
    plan.contact = contact
    plan.save(update_fields=["state", "contact"])


def _tell_customer_record(customer: Customer, contact: Contact, is_reached: bool, actor: User, now: datetime) -> None:
    history.add_timeline(
        customer_id=customer.pk,
        kind="contact",
        text_code=f"customers.contact.{contact.channel}" if is_reached else "customers.contact_missed",
        params={
            "note": contact.note[:500],
            "channel": contact.channel,
            "result": contact.result,
            "place": contact.place,
        },
        at=now,
        key=f"contact:{contact.pk}",
        actor=actor,
    )
    minutes = contact.minutes or _USUAL_MINUTES[contact.channel]
    rate = parameters.get_decimal("customers.contact_hour_cost", on=now.date())
    CustomerCost.objects.create(
        customer=customer, kind="contact", amount=price_contact(minutes, rate), at=now, key=f"contact:{contact.pk}"
    )
    if is_reached:
        customer.latest_contact_at = now
        customer.save(update_fields=["latest_contact_at"])
        keep_promised_contacts(customer, actor=actor, now=now)


@transaction.atomic
def plan_contact(
    *,
    channel: str,
    purpose: str,
    planned_at: datetime,
    actor: User,
    now: datetime,
    customer_id: int | None = None,
    lead_id: int | None = None,
    member_id: int | None = None,
) -> ContactPlan:
    """Plan a contact with a customer or a lead for oneself or a colleague. Raises ContactInvalid, Refused."""
    fields = find_plan_faults(channel=channel, purpose=purpose, planned_at=planned_at, now=now)
    if fields or (customer_id is None) == (lead_id is None):
        raise ContactInvalid(fields=fields)
    member = member_of(actor) if member_id is None else StaffMember.objects.get(pk=member_id, is_active=True)
    plan = ContactPlan.objects.create(
        customer_id=customer_id,
        lead_id=lead_id,
        member=member,
        channel=channel,
        purpose=purpose.strip(),
        planned_at=planned_at,
        created_at=now,
    )
    audit.record(actor=actor, action="customers.contact_planned", target=plan, data={"channel": channel}, now=now)
    return plan


@transaction.atomic
def drop_plan(*, plan_id: int, actor: User, now: datetime) -> ContactPlan:
    """Give up a planned contact. Raises PlanClosed."""
    plan = ContactPlan.objects.select_for_update(no_key=True).get(pk=plan_id)
    if plan.state != ContactPlan.State.PLANNED:
        raise PlanClosed
    plan.state = ContactPlan.State.DROPPED
    plan.save(update_fields=["state"])
    audit.record(actor=actor, action="customers.plan_dropped", target=plan, now=now)
    return plan


def find_plan_faults(*, channel: str, purpose: str, planned_at: datetime, now: datetime) -> dict[str, list[Text]]:
    """Return by field what keeps a contact from being planned."""
    fields: dict[str, list[Text]] = {}
    if channel not in Contact.Channel.values:
        fields["channel"] = [_("Choose how you will be in contact.")]
    if not purpose.strip() or len(purpose) > 200:
        fields["purpose"] = [_("Say in at most 200 characters what it is for.")]
    if fault := find_moment_fault(planned_at, now):
        fields["planned_at"] = [fault]
    return fields
